//! The Helios page: a Raft cluster to watch and to break.
//!
//! It owns no protocol state. The [`runner`] lets time pass in a `raft_lab::Lab` and publishes its
//! immutable frames; `panels` show them and answer with lines of the command language; `ui` holds the
//! pieces that know nothing but their properties.

mod app;
mod colour;
mod controls;
mod geometry;
mod hooks;
mod joining;
mod labs;
mod layout;
mod lease;
mod look;
mod opening;
mod page;
mod paint;
mod panels;
mod panic;
mod part;
mod reads;
mod rows;
mod runner;
mod scenarios;
mod selection;
mod speed;
mod story;
mod theme;
mod ui;
mod view;
mod words;

fn main() {
    panic::install_hook();
    theme::apply(theme::stored());
    panic::mount_point()
        .map_or_else(yew::Renderer::<app::App>::new, yew::Renderer::with_root)
        .render();
}
