//! The certificates of a trial, which are replaced while it runs.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use raft_tls::{Authority, ClientRole, Holder, TlsError};
use tokio::time::sleep;

use crate::plan::Plan;

/// The authority of a trial. All that it signed is in files.
#[derive(Debug)]
pub(crate) struct Certificates {
    plan: Arc<Plan>,
    authority: Authority,
}

/// Servers and clients look for new files each second.
const RELOADED: Duration = Duration::from_millis(2500);

const VALID: time::Duration = time::Duration::days(2);

impl Certificates {
    /// Makes an authority and all certificates.
    pub(crate) fn make(plan: &Arc<Plan>) -> io::Result<Self> {
        let authority = Authority::new("Helios trial", VALID).map_err(failed)?;
        let made = Self { plan: plan.clone(), authority };
        made.trust(made.authority.certificate())?;
        made.renew()?;
        Ok(made)
    }

    /// Gives all servers and clients new certificates of the same authority.
    pub(crate) fn renew(&self) -> io::Result<()> {
        let hosts = vec!["127.0.0.1".to_owned()];
        for id in self.plan.ids() {
            self.sign(&format!("node-{id}"), &Holder::Node { id, hosts: hosts.clone() })?;
        }
        let client = Holder::Client { name: "client".to_owned(), role: ClientRole::Admin };
        self.sign("client", &client)
    }

    /// Replaces the authority, in the order that fails no connection: all trust the new one too,
    /// then all have its certificates, then nobody trusts the old one.
    pub(crate) async fn replace_authority(&mut self) -> io::Result<()> {
        let new = Authority::new("Helios trial", VALID).map_err(failed)?;
        self.trust(&format!("{}{}", self.authority.certificate(), new.certificate()))?;
        sleep(RELOADED).await;
        self.authority = new;
        self.renew()?;
        sleep(RELOADED).await;
        self.trust(self.authority.certificate())?;
        sleep(RELOADED).await;
        Ok(())
    }

    fn trust(&self, authorities: &str) -> io::Result<()> {
        replace(&self.plan.file("ca.pem"), authorities)
    }

    fn sign(&self, name: &str, holder: &Holder) -> io::Result<()> {
        let signed = self.authority.sign(holder, VALID).map_err(failed)?;
        let text = format!("{}{}", signed.certificate, signed.key);
        replace(&self.plan.file(&format!("{name}.pem")), &text)
    }
}

/// Replaces a file at once.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(new, path)
}

fn failed(error: TlsError) -> io::Error {
    io::Error::other(error)
}
