//! A snapshot on its way to one server: its pieces, and what their answers say about them.
//!
//! Each piece has a number, and its answer repeats the number. A piece is sent again only on
//! evidence: the server answered a later number, and not this one. If no answer comes, the leader
//! asks, with an empty piece; the answer to the question is evidence about all pieces before it.

use alloc::collections::VecDeque;
use core::ops::Range;
use core::time::Duration;

use super::fingerprint::NO_LIMIT;
use super::window::SendWindow;
use crate::fingerprint::{Fingerprint, Prints};
use crate::{HeartbeatRound, Instant, PieceNumber, Settings, Snapshot};

/// The most heartbeats without an answer between two questions.
const MAX_SILENCE: u32 = 32;

/// After so many losses without progress, a newer snapshot is worth a new beginning.
const MAX_FRUITLESS: u32 = 3;

/// A snapshot that is being sent in pieces.
#[derive(Clone, Debug)]
pub(super) struct OutgoingSnapshot {
    pub(super) snapshot: Snapshot,
    /// The peer holds this many bytes from the start.
    received: u64,
    /// The leader's latest round when it learned so. A request of a later round finds no fewer,
    /// unless the peer was started again.
    received_in: HeartbeatRound,
    /// When the peer was last found to be started again: the number of the last piece, and the
    /// leader's latest round. `None` before that.
    rewound: Option<(PieceNumber, HeartbeatRound)>,
    /// The pieces from `received` to `sent`, by offset.
    pieces: VecDeque<Piece>,
    /// This many bytes from the start were sent.
    sent: u64,
    /// The number of the last piece.
    last: PieceNumber,
    /// The number of the last question.
    question: Option<PieceNumber>,
    /// Bytes of the pieces in flight.
    in_flight: u64,
    /// How many pieces are to be sent again.
    lost: usize,
    /// A piece is lost if one this many numbers later was answered. At first 1; doubles whenever a
    /// piece arrives late that was taken for lost.
    patience: u32,
    /// Questions whose answer showed a loss, since `received` grew.
    fruitless: u32,
    /// Heartbeats since the last answer.
    silence: u32,
    /// Heartbeats since the last answer or question.
    since_question: u32,
    /// At more heartbeats than this the leader asks. At first 1; doubles with each question. An
    /// answer that was only late sets it to the time that it took.
    max_silence: u32,
    window: SendWindow,
}

/// A piece that was sent. The peer does not hold all bytes up to its end.
#[derive(Clone, Debug)]
struct Piece {
    offset: u64,
    end: u64,
    number: PieceNumber,
    /// The number under which it was sent before.
    earlier: Option<PieceNumber>,
    sent_at: Instant,
    /// Bytes in flight when it was sent, with it.
    ahead: u64,
    state: PieceState,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum PieceState {
    InFlight,
    /// The peer holds it, but not all bytes before it. The leader learned so in this round.
    Held(HeartbeatRound),
    Lost,
}

impl Piece {
    fn bytes(&self) -> u64 {
        self.end - self.offset
    }
}

/// What an answer says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AnswerNews {
    /// No more than is known.
    Nothing,
    /// The peer holds more than was known, or pieces were lost.
    Progress {
        /// Bytes that are lost, by this answer.
        lost: u64,
    },
    /// The peer holds less than before: it was started again.
    Restarted,
}

/// The next piece to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NextPiece {
    pub(super) number: PieceNumber,
    pub(super) bytes: Range<u64>,
}

impl OutgoingSnapshot {
    /// None of it is sent yet. `round_trip` is that of the shortest exchange with the peer.
    pub(super) fn new(
        snapshot: Snapshot,
        settings: &Settings,
        round_trip: Option<Duration>,
    ) -> Self {
        Self {
            snapshot,
            received: 0,
            received_in: HeartbeatRound(0),
            rewound: None,
            pieces: VecDeque::new(),
            sent: 0,
            last: PieceNumber(0),
            question: None,
            in_flight: 0,
            lost: 0,
            patience: 1,
            fruitless: 0,
            silence: 0,
            since_question: 0,
            max_silence: 1,
            window: SendWindow::new(settings, round_trip),
        }
    }

    fn total(&self) -> u64 {
        self.snapshot.data.len()
    }

    /// Whether the peer holds nothing of it, or several losses in a row brought it no further. The
    /// leader may be unable to read a piece.
    pub(super) fn is_stuck(&self) -> bool {
        self.received == 0 || self.fruitless >= MAX_FRUITLESS
    }

    /// Whether the peer still answers pieces or questions, and its answers showed no more losses in
    /// a row without progress than are usual.
    pub(super) fn makes_progress(&self) -> bool {
        self.silence <= MAX_SILENCE && self.fruitless < MAX_FRUITLESS
    }

