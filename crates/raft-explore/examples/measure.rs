use raft_explore::{Explorer, Model, Reductions, Network};
use std::time::Instant;
fn main() {
    let args: Vec<u8> = std::env::args().skip(1).map(|a| a.parse().unwrap()).collect();
    let mut model = Model::timeless(3);
    let b = &mut model.bounds;
    (b.elections, b.proposals, b.crashes, b.duplicates, b.heartbeats, b.snapshots, b.transfers, b.reads) = (args[0], args[1], args[2], args[3], args[4], args[5], args[6], args[7]);
    if args[8] > 0 { b.depth = u16::from(args[8]); }
    if args.get(9) == Some(&1) { model.reductions = Reductions::NONE; }
    if args.get(9) == Some(&2) { model.network = Network::Repeating; }
    let start = Instant::now();
    let mut explorer = Explorer::new(model);
    loop {
        let p = explorer.advance(5_000_000, 60_000_000);
        let t = start.elapsed().as_secs_f64();
        let ended = p.has_ended();
        let line = format!("{} states {} transitions depth {} next {} {:.1}s {:.2} M/s", p.states, p.transitions, p.depth, p.next, t, p.transitions as f64 / t / 1e6);
        let st = p.states;
        println!("{line} parts {:?} bytes/state {:.1}", explorer.parts(), explorer.bytes() as f64 / st as f64);
        if ended { break; }
    }
    let p = explorer.progress();
    println!("{:?} full {} exhausted {}", p.moments, p.is_full, p.is_exhausted);
    if let Some(found) = &p.found { println!("{}: {}", found.broken.property.name, found.broken.description); for s in &found.steps { println!("  {s:?}"); } }
}
