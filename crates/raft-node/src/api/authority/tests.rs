use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const PREFACE_BYTES: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let [.., high, middle, low] = payload.len().to_be_bytes();
    let mut frame = vec![high, middle, low, kind, flags, 0, 0, 0, 1];
    frame.extend(payload);
    frame
}

/// Fields as a client sends them: two of the table, a literal with a name, then the authority.
fn fields(authority: &[u8], is_huffman: bool) -> Vec<u8> {
    let mut fields = vec![0x83, 0x86, 0x3f, 0xe1, 0x1f, 0x00, 0x01, b'x', 0x01, b'y', 0x41];
    fields.push(authority.len() as u8 | if is_huffman { 0x80 } else { 0 });
    fields.extend(authority);
    fields.push(0x84);
    fields
}

async fn read(bytes: &[u8], pieces: &[usize]) -> Vec<u8> {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    let mut mended = Mended::new(server);
    let (bytes, pieces) = (bytes.to_vec(), pieces.to_vec());
    let sending = tokio::spawn(async move {
        let mut from = 0;
        for to in pieces.into_iter().chain([bytes.len()]) {
            client.write_all(&bytes[from..to]).await.unwrap();
            tokio::task::yield_now().await;
            from = to;
        }
    });
    let mut all = Vec::new();
    mended.read_to_end(&mut all).await.unwrap();
    sending.await.unwrap();
    all
}

fn stream(authority: &[u8], is_huffman: bool) -> Vec<u8> {
    let data = frame(0, 0, b"\x41\x07http://");
    let mut padded = vec![2];
    padded.extend([0; 5]);
    padded.extend(fields(authority, is_huffman));
    padded.extend([0; 2]);
    let frames = [
        frame(4, 0, &[]),
        frame(HEADERS, 4, &fields(authority, is_huffman)),
        data,
        frame(HEADERS, PADDED | PRIORITY | 4, &padded),
        frame(HEADERS, 4, &[0x83, 0xbe]),
    ];
    [PREFACE_BYTES.to_vec(), frames.concat()].concat()
}

/// The texts and their codes: what `B--` has instead of `://`.
const CASES: [(bool, &[u8], &[u8]); 6] = [
    (false, b"http://a:1", b"httpB--a:1"),
    (false, b"https://a:1", b"httpsB--a:1"),
    // "http://a" and "https://a": the last bits belong to the "a".
    (true, &[0x9d, 0x29, 0xae, 0xe3, 0x0c, 0x1f], &[0x9d, 0x29, 0xae, 0xea, 0xcb, 0x1f]),
    (
        true,
        &[0x9d, 0x29, 0xad, 0x17, 0x18, 0x60, 0xff],
        &[0x9d, 0x29, 0xad, 0x17, 0x56, 0x58, 0xff],
    ),
    (false, b"http:8080", b"http:8080"),
    // "http:8": the bits after ":" begin as those of "/" do.
    (true, &[0x9d, 0x29, 0xae, 0xe3, 0x9f], &[0x9d, 0x29, 0xae, 0xe3, 0x9f]),
];

#[tokio::test]
async fn only_the_authority_of_a_request_is_mended_wherever_the_pieces_end() {
    for (is_huffman, authority, mended) in CASES {
        let (from, to) = (stream(authority, is_huffman), stream(mended, is_huffman));
        assert_eq!(read(&from, &[]).await, to);
        for piece in 1..from.len() {
            assert_eq!(read(&from, &[piece]).await, to, "in two pieces at {piece}");
        }
        let bytes: Vec<usize> = (1..from.len()).collect();
        assert_eq!(read(&from, &bytes).await, to, "byte by byte");
    }
}

#[tokio::test]
async fn what_is_no_frame_is_handed_on() {
    let [preface, headers] =
        [PREFACE_BYTES.to_vec(), frame(HEADERS, 4, &fields(b"http://a", false))];
    let whole = [preface, headers].concat();
    for length in 0..whole.len() {
        assert_eq!(read(&whole[..length], &[]).await, whole[..length], "cut at {length}");
    }
    let nonsense: Vec<u8> = (0..5000_u32).map(|at| (at * at % 251) as u8).collect();
    assert_eq!(read(&nonsense, &[]).await.len(), nonsense.len());
    let endless = [PREFACE_BYTES.to_vec(), frame(HEADERS, 4, &[0xff; 300])].concat();
    assert_eq!(read(&endless, &[]).await, endless);
}

/// A large frame does not wait until it is whole.
#[tokio::test]
async fn no_frame_is_kept_back_for_long() {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    let mut mended = Mended::new(server);
    let mut fields = fields(b"http://a", false);
    fields.resize(100_000, 0x83);
    let whole = [PREFACE_BYTES.to_vec(), frame(HEADERS, 4, &fields)].concat();
    client.write_all(&whole[..2000]).await.unwrap();
    let mut first = vec![0; 2000];
    mended.read_exact(&mut first).await.unwrap();
    assert!(String::from_utf8_lossy(&first).contains("httpB--a"));
}
