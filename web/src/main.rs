//! The Helios page: a Raft cluster to watch and to break.
//!
//! The page owns no protocol state. [`lab`] lets time pass in a `raft_lab::Lab` and publishes its
//! immutable frames. [`panels`] read those frames from a context and answer with lines of the
//! command language. [`picture`] computes what the topology shows, and [`ui`] draws from properties
//! alone.
//!
//! | folder | subject |
//! |---|---|
//! | `app/` | what is mounted: opening, contexts, layout, the overlay after a panic |
//! | `lab/` | the lab on the page: opening it, running it, replacing it, scenarios |
//! | `state/` | a person's choices: selection, dialog, speed, theme |
//! | `picture/` | the topology: geometry, shapes, colours, canvases |
//! | `words/` | texts that several panels share |
//! | `hooks/` | effects: what reaches outside Yew |
//! | `panels/` | components that read contexts |
//! | `ui/` | components that take properties only |
//! | `worker.rs` | the same program in a worker, for long work |

mod app;
mod hooks;
mod lab;
mod panels;
mod picture;
mod state;
mod ui;
mod words;
mod worker;

fn main() {
    match worker::job() {
        Some(job) => worker::carry_out(job),
        None => app::mount(),
    }
}
