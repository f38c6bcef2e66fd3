//! How each state was found: from which other one, and by which step. Runs follow from that.

use crate::action::Action;

/// As many states as this share one piece of memory: none is copied when more are found.
const PIECE: usize = 1 << 16;

/// The state before, and the step, of all states but the first, in the order in which they were
/// found.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    pieces: Vec<Vec<(u32, u32)>>,
}

impl Origins {
    /// The next state was found by an action in this one.
    pub(crate) fn push(&mut self, before: u32, action: Action) {
        let origin = (before, action.pack());
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(origin),
            Some(_) | None => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(origin);
                self.pieces.push(piece);
            }
        }
    }

    /// How a state was found, which is not the first.
    pub(crate) fn get(&self, number: u32) -> (u32, Action) {
        let place = number as usize - 1;
        let (before, action) = self.pieces[place / PIECE][place % PIECE];
        (before, Action::unpack(action))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.pieces.len() * PIECE * size_of::<(u32, u32)>()
    }
}
