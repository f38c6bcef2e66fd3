//! Certificates for a try-out: an authority, and those that it signs.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};

use crate::{ClientRole, TlsError};

/// An authority that signs certificates.
#[derive(Debug)]
pub struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub struct SignedCertificate {
    /// The certificate.
    pub certificate: String,
    /// The key. Nobody else may read it.
    pub key: String,
}

/// Whom a certificate is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holder {
    /// A node with the names and addresses under which it is reached.
    Node {
        /// Its id.
        id: u64,
        /// Names and addresses.
        hosts: Vec<String>,
    },
    /// A client.
    Client {
        /// Its name.
        name: String,
        /// What it may do.
        role: ClientRole,
    },
}

impl Authority {
    /// Makes an authority.
    ///
    /// # Errors
    /// The machine has no random numbers.
    pub fn new(name: &str, valid: Duration) -> Result<Self, TlsError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = period(valid);
        let key = KeyPair::generate().map_err(failed)?;
        let pem = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Self { params, key, pem })
    }

    /// Its certificate, which others trust, in PEM.
    pub fn certificate(&self) -> &str {
        &self.pem
    }

    /// Its key in PEM. Who has it can make certificates.
    pub fn key(&self) -> String {
        self.key.serialize_pem()
    }

    /// Signs a certificate.
    ///
    /// # Errors
    /// A host is neither an address nor a name.
    pub fn sign(&self, holder: &Holder, valid: Duration) -> Result<SignedCertificate, TlsError> {
        let mut params = CertificateParams::default();
        let (name, hosts, uris) = match holder {
            Holder::Node { id, hosts } => {
                let uris = [format!("helios:node:{id}"), "helios:role:admin".to_owned()];
                (format!("node {id}"), hosts.as_slice(), uris.to_vec())
            }
            Holder::Client { name, role } => {
                (name.clone(), [].as_slice(), vec![format!("helios:role:{}", role.name())])
            }
        };
        params.distinguished_name.push(DnType::CommonName, name);
        for host in hosts {
            params.subject_alt_names.push(match host.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(host.as_str().try_into().map_err(failed)?),
            });
        }
        for uri in uris {
            params.subject_alt_names.push(SanType::URI(uri.try_into().map_err(failed)?));
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = period(valid);
        let key = KeyPair::generate().map_err(failed)?;
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(&key, &issuer).map_err(failed)?.pem();
        Ok(SignedCertificate { certificate, key: key.serialize_pem() })
    }
}

/// From a little ago, for clocks that differ.
fn period(valid: Duration) -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::now_utc();
    (now - Duration::minutes(5), now + valid)
}

fn failed(error: rcgen::Error) -> TlsError {
    TlsError::Make(error.to_string())
}
