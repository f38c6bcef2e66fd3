//! Requests of clients that name a whole URL as the authority.
//!
//! `etcdctl` 3.4 does so in the calls that are for one endpoint (`endpoint status`, `hashkv`,
//! `snapshot save`, `defrag`) if the endpoint has a scheme: `:authority` is `http://10.0.0.1:2379`.
//! HTTP/2 forbids that, and `h2` ends the request with `PROTOCOL_ERROR`, before any code of a
//! server sees it. The servers of etcd do not look, and neither do ours.
//!
//! So the bytes are mended on their way to `h2`: `://` becomes `B--`, which may be in the name of a
//! host. The two are equally long, also in the Huffman code of HPACK. So nothing moves, and the
//! tables in which both ends keep fields agree on all lengths.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

const PREFACE: usize = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();
const FRAME_HEADER: usize = 9;
const HEADERS: u8 = 1;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

/// The index of `:authority` in the static table of HPACK.
const AUTHORITY: usize = 1;

/// A client names the authority before all that is longer, so no more of a frame is looked at.
const LOOKED_AT: usize = 1024;

/// The beginning of an authority that is mended: whether it is in Huffman code, the bytes, the
/// bytes instead, and which bits of the last byte belong to it.
const MENDED: [(bool, &[u8], &[u8], u8); 4] = [
    (false, b"http://", b"httpB--", 0xff),
    (false, b"https://", b"httpsB--", 0xff),
    (true, &[0x9d, 0x29, 0xae, 0xe3, 0x0c, 0x00], &[0x9d, 0x29, 0xae, 0xea, 0xcb, 0x00], 0x80),
    (true, &[0x9d, 0x29, 0xad, 0x17, 0x18, 0x60], &[0x9d, 0x29, 0xad, 0x17, 0x56, 0x58], 0xfc),
];

/// A connection whose requests are mended.
#[derive(Debug)]
pub(crate) struct Mended<C> {
    connection: C,
    mender: Mender,
    /// What was read and not handed on, from the beginning of a frame.
    read: BytesMut,
    /// So many of these bytes may be handed on.
    ready: usize,
}

impl<C> Mended<C> {
    pub(crate) fn new(connection: C) -> Self {
        let mender = Mender { passing: PREFACE };
        Self { connection, mender, read: BytesMut::new(), ready: 0 }
    }
}

/// Where the end of the known bytes is in the stream of frames.
#[derive(Debug)]
struct Mender {
    /// So many bytes follow before the next frame.
    passing: usize,
}

impl Mender {
    /// Mends what can be mended, and returns how many bytes may be handed on. The others are the
    /// beginning of a frame, and are to come again with more.
    fn mend(&mut self, bytes: &mut [u8]) -> usize {
        let mut at = 0;
        loop {
            let passed = self.passing.min(bytes.len() - at);
            (at, self.passing) = (at + passed, self.passing - passed);
            let Some((header, rest)) = bytes[at..].split_first_chunk_mut::<FRAME_HEADER>() else {
                return at;
            };
            let [high, middle, low, kind, flags, ..] = *header;
            let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            if kind == HEADERS {
                let looked_at = length.min(LOOKED_AT);
                let Some(payload) = rest.get_mut(..looked_at) else { return at };
                mend_headers(payload, flags);
            }
            self.passing = FRAME_HEADER + length;
        }
    }
}

/// Mends the authority among the fields of a frame, if it is there and needs it.
fn mend_headers(payload: &mut [u8], flags: u8) -> Option<()> {
    let padded = usize::from(flags & PADDED != 0);
    let priority = if flags & PRIORITY != 0 { 5 } else { 0 };
    let fields = payload.get_mut(padded + priority..)?;
    let mut at = 0;
    loop {
        let first = *fields.get(at)?;
        if first & 0x80 != 0 {
            // A field of a table.
            at = integer(fields, at, 7)?.1;
        } else if first & 0xe0 == 0x20 {
            // A new size of the table.
            at = integer(fields, at, 5)?.1;
        } else {
            let (name, after) = integer(fields, at, if first & 0x40 != 0 { 6 } else { 4 })?;
            at = after;
            if name == 0 {
                let (_, start, length) = string(fields, at)?;
                at = start + length;
            }
            let (is_huffman, start, length) = string(fields, at)?;
            at = start + length;
            if name == AUTHORITY {
                mend_authority(fields.get_mut(start..at)?, is_huffman);
                return Some(());
            }
        }
    }
}

fn mend_authority(authority: &mut [u8], is_huffman: bool) {
    for (huffman, from, to, last_bits) in MENDED {
        let last = from.len() - 1;
        let is_it = huffman == is_huffman
            && authority.len() > last
            && authority[..last] == from[..last]
            && authority[last] & last_bits == from[last];
        if is_it {
            authority[..last].copy_from_slice(&to[..last]);
            authority[last] = authority[last] & !last_bits | to[last];
        }
    }
}

/// An integer of HPACK whose first byte has so many bits of it, and where the next thing begins.
fn integer(fields: &[u8], at: usize, bits: u32) -> Option<(usize, usize)> {
    let most = (1 << bits) - 1;
    let first = usize::from(*fields.get(at)?) & most;
    if first < most {
        return Some((first, at + 1));
    }
    let (mut value, mut at) = (most, at + 1);
    for shift in [0, 7, 14, 21] {
        let byte = usize::from(*fields.get(at)?);
        value += (byte & 0x7f) << shift;
        at += 1;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

/// Whether a string is in Huffman code, where it begins, and its length.
fn string(fields: &[u8], at: usize) -> Option<(bool, usize, usize)> {
    let (length, start) = integer(fields, at, 7)?;
    Some((fields[at] & 0x80 != 0, start, length))
}

impl<C: AsyncRead + Unpin> AsyncRead for Mended<C> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.read.is_empty() {
            let before = out.filled().len();
            ready!(Pin::new(&mut this.connection).poll_read(context, out))?;
            let more = &mut out.filled_mut()[before..];
            let ready = this.mender.mend(more);
            this.read.extend_from_slice(&more[ready..]);
            if ready > 0 || more.is_empty() {
                out.set_filled(before + ready);
                return Poll::Ready(Ok(()));
            }
            out.set_filled(before);
        }
        while this.ready == 0 {
            let mut more = [0; FRAME_HEADER + LOOKED_AT];
            let mut more = ReadBuf::new(&mut more);
            ready!(Pin::new(&mut this.connection).poll_read(context, &mut more))?;
            this.read.extend_from_slice(more.filled());
            // At the end, what is left is no whole frame.
            let is_end = more.filled().is_empty();
            this.ready = if is_end { this.read.len() } else { this.mender.mend(&mut this.read) };
        }
        let handed = this.read.split_to(this.ready.min(out.remaining()));
        this.ready -= handed.len();
        out.put_slice(&handed);
        Poll::Ready(Ok(()))
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Mended<C> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().connection).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().connection).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().connection).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().connection).poll_shutdown(context)
    }
}

impl<C: Connected> Connected for Mended<C> {
    type ConnectInfo = C::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.connection.connect_info()
    }
}

#[cfg(test)]
mod tests;