    /// Whether everything was sent, and nothing is known to be lost: the peer may be storing it. If
    /// the peer keeps the bytes in its memory, it answers the last piece when its disk is done. A
    /// peer that answers loss after loss stores nothing.
    pub(super) fn is_sent(&self) -> bool {
        let is_whole = self.sent == self.total() && self.lost == 0;
        self.last != PieceNumber(0) && is_whole && self.fruitless < MAX_FRUITLESS
    }

    /// How many bytes from the start the peer holds.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Bytes of the pieces in flight.
    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// The next piece, if the window has room: one that was lost, or the one after the last. One
    /// piece may always be in flight.
    pub(super) fn next_piece(&mut self, limit: u64, now: Instant) -> Option<NextPiece> {
        self.window.cap(limit);
        if self.in_flight > 0 && self.in_flight >= self.window.size() {
            return None;
        }
        let place = match self.lost {
            0 => None,
            _ => self.pieces.iter().position(|piece| piece.state == PieceState::Lost),
        };
        if let Some(place) = place {
            let number = self.next_number();
            let piece = &mut self.pieces[place];
            self.lost -= 1;
            self.in_flight += piece.bytes();
            piece.earlier = Some(piece.number);
            piece.number = number;
            (piece.sent_at, piece.ahead) = (now, self.in_flight);
            piece.state = PieceState::InFlight;
            return Some(NextPiece { number, bytes: piece.offset..piece.end });
        }
        let is_begun = self.last != PieceNumber(0);
        if self.sent == self.total() && is_begun {
            return None;
        }
        let (offset, end) = (self.sent, self.total().min(self.sent + self.window.piece()));
        let number = self.next_number();
        self.sent = end;
        self.in_flight += end - offset;
        if offset < end {
            let (ahead, state) = (self.in_flight, PieceState::InFlight);
            let (earlier, sent_at) = (None, now);
            self.pieces.push_back(Piece { offset, end, number, earlier, sent_at, ahead, state });
        }
        Some(NextPiece { number, bytes: offset..end })
    }

    /// A heartbeat is due. If no answer came for too long, the leader asks with an empty piece: the
    /// number of it. The time doubles with each question.
    pub(super) fn question_when_silent(&mut self) -> Option<PieceNumber> {
        self.silence = self.silence.saturating_add(1);
        self.since_question += 1;
        if self.since_question <= self.max_silence {
            return None;
        }
        self.since_question = 0;
        self.max_silence = (2 * self.max_silence).min(MAX_SILENCE);
        self.question = Some(self.next_number());
        self.question
    }

    /// For [`Bug::SnapshotFlood`](crate::Bug::SnapshotFlood): without an answer since the last
    /// heartbeat, everything in flight is sent again.
    #[cfg(feature = "bugs")]
    pub(super) fn give_up_when_silent(&mut self) {
        self.silence += 1;
        if self.silence > 1 {
            self.note_lost(PieceNumber(u32::MAX), true);
        }
    }

    fn next_number(&mut self) -> PieceNumber {
        self.last = PieceNumber(self.last.0.saturating_add(1));
        self.last
    }

    /// The peer holds `next_offset` bytes from the start, and the piece `held`, by its answer to a
    /// request of this round. `current`: the leader's latest round.
    pub(super) fn answered(
        &mut self,
        (next_offset, held, round): (u64, Option<PieceNumber>, HeartbeatRound),
        (current, now): (HeartbeatRound, Instant),
    ) -> AnswerNews {
        if next_offset > self.total() || self.is_of_earlier_life(held, round) {
            return AnswerNews::Nothing;
        }
        if self.has_lost_memory(next_offset, round) {
            self.rewind(next_offset, current);
            return AnswerNews::Restarted;
        }
        if next_offset < self.received {
            return AnswerNews::Nothing;
        }
        let is_asked = held.is_some() && held == self.question;
        let is_held = held.is_some_and(|number| self.note_held(number, (current, now)));
        let has_more = next_offset > self.received;
        self.advance(next_offset);
        let lost = held.map_or(0, |number| self.note_lost(number, is_asked));
        if has_more {
            self.received_in = current;
            self.fruitless = 0;
        }
        if is_asked {
            self.question = None;
            if lost > 0 {
                self.fruitless += 1;
                self.window.restart();
            }
        }
        if !is_held && !has_more && !is_asked {
            return AnswerNews::Nothing;
        }
        self.end_silence(is_asked && lost > 0);
        AnswerNews::Progress { lost }
    }

    /// Pieces are in memory until the snapshot is whole. A server that was started again has none:
    /// it lacks bytes from the start, or a piece after a gap, that it held before the leader sent
    /// the request. An answer to an earlier request may only be late: messages overtake each other.
    fn has_lost_memory(&self, next_offset: u64, round: HeartbeatRound) -> bool {
        if next_offset < self.received {
            return round > self.received_in;
        }
        let next = self.pieces.iter().find(|piece| piece.end > next_offset);
        next.is_some_and(|piece| matches!(piece.state, PieceState::Held(at) if at < round))
    }

