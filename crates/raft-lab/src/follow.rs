//! What a presenter's tab says to the tabs of its audience, and what one of these makes of it.
//!
//! The tabs of a browser can send bytes to each other. A [`FollowMessage`] is, before that:
//!
//! | bytes | content |
//! |---|---|
//! | 1 | the version of the format |
//! | 4 | the CRC-32 of the version and of what follows, little-endian |
//! | the rest | the message in postcard; the run in it is a [`MomentLink`], not compressed |
//!
//! A message is untrusted: its bytes and each of its parts have a limit. What it brings is a run of
//! a lab in memory; the lab that a tab stores is left alone.

use serde::{Deserialize, Serialize};

use crate::link::{MAX_LINK_BYTES, checksum};
use crate::{Lab, LinkError, LinkedPage, MomentLink};

/// The version of the format.
const VERSION: u8 = 1;
/// The bytes before the message.
const HEAD: usize = 5;
/// The most bytes of a message: a run, and what is said of it.
pub const MAX_FOLLOW_BYTES: usize = MAX_LINK_BYTES + (8 << 10);
/// The most bytes of each text of a caption.
const MAX_CAPTION: usize = 2 << 10;
/// A presenter who is silent for so long is gone, in milliseconds.
/// A presenter says every second that it is there.
pub const SILENCE_MS: f64 = 5_000.0;

/// What one tab says to all others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FollowMessage {
    /// An audience is there: presenters tell what they show.
    Ask,
    /// What a presenter shows.
    Show(Box<Presented>),
    /// A presenter is still there.
    Here(u64),
    /// A presenter is not there any more.
    Leave(u64),
}

/// What a presenter shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Presented {
    /// The number of the presenter: a random one, of a tab.
    pub presenter: u64,
    /// The whole run, to the end of its branch, and what is open in the page. Its title names the
    /// presentation.
    pub run: MomentLink,
    /// The number of steps before the moment that is shown.
    pub steps: u64,
    /// The words beside the picture.
    pub caption: Caption,
    /// Whether the screen is black, so that people look at the presenter.
    pub is_black: bool,
}

/// The words beside a presented moment.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Caption {
    /// Which moment it is: `5 of 7`.
    pub place: String,
    /// Its title.
    pub title: String,
    /// What is to be seen.
    pub text: String,
}

impl Caption {
    /// A caption of these words; long ones are cut.
    pub fn new(place: &str, title: &str, text: &str) -> Self {
        let cut = |words: &str| words[..words.floor_char_boundary(MAX_CAPTION)].to_owned();
        Self { place: cut(place), title: cut(title), text: cut(text) }
    }

    fn is_within_limits(&self) -> bool {
        [&self.place, &self.title, &self.text].iter().all(|words| words.len() <= MAX_CAPTION)
    }
}

impl FollowMessage {
    /// The bytes of the message.
    ///
    /// # Errors
    /// [`LinkError::TooLarge`], if its run is.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LinkError> {
        if let Self::Show(shown) = self {
            shown.run.to_bytes()?;
        }
        let message = postcard::to_stdvec(self).expect("numbers and texts can be written");
        if message.len() > MAX_FOLLOW_BYTES {
            return Err(LinkError::TooLarge);
        }
        Ok([&[VERSION][..], &checksum(VERSION, &message).to_le_bytes(), &message].concat())
    }

    /// Reads the bytes of a message.
    ///
    /// # Errors
    /// If they are too many, of another version, or no message.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LinkError> {
        if bytes.len() > HEAD + MAX_FOLLOW_BYTES {
            return Err(LinkError::TooLarge);
        }
        let version = *bytes.first().ok_or(LinkError::Damaged)?;
        if version != VERSION {
            return Err(LinkError::OtherVersion { version });
        }
        let (stated, message) = bytes[1..].split_first_chunk().ok_or(LinkError::Damaged)?;
        if u32::from_le_bytes(*stated) != checksum(version, message) {
            return Err(LinkError::Damaged);
        }
        let (read, rest): (Self, _) =
            postcard::take_from_bytes(message).map_err(|_| LinkError::Damaged)?;
        let is_good = match &read {
            Self::Show(shown) => shown.run.check().is_ok() && shown.caption.is_within_limits(),
            Self::Ask | Self::Here(_) | Self::Leave(_) => true,
        };
        if rest.is_empty() && is_good { Ok(read) } else { Err(LinkError::Damaged) }
    }
}

impl Lab {
    /// What this lab shows, for an audience: the whole live branch, and the moment.
    pub fn present(&self, presenter: u64, title: &str, page: LinkedPage) -> Presented {
        Presented {
            presenter,
            run: MomentLink::of(self.session(), title, page),
            steps: self.frame().lab.time.steps,
            caption: Caption::default(),
            is_black: false,
        }
    }
}

/// What an audience knows of the presenter whom it follows. Times are in milliseconds of real time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Follower {
    /// The presenter, and when it was heard last.
    followed: Option<(u64, f64)>,
    has_left: bool,
}

impl Follower {
    /// Takes a message. Returns what is to be shown now, if it is of the presenter whom this
    /// audience follows: the first one that it hears, and another one once that is gone.
    pub fn hear(&mut self, message: FollowMessage, now: f64) -> Option<Presented> {
        match message {
            FollowMessage::Ask => None,
            FollowMessage::Show(shown) => {
                if self.is_other(shown.presenter, now) {
                    return None;
                }
                (self.followed, self.has_left) = (Some((shown.presenter, now)), false);
                Some(*shown)
            }
            FollowMessage::Here(presenter) => {
                if let Some((followed, heard)) = &mut self.followed
                    && *followed == presenter
                {
                    *heard = now;
                }
                None
            }
            FollowMessage::Leave(presenter) => {
                self.has_left |= self.followed.is_some_and(|(followed, _)| followed == presenter);
                None
            }
        }
    }

    /// Whether it follows somebody else who is there.
    fn is_other(&self, presenter: u64, now: f64) -> bool {
        let followed = self.followed.is_some_and(|(followed, _)| followed != presenter);
        followed && !self.is_gone(now)
    }

    /// Whether it has heard of a presenter at all.
    pub fn has_begun(&self) -> bool {
        self.followed.is_some()
    }

    /// Whether the presenter has left, or has been silent for [`SILENCE_MS`].
    pub fn is_gone(&self, now: f64) -> bool {
        self.has_left || self.followed.is_some_and(|(_, heard)| now - heard > SILENCE_MS)
    }
}

#[cfg(test)]
mod tests;
