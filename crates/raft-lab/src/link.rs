//! A link to a moment: the text after `#` in the address of the page.
//!
//! It opens the same moment of the same run in another browser. The text after `#` reaches no
//! server. It is `moment=` and, in base64url without padding:
//!
//! | bytes | content |
//! |---|---|
//! | 1 | the version of the format |
//! | 4 | the CRC-32 of the version and of what follows, little-endian |
//! | the rest | a [`MomentLink`] in postcard, compressed as raw DEFLATE |
//!
//! A browser has DEFLATE itself, and its calls are asynchronous. So a link is made in three parts:
//! [`MomentLink::to_bytes`], the compression, and [`fragment_of`]. It is read with [`packed_of`],
//! the decompression, and [`MomentLink::from_bytes`]. Native programs have all three in one:
//! `MomentLink::to_fragment` and `MomentLink::from_fragment`.
//!
//! A link is untrusted. Its text, its bytes and each of its parts have a limit.

#[cfg(not(target_arch = "wasm32"))]
mod packing;
mod summary;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use raft_core::Instant;
use raft_script::Session;
use serde::{Deserialize, Serialize};

pub use self::summary::LinkSummary;

/// The version of the format.
const VERSION: u8 = 1;
/// The beginning of the text.
const PREFIX: &str = "moment=";
/// The bytes before the compressed ones.
const HEAD: usize = 5;
/// The most characters of the text: browsers take more, but programs that pass links on may not.
pub const MAX_LINK_LENGTH: usize = 32 << 10;
/// The most bytes of a link before it is compressed.
pub const MAX_LINK_BYTES: usize = 1 << 20;
/// The most characters of a title.
pub const MAX_LINK_TITLE: usize = 80;
/// The most bytes of the name of a panel, and of a selected thing.
const MAX_NAME: usize = 64;

/// A moment of a run, and how to come to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MomentLink {
    /// What it is, for people: at most [`MAX_LINK_TITLE`] characters in one line, not blank.
    pub title: String,
    /// The script of the run from its beginning to the moment.
    pub script: String,
    /// The number of steps of the world before the moment.
    pub steps: u64,
    /// The virtual time of the moment.
    pub at: Instant,
    /// The trace hash of the run at the moment.
    pub trace_hash: u64,
    /// What the page showed.
    pub page: LinkedPage,
}

/// What is open in a page. An empty name, or one that a page does not know, changes nothing.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct LinkedPage {
    /// Whether the sequence diagram is open.
    pub has_diagram: bool,
    /// The name of the panel.
    pub panel: String,
    /// The number of the node whose disk is shown; `None`: no disk is.
    pub disk: Option<u64>,
    /// The selected thing, such as `node 3`.
    pub selected: String,
}

/// Why there is no link, or why it cannot be read. The words say what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LinkError {
    /// The text does not begin as that of a link.
    #[error("it is no link to a moment: such a link has “#moment=” in it; copy the whole link")]
    NoLink,
    /// The text is too long.
    #[error(
        "a link has at most {MAX_LINK_LENGTH} characters after “#”, and this one has {length}: \
         use a file with the script"
    )]
    TooLong {
        /// Its length, in characters.
        length: usize,
    },
    /// The link has too many bytes before it is compressed.
    #[error(
        "a link holds a run of at most {MAX_LINK_BYTES} bytes, and this one holds more: \
         use a file with the script"
    )]
    TooLarge,
    /// Another version of the program made it.
    #[error(
        "it has format {version}, and this version of Helios reads format {VERSION}: open it \
         with the version that made it"
    )]
    OtherVersion {
        /// The version of its format.
        version: u8,
    },
    /// A part is missing, or was changed on its way.
    #[error("it is damaged: a part of it is missing or was changed; copy the whole link")]
    Damaged,
    /// The script is none for this version of the program; in words.
    #[error("its script is none for this version of Helios: {0}")]
    Script(String),
}

impl MomentLink {
    /// The link to the present moment of a session. The title becomes one line, and a long one is
    /// cut.
    pub fn of(session: &Session, title: &str, page: LinkedPage) -> Self {
        let world = session.world();
        Self {
            title: good_title(title),
            script: session.export(),
            steps: world.steps(),
            at: world.now(),
            trace_hash: world.trace_hash(),
            page,
        }
    }

    /// The same moment with another title.
    #[must_use]
    pub fn titled(&self, title: &str) -> Self {
        Self { title: good_title(title), ..self.clone() }
    }

    /// The bytes to be compressed.
    ///
    /// # Errors
    /// [`LinkError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, LinkError> {
        let bytes = postcard::to_stdvec(self).expect("numbers and texts can be written");
        if bytes.len() > MAX_LINK_BYTES { Err(LinkError::TooLarge) } else { Ok(bytes) }
    }

    /// Reads the bytes that were compressed.
    ///
    /// # Errors
    /// If they are too many, or no link.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LinkError> {
        if bytes.len() > MAX_LINK_BYTES {
            return Err(LinkError::TooLarge);
        }
        let (link, rest): (Self, _) =
            postcard::take_from_bytes(bytes).map_err(|_| LinkError::Damaged)?;
        link.check()?;
        if rest.is_empty() { Ok(link) } else { Err(LinkError::Damaged) }
    }

    /// Whether its names and its title are such as a page makes them.
    pub(crate) fn check(&self) -> Result<(), LinkError> {
        let has_good_names = self.page.panel.len() <= MAX_NAME
            && self.page.selected.len() <= MAX_NAME
            && good_title(&self.title) == self.title;
        if has_good_names { Ok(()) } else { Err(LinkError::Damaged) }
    }
}

/// The text after `#` for compressed bytes.
///
/// # Errors
/// [`LinkError::TooLong`].
pub fn fragment_of(packed: &[u8]) -> Result<String, LinkError> {
    let bytes = [&[VERSION][..], &checksum(VERSION, packed).to_le_bytes(), packed].concat();
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    if text.len() > MAX_LINK_LENGTH {
        return Err(LinkError::TooLong { length: text.len() });
    }
    Ok(text)
}

/// The compressed bytes of the text after `#`.
///
/// # Errors
/// If the text is too long, no link, of another version, or damaged.
pub fn packed_of(fragment: &str) -> Result<Vec<u8>, LinkError> {
    if fragment.len() > MAX_LINK_LENGTH {
        return Err(LinkError::TooLong { length: fragment.len() });
    }
    let text = fragment.strip_prefix(PREFIX).ok_or(LinkError::NoLink)?;
    let mut bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| LinkError::Damaged)?;
    let version = *bytes.first().ok_or(LinkError::Damaged)?;
    if version != VERSION {
        return Err(LinkError::OtherVersion { version });
    }
    let stated: [u8; 4] = bytes.get(1..HEAD).and_then(|it| it.try_into().ok()).unwrap_or_default();
    let packed = bytes.split_off(HEAD.min(bytes.len()));
    match u32::from_le_bytes(stated) == checksum(version, &packed) {
        true => Ok(packed),
        false => Err(LinkError::Damaged),
    }
}

pub(crate) fn checksum(version: u8, packed: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[version]);
    hasher.update(packed);
    hasher.finalize()
}

/// A title in one line.
fn good_title(title: &str) -> String {
    let printable = title.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let line: String = printable.collect::<String>().trim().chars().take(MAX_LINK_TITLE).collect();
    match line.trim_end() {
        "" => "A run of Helios".to_owned(),
        line => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;
