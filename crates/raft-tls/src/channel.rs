//! Connections that this process opens.

use std::io;

use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::Service;

use crate::{Identity, Tls};

/// Opens a channel when it is first used, and again whenever it breaks. With TLS, the certificate
/// of the other end must have the host of the address among its names, and be that of `node`, if
/// one is given. `https` asks for TLS, and `http` for none: anything else is an error of each
/// request.
pub fn connect(endpoint: &Endpoint, tls: Option<Tls>, node: Option<u64>) -> Channel {
    endpoint.connect_with_connector_lazy(connector(tls, node))
}

/// The same, and waits until it is open.
///
/// # Errors
/// It cannot be opened now.
pub async fn connect_now(
    endpoint: &Endpoint,
    tls: Option<Tls>,
    node: Option<u64>,
) -> Result<Channel, tonic::transport::Error> {
    endpoint.connect_with_connector(connector(tls, node)).await
}

fn connector(
    tls: Option<Tls>,
    node: Option<u64>,
) -> impl Service<Uri, Response = TokioIo<Stream>, Error = io::Error, Future: Send> + Send {
    tower::service_fn(move |uri: Uri| {
        let tls = tls.clone();
        async move { open(&uri, tls, node).await.map(TokioIo::new) }
    })
}

type Stream = Either<TcpStream, TlsStream<TcpStream>>;

async fn open(uri: &Uri, tls: Option<Tls>, node: Option<u64>) -> io::Result<Stream> {
    let is_secure = uri.scheme_str() == Some("https");
    let host = uri.host().ok_or_else(|| wrong("the address has no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    match (is_secure, tls) {
        (false, None) => Ok(Either::Left(tcp)),
        (false, Some(_)) => Err(wrong("the address has no https, and this process has TLS")),
        (true, None) => Err(wrong("the address has https, and this process has no certificate")),
        (true, Some(tls)) => {
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            let stream = TlsConnector::from(tls.client()).connect(name, tcp).await?;
            check(&stream, node)?;
            Ok(Either::Right(stream))
        }
    }
}

/// Whether the other end is the node that it should be.
fn check(stream: &TlsStream<TcpStream>, node: Option<u64>) -> io::Result<()> {
    let Some(node) = node else { return Ok(()) };
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let certificate = certificate.ok_or_else(|| wrong("the other end shows no certificate"))?;
    let identity = Identity::of(certificate).map_err(io::Error::other)?;
    if identity.node == Some(node) {
        return Ok(());
    }
    let of = identity.node.map_or("no node".to_owned(), |id| format!("node {id}"));
    Err(wrong(&format!("the certificate of node {node} was expected, and this is one of {of}")))
}

fn wrong(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, words)
}
