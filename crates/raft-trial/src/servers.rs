//! The servers, as processes.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::plan::Plan;

/// The processes of a trial. They are killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Servers {
    plan: Arc<Plan>,
    running: BTreeMap<u64, Child>,
    /// What servers did that they must not, in words.
    pub(crate) faults: Vec<String>,
}

/// A server that was told to stop ends within this time.
const STOPS: Duration = Duration::from_secs(10);

impl Servers {
    /// Starts all servers.
    pub(crate) fn start(plan: &Arc<Plan>) -> io::Result<Self> {
        let mut servers = Self { plan: plan.clone(), running: BTreeMap::new(), faults: Vec::new() };
        plan.ids().try_for_each(|id| servers.start_one(id))?;
        Ok(servers)
    }

    /// Starts a server, if it does not run. Its log goes on in its file.
    pub(crate) fn start_one(&mut self, id: u64) -> io::Result<()> {
        if self.running.contains_key(&id) {
            return Ok(());
        }
        let log = self.plan.file(&format!("n{id}.log"));
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let server = Command::new(&self.plan.options.program)
            .args(self.plan.arguments(id))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        self.running.insert(id, server);
        Ok(())
    }

    /// Kills servers, one right after the other, as `kill -9` does.
    pub(crate) fn kill(&mut self, ids: &[u64]) -> io::Result<()> {
        self.look();
        let mut killed: Vec<_> = ids.iter().filter_map(|id| self.running.remove(id)).collect();
        killed.iter_mut().try_for_each(Child::kill)?;
        killed.iter_mut().try_for_each(|server| server.wait().map(drop))
    }

    /// Sends a server a signal: `STOP`, `CONT` or `TERM`.
    pub(crate) fn signal(&self, id: u64, signal: &str) -> io::Result<()> {
        let Some(server) = self.running.get(&id) else { return Ok(()) };
        Command::new("kill").args([format!("-{signal}"), server.id().to_string()]).status()?;
        Ok(())
    }

    /// Tells a server to stop, and waits until it has.
    pub(crate) async fn terminate(&mut self, id: u64) -> io::Result<()> {
        self.look();
        self.signal(id, "TERM")?;
        let Some(mut server) = self.running.remove(&id) else { return Ok(()) };
        let begun = Instant::now();
        while begun.elapsed() < STOPS {
            if let Some(status) = server.try_wait()? {
                if !status.success() {
                    self.faults.push(format!("server {id} was told to stop: {}", words(status)));
                }
                return Ok(());
            }
            sleep(Duration::from_millis(10)).await;
        }
        self.faults.push(format!("server {id} was told to stop, and ran on for {STOPS:?}"));
        server.kill()?;
        server.wait().map(drop)
    }

    /// Notes servers that ended by themselves, and starts them again.
    pub(crate) fn revive(&mut self) -> io::Result<()> {
        for id in self.look() {
            self.start_one(id)?;
        }
        Ok(())
    }

    fn look(&mut self) -> Vec<u64> {
        let ended = self.running.iter_mut().filter_map(|(id, server)| {
            let status = server.try_wait().ok().flatten()?;
            Some((*id, status))
        });
        let ended: Vec<_> = ended.collect();
        for (id, status) in &ended {
            self.running.remove(id);
            let words = words(*status);
            self.faults.push(format!("server {id} ended by itself: {words}; n{id}.log says why"));
        }
        ended.into_iter().map(|(id, _)| id).collect()
    }

    /// How often the logs of all servers have some words.
    pub(crate) fn count_in_logs(&self, words: &str) -> u64 {
        let logs = self.plan.ids().map(|id| self.plan.file(&format!("n{id}.log")));
        let texts = logs.filter_map(|log| std::fs::read(log).ok());
        texts.map(|text| String::from_utf8_lossy(&text).matches(words).count() as u64).sum()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for server in self.running.values_mut() {
            // One that has ended already needs no end.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn words(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}
