//! Connections between the parts of a cluster, with TLS or without.
//!
//! - [`Tls`] is the certificate, the key and the authorities of a process, loaded from files,
//!   checked, and reloaded when the files change.
//! - [`Identity`] is whom a certificate names: a node, and what a client may do.
//! - [`listen`] accepts connections, and says of each whom its certificate names.
//! - [`connect`] and [`connect_now`] open a channel of gRPC, and make sure that the other end is
//!   the node that it should be.
//! - [`Authority`] makes certificates for a try-out.
//!
//! Both ends always show a certificate.
#![forbid(unsafe_code)]

mod accept;
mod channel;
mod files;
mod identity;
mod make;

pub use accept::{Connection, Incoming, listen};
pub use channel::{connect, connect_now};
pub use files::{Tls, TlsFiles};
pub use identity::{ClientRole, Identity};
pub use make::{Authority, Holder, SignedCertificate};

/// What is wrong with certificates.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TlsError {
    /// A file: its name, and what is wrong with it.
    #[error("{0}: {1}")]
    File(String, String),
    /// A certificate.
    #[error("{0}")]
    Certificate(String),
    /// A certificate cannot be made.
    #[error("the certificate cannot be made: {0}")]
    Make(String),
}
