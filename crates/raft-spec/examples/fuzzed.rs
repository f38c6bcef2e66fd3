use raft_fuzz::{Plan, Profile, SeedRun};
fn main() {
    let a: Vec<u64> = std::env::args().skip(1).map(|x| x.parse().unwrap()).collect();
    let mut ok = 0;
    let mut ev = 0;
    let mut until = std::collections::BTreeMap::new();
    let only = std::env::var("P").ok();
    for profile in Profile::ALL {
        if only.as_ref().is_some_and(|o| *o != profile.to_string()) {
            continue;
        }
        for seed in a[0]..a[1] {
            let plan = Plan::new(profile, seed);
            let mut run = SeedRun::new(&plan);
            run.play();
            let session = raft_script::run(&run.script(), &mut |_| {}).session.unwrap();
            let mut text = Vec::new();
            raft_trace::write_trace(&session, &mut text).unwrap();
            if text.len() > 30_000_000 {
                println!("long {profile} {seed} {}", text.len());
                continue;
            }
            if std::env::var("W").is_ok() {
                std::fs::write(format!("/tmp/tr/w-{profile}-{seed}.jsonl"), &text).unwrap();
                continue;
            }
            let t = std::time::Instant::now();
            let held = raft_spec::hold(&text);
            let took = t.elapsed();
            match &held {
                Ok(h) if h.outside.is_none() => {
                    ok += 1;
                    ev += h.events;
                    if let Some((_, r)) = &h.until {
                        *until.entry(r.clone()).or_insert(0) += 1;
                    }
                    if took.as_secs() > 5 {
                        println!("slow {profile} {seed} {took:?} {}", h.events);
                    }
                }
                other => {
                    let f = format!("/tmp/tr/f-{profile}-{seed}.jsonl");
                    std::fs::write(&f, &text).unwrap();
                    let s = format!("{other:?}");
                    println!("{f}: {}", &s[..s.len().min(1200)]);
                }
            }
        }
    }
    println!("ok {ok} events {ev} until {until:?}");
}
