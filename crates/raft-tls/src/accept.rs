//! Connections that others open.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use crate::{Identity, Tls};

/// A connection that was accepted. Requests on it have its [`Identity`] among their extensions; on
/// one without TLS that is nobody.
#[derive(Debug)]
pub struct Connection {
    wire: Wire,
    identity: Option<Identity>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Accepts connections for as long as the stream is there, at most `limit` at a time. Handshakes
/// hold up nobody else. One that fails is told in the log.
pub fn listen(
    listener: TcpListener,
    tls: Option<Tls>,
    limit: usize,
) -> ReceiverStream<io::Result<Connection>> {
    let (sender, accepted) = mpsc::channel(16);
    tokio::spawn(async move {
        let permits = Arc::new(Semaphore::new(limit));
        while let Ok(permit) = permits.clone().acquire_owned().await {
            let stream = tokio::select! {
                accepted = listener.accept() => accepted,
                () = sender.closed() => return,
            };
            match stream {
                Ok((stream, _)) => {
                    tokio::spawn(greet(stream, tls.clone(), permit, sender.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection is accepted");
                    // There may be no file handles left: a pause, and perhaps there are.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    });
    ReceiverStream::new(accepted)
}

/// Shakes hands, and hands over the connection.
async fn greet(
    stream: TcpStream,
    tls: Option<Tls>,
    permit: OwnedSemaphorePermit,
    sender: mpsc::Sender<io::Result<Connection>>,
) {
    let _ = stream.set_nodelay(true);
    let from = stream.peer_addr();
    let (wire, identity) = match tls {
        None => (Wire::Plain(stream), None),
        Some(tls) => {
            let accepting = TlsAcceptor::from(tls.server()).accept(stream);
            match tokio::time::timeout(HANDSHAKE, accepting).await {
                Ok(Ok(stream)) => {
                    let certificate = stream.get_ref().1.peer_certificates();
                    let first = certificate.and_then(|chain| chain.first());
                    let identity = first.and_then(|first| Identity::of(first).ok());
                    (Wire::Tls(Box::new(stream)), identity)
                }
                Ok(Err(error)) => {
                    tracing::warn!(?from, %error, "a connection has no valid TLS");
                    return;
                }
                Err(_) => {
                    tracing::warn!(?from, "a connection did not begin with TLS in time");
                    return;
                }
            }
        }
    };
    let _ = sender.send(Ok(Connection { wire, identity, _permit: permit })).await;
}

impl Connected for Connection {
    type ConnectInfo = Identity;

    fn connect_info(&self) -> Identity {
        self.identity.clone().unwrap_or_default()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Wire::Tls(stream) => Pin::new(&mut **stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Wire::Tls(stream) => Pin::new(&mut **stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write_vectored(context, bytes),
            Wire::Tls(stream) => Pin::new(&mut **stream).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.wire {
            Wire::Plain(stream) => stream.is_write_vectored(),
            Wire::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(context),
            Wire::Tls(stream) => Pin::new(&mut **stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Wire::Tls(stream) => Pin::new(&mut **stream).poll_shutdown(context),
        }
    }
}
