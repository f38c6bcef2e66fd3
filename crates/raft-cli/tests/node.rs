//! Servers as processes: `helios node`, killed and started again.

mod servers;

use std::process::Command;
use std::time::{Duration, Instant};

use servers::Servers;

#[test]
fn nothing_acknowledged_is_lost_when_one_server_after_the_other_is_killed() {
    let mut servers = Servers::start("kills", 21_500, |_| None);
    let client = servers.client().with_session().expect("they have sessions");
    let mut written = 0;
    for _ in 0..3 {
        let leader = servers.leader();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(300) {
            client.put(format!("k{written}"), "v").expect("it is repeated until it is answered");
            written += 1;
        }
        servers.kill(leader);
        client.put(format!("k{written}"), "v").expect("another server leads");
        written += 1;
        servers.start_one(leader);
    }
    // All at once.
    (0..3).for_each(|place| servers.kill(place));
    (0..3).for_each(|place| servers.start_one(place));
    for number in 0..written {
        let found = client.get(format!("k{number}")).expect("they answer");
        assert_eq!(found.expect("it was acknowledged").version, 1, "k{number} of {written}");
    }
}

#[test]
fn a_server_that_is_told_to_stop_ends_with_0_and_one_without_a_member_does_not_start() {
    let mut servers = Servers::start("stop", 21_520, |_| None);
    servers.client().put("a", "1").expect("they answer");
    let mut server = servers.running[0].take().expect("it runs");
    let told = Command::new("kill").arg(server.id().to_string()).status();
    assert!(told.expect("there is kill").success());
    assert_eq!(server.wait().expect("it ends").code(), Some(0));

    let refused = Command::new(env!("CARGO_BIN_EXE_helios"))
        .args(["node", "--id", "7", "--data", "nowhere", "--config"])
        .arg(servers.config())
        .output()
        .expect("it is built");
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("no member with the id 7; it has 1, 2, 3"), "{words}");
}
