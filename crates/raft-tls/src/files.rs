//! The certificate, key and authorities of this process: loaded, checked, and reloaded.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::{Identity, TlsError};

/// The files of a process, in PEM.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFiles {
    /// Its certificate, followed by those between it and the authority, if there are any.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authorities that it trusts: one or more.
    pub authorities: PathBuf,
}

/// How a process speaks TLS. Cloning is cheap. New connections use what was loaded last.
#[derive(Clone, Debug)]
pub struct Tls {
    files: Arc<TlsFiles>,
    loaded: Arc<RwLock<Loaded>>,
}

#[derive(Clone, Debug)]
struct Loaded {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    identity: Identity,
    stamps: [Option<SystemTime>; 3],
}

impl Tls {
    /// Loads the files and checks them: the key is that of the certificate, an authority signed it,
    /// and it has not expired.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let loaded = Loaded::load(&files)?;
        Ok(Self { files: Arc::new(files), loaded: Arc::new(RwLock::new(loaded)) })
    }

    /// Loads the files again if one of them is newer. What is wrong is not used: the process goes
    /// on with what it has. Returns whether something was loaded.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn reload(&self) -> Result<bool, TlsError> {
        if self.current().stamps == stamps(&self.files) {
            return Ok(false);
        }
        let loaded = Loaded::load(&self.files)?;
        if loaded.identity.node != self.current().identity.node {
            let path = self.files.certificate.display();
            return Err(TlsError::Certificate(format!("{path}: it is for another node")));
        }
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(true)
    }

    /// Looks for newer files for as long as the process runs.
    pub async fn keep_reloading(self, period: Duration) {
        let mut told = None;
        loop {
            tokio::time::sleep(period).await;
            match self.reload() {
                Ok(true) => tracing::info!(expires = self.expires(), "certificates were reloaded"),
                Ok(false) => {}
                Err(error) => {
                    let words = error.to_string();
                    if told.as_ref() != Some(&words) {
                        tracing::error!(%error, "new certificates are not used");
                        told = Some(words);
                    }
                }
            }
        }
    }

    /// When the own certificate expires, in seconds since 1970.
    pub fn expires(&self) -> i64 {
        self.current().identity.expires
    }

    /// Whom the own certificate names.
    pub fn identity(&self) -> Identity {
        self.current().identity
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.current().server
    }

    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        self.current().client
    }

    fn current(&self) -> Loaded {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Loaded {
    fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        // Taken first: a file that changes meanwhile is loaded again.
        let stamps = stamps(files);
        let chain = certificates(&files.certificate)?;
        let first = chain.first().ok_or_else(|| empty(&files.certificate))?;
        let identity = Identity::of(first)?;
        let mut roots = RootCertStore::empty();
        for authority in certificates(&files.authorities)? {
            let path = files.authorities.display();
            roots
                .add(authority)
                .map_err(|error| TlsError::Certificate(format!("{path}: {error}")))?;
        }
        if roots.is_empty() {
            return Err(empty(&files.authorities));
        }
        let roots = Arc::new(roots);
        let provider = Arc::new(ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
        let verifier = verifier.map_err(|error| TlsError::Certificate(error.to_string()))?;
        let trusted = verifier.verify_client_cert(first, &chain[1..], UnixTime::now());
        trusted.map_err(|error| {
            TlsError::Certificate(format!("{}: {error}", files.certificate.display()))
        })?;
        let (server, client) = configs(&provider, (chain, key(&files.key)?), roots, verifier)
            .map_err(|error| TlsError::Certificate(format!("{}: {error}", files.key.display())))?;
        Ok(Self { server: Arc::new(server), client: Arc::new(client), identity, stamps })
    }
}

type Own = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn configs(
    provider: &Arc<CryptoProvider>,
    (chain, key): Own,
    roots: Arc<RootCertStore>,
    verifier: Arc<dyn rustls::server::danger::ClientCertVerifier>,
) -> Result<(ServerConfig, ClientConfig), rustls::Error> {
    let mut server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain.clone(), key.clone_key())?;
    let mut client = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)?;
    server.alpn_protocols = vec![b"h2".to_vec()];
    client.alpn_protocols = vec![b"h2".to_vec()];
    Ok((server, client))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    read.map_err(|error| TlsError::File(path.display().to_string(), error.to_string()))
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|error| TlsError::File(path.display().to_string(), error.to_string()))
}

fn empty(path: &Path) -> TlsError {
    TlsError::File(path.display().to_string(), "it has no certificate".to_owned())
}

fn stamps(files: &TlsFiles) -> [Option<SystemTime>; 3] {
    [&files.certificate, &files.key, &files.authorities]
        .map(|path| std::fs::metadata(path).and_then(|data| data.modified()).ok())
}
