//! Holds trace files against the specification.
fn main() {
    for file in std::env::args().skip(1) {
        let text = std::fs::read(&file).expect("file");
        let t = std::time::Instant::now();
        println!("{file}: {:?} {:?}", raft_spec::hold(&text), t.elapsed());
    }
}