    /// Whether the answer may be of the peer's life before the restart that was noticed last. A
    /// request that was sent after that reached no earlier life, and either its piece or its round
    /// shows when it was sent. Nothing waits for an answer to an earlier request: all pieces were
    /// forgotten.
    fn is_of_earlier_life(&self, held: Option<PieceNumber>, round: HeartbeatRound) -> bool {
        self.rewound.is_some_and(|(last, current)| {
            held.is_none_or(|number| number <= last) && round <= current
        })
    }

    /// Starts again after the bytes that the peer holds.
    fn rewind(&mut self, next_offset: u64, current: HeartbeatRound) {
        self.rewound = Some((self.last, current));
        self.pieces.clear();
        (self.in_flight, self.lost) = (0, 0);
        (self.received, self.sent, self.received_in) = (next_offset, next_offset, current);
        self.end_silence(true);
        self.question = None;
        self.window.restart();
    }

    /// An answer came. If a loss does not explain the silence, answers take so long.
    fn end_silence(&mut self, is_loss: bool) {
        self.max_silence = match is_loss {
            true => 1,
            false => self.silence.saturating_add(1).max(self.max_silence / 2).min(MAX_SILENCE),
        };
        (self.silence, self.since_question) = (0, 0);
    }

    /// The peer holds the piece that has, or had, this number. Whether that is new.
    fn note_held(
        &mut self,
        number: PieceNumber,
        (current, now): (HeartbeatRound, Instant),
    ) -> bool {
        let has_number =
            |piece: &&mut Piece| piece.number == number || piece.earlier == Some(number);
        let Some(piece) = self.pieces.iter_mut().find(has_number) else { return false };
        let (bytes, is_repeated) = (piece.bytes(), piece.number != number);
        let before = piece.state;
        match before {
            PieceState::Held(_) => return false,
            PieceState::InFlight => {
                self.in_flight -= bytes;
                if !is_repeated {
                    self.window.arrived(bytes, piece.ahead, now - piece.sent_at, now);
                }
            }
            PieceState::Lost => self.lost -= 1,
        }
        piece.state = PieceState::Held(current);
        if is_repeated || before == PieceState::Lost {
            // It was late, not lost.
            self.patience = self.patience.saturating_mul(2);
        }
        true
    }

    /// The peer holds all bytes up to `next_offset`.
    fn advance(&mut self, next_offset: u64) {
        while let Some(piece) = self.pieces.front_mut() {
            if piece.offset >= next_offset {
                break;
            }
            let covered = piece.end.min(next_offset) - piece.offset;
            if piece.state == PieceState::InFlight {
                self.in_flight -= covered;
            }
            if piece.end > next_offset {
                piece.offset = next_offset;
                break;
            }
            self.lost -= usize::from(piece.state == PieceState::Lost);
            self.pieces.pop_front();
        }
        self.received = self.received.max(next_offset);
        self.sent = self.sent.max(next_offset);
    }

    /// The peer answered this number: the pieces before it that it did not answer are lost. The
    /// bytes of them.
    fn note_lost(&mut self, number: PieceNumber, is_asked: bool) -> u64 {
        // A question is asked only after a silence.
        let patience = if is_asked { 1 } else { self.patience };
        let mut lost = 0;
        for piece in &mut self.pieces {
            let is_late = piece.number.0.saturating_add(patience) <= number.0;
            if piece.state == PieceState::InFlight && is_late {
                piece.state = PieceState::Lost;
                lost += piece.bytes();
                self.lost += 1;
            }
        }
        self.in_flight -= lost;
        if !is_asked && lost > 0 {
            self.window.lost(lost);
        }
        lost
    }
}

impl Fingerprint for OutgoingSnapshot {
    fn print(&self, out: &mut Prints<'_>) {
        let Self {
            snapshot,
            received,
            received_in,
            rewound,
            pieces,
            sent,
            last,
            question,
            in_flight,
            lost,
            patience,
            fruitless,
            silence,
            since_question,
            max_silence,
            window,
        } = self;
        snapshot.print(out);
        out.plain(&(received, received_in, rewound, sent, last, question, in_flight, lost));
        out.plain(&(patience, fruitless, silence, since_question, max_silence));
        out.list(pieces.iter());
        // It follows from the times of the answers.
        if out.with_time() {
            window.print(out);
        }
    }
}

impl Fingerprint for Piece {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { offset, end, number, earlier, sent_at, ahead, state } = self;
        out.plain(&(offset, end, number, earlier, ahead, state));
        out.since(Some(*sent_at), NO_LIMIT);
    }
}
