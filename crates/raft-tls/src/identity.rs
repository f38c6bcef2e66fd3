//! Whom a certificate names.

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::TlsError;

/// What the holder of a certificate may do with keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ClientRole {
    /// Read and watch keys.
    Read,
    /// Also change keys, and keep leases.
    Write,
    /// Also change the cluster.
    Admin,
}

/// Whom a certificate names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Identity {
    /// The name of its subject.
    pub name: String,
    /// The node that it is for: the URI `helios:node:3` among its names.
    pub node: Option<u64>,
    /// What it allows: the URI `helios:role:write` among its names.
    pub role: Option<ClientRole>,
    /// When it expires, in seconds since 1970.
    pub expires: i64,
}

impl Identity {
    /// Reads a certificate.
    ///
    /// # Errors
    /// It is no certificate, or its names contradict each other.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, TlsError> {
        let (_, parsed) = X509Certificate::from_der(certificate)
            .map_err(|error| TlsError::Certificate(error.to_string()))?;
        let name = parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
        let mut identity = Self {
            name: name.unwrap_or_default().to_owned(),
            expires: parsed.validity().not_after.timestamp(),
            ..Self::default()
        };
        let names = parsed.subject_alternative_name().ok().flatten();
        for name in names.iter().flat_map(|names| &names.value.general_names) {
            if let GeneralName::URI(uri) = name {
                identity.note(uri)?;
            }
        }
        Ok(identity)
    }

    fn note(&mut self, uri: &str) -> Result<(), TlsError> {
        let wrong = || TlsError::Certificate(format!("the name {uri} means nothing"));
        if let Some(id) = uri.strip_prefix("helios:node:") {
            let id = id.parse().map_err(|_| wrong())?;
            if self.node.replace(id).is_some_and(|other| other != id) {
                return Err(TlsError::Certificate("it is for two nodes".to_owned()));
            }
        } else if let Some(role) = uri.strip_prefix("helios:role:") {
            let role = ClientRole::named(role).ok_or_else(wrong)?;
            if self.role.replace(role).is_some_and(|other| other != role) {
                return Err(TlsError::Certificate("it has two roles".to_owned()));
            }
        }
        Ok(())
    }
}

impl ClientRole {
    /// All roles, from the least.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The role with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}
