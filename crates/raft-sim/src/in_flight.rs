//! The messages in flight, found by id in constant time.

use std::collections::VecDeque;

use crate::{InFlightMessage, MessageId};

/// The messages in flight. Ids count up: a message's place is its distance from the oldest one.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFlightMessages {
    /// The id before that of the first place.
    before: u64,
    /// `None` for a message that is no longer in flight. The first place is never empty.
    places: VecDeque<Option<InFlightMessage>>,
}

impl InFlightMessages {
    /// Adds a message under the next id.
    pub(crate) fn launch(
        &mut self,
        message: impl FnOnce(MessageId) -> InFlightMessage,
    ) -> MessageId {
        let id = MessageId(self.before + self.places.len() as u64 + 1);
        self.places.push_back(Some(message(id)));
        id
    }

    fn place(&self, id: MessageId) -> Option<usize> {
        Some(id.0.checked_sub(self.before)?.checked_sub(1)? as usize)
    }

    pub(crate) fn get(&self, id: MessageId) -> Option<&InFlightMessage> {
        self.places.get(self.place(id)?)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: MessageId) -> Option<&mut InFlightMessage> {
        let place = self.place(id)?;
        self.places.get_mut(place)?.as_mut()
    }

    /// Whether a message with this id was ever in flight.
    pub(crate) fn knows(&self, id: MessageId) -> bool {
        (1..=self.before + self.places.len() as u64).contains(&id.0)
    }

    pub(crate) fn remove(&mut self, id: MessageId) -> Option<InFlightMessage> {
        let place = self.place(id)?;
        let removed = self.places.get_mut(place)?.take();
        while let Some(None) = self.places.front() {
            self.places.pop_front();
            self.before += 1;
        }
        removed
    }

    /// By ascending id: the order in which they were sent.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &InFlightMessage> {
        self.places.iter().flatten()
    }
}
