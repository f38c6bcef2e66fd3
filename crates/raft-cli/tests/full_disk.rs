//! A server whose disk is full, on a small file system of its own. It needs the right to mount one;
//! without it, the test says so and does nothing.

#[allow(dead_code, reason = "each test uses some of it")]
mod servers;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use servers::Servers;

/// A file system that goes with the test.
struct Mounted(std::path::PathBuf);

impl Mounted {
    fn at(path: &Path) -> Option<Self> {
        std::fs::create_dir_all(path).expect("there is room");
        mount(&["-t", "tmpfs", "-o", "size=48m", "tmpfs"], path).then(|| Self(path.to_owned()))
    }

    fn make_room(&self) {
        assert!(mount(&["-o", "remount,size=512m"], &self.0));
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(options: &[&str], path: &Path) -> bool {
    let status = Command::new("mount").args(options).arg(path).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_raises_an_alarm_and_clears_it_when_there_is_room() {
    let mut mounted = None;
    let mut servers = Servers::start("full", 21_570, |directory| {
        mounted = Mounted::at(&directory.join("n0"));
        None
    });
    let Some(mounted) = mounted else {
        eprintln!("not tested: no file system can be mounted here");
        return;
    };
    let client = servers.client();
    client.put("small", "v").expect("they answer");
    let (value, begun) = (vec![7; 1 << 20], Instant::now());
    let mut number = 0;
    // A leader whose disk is full hands over first, and nobody knows of the writes of that moment.
    loop {
        number += 1;
        match client.put(format!("k{number}"), value.clone()) {
            Err(error) if error.to_string().contains("database space exceeded") => break,
            Ok(_) | Err(_) => {}
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "never full");
    }
    assert_eq!(client.get("small").expect("reads go on").expect("it is there").value, "v");

    mounted.make_room();
    let begun = Instant::now();
    while let Err(error) = client.put("after", "v") {
        assert!(begun.elapsed() < Duration::from_secs(60), "{error}");
        std::thread::sleep(Duration::from_millis(200));
    }
    (0..3).for_each(|place| servers.kill(place));
}
