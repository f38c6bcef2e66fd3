//! Connections that others open.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::Stream;
use tokio_util::sync::PollSemaphore;
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

/// A pause after an error, such as that there are no file handles left.
const PAUSE: Duration = Duration::from_millis(50);

/// Connections that are accepted for as long as this is there. Handshakes hold up nobody else. One
/// that fails is told in the log.
#[derive(Debug)]
pub struct Incoming {
    listener: TcpListener,
    tls: Option<Tls>,
    permits: PollSemaphore,
    /// A place for the next connection.
    permit: Option<OwnedSemaphorePermit>,
    pause: Option<Pin<Box<Sleep>>>,
    sender: mpsc::Sender<io::Result<Connection>>,
    greeted: mpsc::Receiver<io::Result<Connection>>,
}

/// Accepts connections, at most `limit` at a time.
pub fn listen(listener: TcpListener, tls: Option<Tls>, limit: usize) -> Incoming {
    let (sender, greeted) = mpsc::channel(16);
    let permits = PollSemaphore::new(Arc::new(Semaphore::new(limit)));
    Incoming { listener, tls, permits, permit: None, pause: None, sender, greeted }
}

impl Incoming {
    /// Accepts what waits, until nothing does.
    fn accept(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            if self.permit.is_none() {
                self.permit = ready!(self.permits.poll_acquire(context));
            }
            match ready!(self.listener.poll_accept(context)) {
                Ok((stream, _)) => {
                    if let Some(permit) = self.permit.take() {
                        let (tls, sender) = (self.tls.clone(), self.sender.clone());
                        tokio::spawn(greet(stream, tls, permit, sender));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection is accepted");
                    self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
                }
            }
        }
    }
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Connection>>> {
        // It never ends by itself.
        let _ = self.accept(context);
        self.greeted.poll_recv(context)
    }
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
