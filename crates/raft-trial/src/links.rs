//! The links between the servers: a proxy for each direction.
//!
//! A server sends its messages on connections that it opens itself, so all messages from one server
//! to another pass one proxy, and nothing else does.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::plan::Plan;

/// What a link does with bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LinkState {
    /// It passes them on.
    Open,
    /// It closes its connections, and new ones at once.
    Cut,
    /// It keeps them, and passes them on when it is open again.
    Held,
}

/// The links of all pairs of servers.
#[derive(Debug)]
pub(crate) struct Links {
    links: BTreeMap<(u64, u64), watch::Sender<LinkState>>,
}

impl Links {
    /// Listens for all of them. All are open.
    pub(crate) async fn open(plan: &Plan) -> io::Result<Self> {
        let mut links = BTreeMap::new();
        for (from, to) in plan.pairs() {
            let listener = TcpListener::bind(plan.link(from, to)).await?;
            let (state, watched) = watch::channel(LinkState::Open);
            tokio::spawn(serve(listener, plan.peer_address(to), watched));
            links.insert((from, to), state);
        }
        Ok(Self { links })
    }

    /// Sets the links of these pairs, and leaves the others.
    pub(crate) fn set(&self, state: LinkState, is_meant: impl Fn(u64, u64) -> bool) {
        for ((from, to), link) in &self.links {
            if is_meant(*from, *to) {
                link.send_replace(state);
            }
        }
    }

    /// Opens all links.
    pub(crate) fn heal(&self) {
        self.set(LinkState::Open, |_, _| true);
    }
}

async fn serve(listener: TcpListener, to: SocketAddr, state: watch::Receiver<LinkState>) {
    loop {
        // An error is that of one connection: the next one may come.
        let Ok((from, _)) = listener.accept().await else { continue };
        if *state.borrow() != LinkState::Cut {
            tokio::spawn(connect(from, to, state.clone()));
        }
    }
}

/// Passes on what both ends say, until one ends or the link is cut.
async fn connect(from: TcpStream, to: SocketAddr, mut state: watch::Receiver<LinkState>) {
    let Ok(to) = TcpStream::connect(to).await else { return };
    // Without it, small messages wait for others; the connection works all the same.
    let _ = (from.set_nodelay(true), to.set_nodelay(true));
    let watched = state.clone();
    let (from_read, from_write) = from.into_split();
    let (to_read, to_write) = to.into_split();
    tokio::select! {
        _ = state.wait_for(|state| *state == LinkState::Cut) => {}
        _ = pump(from_read, to_write, watched.clone()) => {}
        _ = pump(to_read, from_write, watched) => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<LinkState>,
) -> io::Result<()> {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        let is_open = state.wait_for(|state| *state == LinkState::Open).await;
        is_open.map_err(io::Error::other)?;
        to.write_all(&bytes[..read]).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// A server that repeats what it hears, a link to it, and its address.
    async fn echo() -> (watch::Sender<LinkState>, SocketAddr) {
        let echo = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let target = echo.local_addr().expect("it listens");
        tokio::spawn(async move {
            while let Ok((stream, _)) = echo.accept().await {
                let (mut read, mut write) = stream.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut read, &mut write).await });
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let (state, watched) = watch::channel(LinkState::Open);
        tokio::spawn(serve(listener, target, watched));
        (state, address)
    }

    #[tokio::test]
    async fn bytes_pass_are_held_and_come_later_and_a_cut_ends_the_connection() {
        let (link, address) = echo().await;
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let mut heard = [0; 3];
        stream.write_all(b"abc").await.expect("it is open");
        stream.read_exact(&mut heard).await.expect("it is open");
        assert_eq!(&heard, b"abc");

        link.send_replace(LinkState::Held);
        stream.write_all(b"def").await.expect("it is open");
        let early = timeout(Duration::from_millis(200), stream.read_exact(&mut heard)).await;
        assert!(early.is_err(), "a held link passed {heard:?} on");
        link.send_replace(LinkState::Open);
        stream.read_exact(&mut heard).await.expect("it is open again");
        assert_eq!(&heard, b"def");

        link.send_replace(LinkState::Cut);
        assert!(matches!(stream.read(&mut heard).await, Ok(0) | Err(_)));
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        assert!(matches!(stream.read(&mut heard).await, Ok(0) | Err(_)));
    }
}
