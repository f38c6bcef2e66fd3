use raft_explore::{Explorer, Family};
use std::time::Instant;
fn main() {
    let only: Option<String> = std::env::args().nth(1);
    for family in Family::ALL {
        if only.as_ref().is_some_and(|o| !o.split(',').any(|o| o == family.name)) {
            continue;
        }
        let start = Instant::now();
        let mut e = Explorer::new({
            let mut m = family.model();
            m.probe_every = std::env::args().nth(3).map_or(0, |n| n.parse().unwrap());
            m
        });
        let p = e
            .advance(u64::MAX, std::env::args().nth(2).map_or(3_000_000, |n| n.parse().unwrap()))
            .clone();
        println!(
            "{}: {} states {} tr depth {} next {} {:.1}s parts {:?} {:.1} B ex {} {:?}",
            family.name,
            p.states,
            p.transitions,
            p.depth,
            p.next,
            start.elapsed().as_secs_f64(),
            e.parts(),
            e.bytes() as f64 / p.states as f64,
            p.is_exhausted,
            p.moments
        );
        if let Some(f) = p.found {
            println!("{:?}", f.finding);
            for s in &f.steps {
                println!("  {s:?}");
            }
        }
    }
}
