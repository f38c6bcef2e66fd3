//! Ad hoc.
#![cfg(feature = "bugs")]
use raft_fuzz::{Plan, Profile, SeedRun};
use raft_script::*;
use raft_sim::{Switch, Switches};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn search() {
    std::panic::set_hook(Box::new(|info| {
        let m = info.payload_as_str().unwrap_or("?").to_owned();
        let l = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
        eprintln!("PANIC {l} {}", &m[..m.len().min(120)]);
    }));
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(5);
    for switch in Switch::all() {
        for seed in 1..=seeds {
            let plan =
                Plan { bugs: Switches::NONE.with(switch), ..Plan::new(Profile::Swarm, seed) };
            let mut run = SeedRun::new(&plan);
            let ok = catch_unwind(AssertUnwindSafe(|| run.play())).is_ok();
            let script = run.script();
            let Ok((mut session, rest)) = Session::open(&script) else { continue };
            let n = rest.len();
            let cut = match seed % 4 {
                0 => n / 8,
                1 => n / 4,
                2 => n / 2,
                _ => n * 3 / 4,
            };
            let mut mended = false;
            let r = catch_unwind(AssertUnwindSafe(|| {
                for (i, line) in rest.iter().enumerate() {
                    if i == cut {
                        session.cancel();
                        for s in ["mend all"] {
                            let st = parse_line(s).unwrap().unwrap();
                            session.start(&st).unwrap();
                        }
                        mended = true;
                    }
                    if session.start(&line.statement).is_err() {
                        continue;
                    }
                    let mut k = 0;
                    while session.goal().is_some() && k < 200_000 {
                        session.step();
                        k += 1;
                    }
                    session.cancel();
                }
            }));
            if r.is_err() {
                eprintln!("  {switch} seed {seed} mended={mended} run_ok={ok}");
            }
        }
    }
}
