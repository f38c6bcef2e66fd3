//! The calls and returns of the operations that are not in the order yet: a doubly linked list, as
//! in Wing and Gong's search. Taking an operation out and putting it back takes constant time.

/// The node before the first and after the last.
const END: u32 = 0;

/// Calls and returns, in the order of time, of the operations that are not taken out.
pub(crate) struct Remaining {
    nodes: Vec<Node>,
    /// For each operation its two nodes.
    places: Vec<Places>,
}

#[derive(Clone, Copy)]
struct Node {
    before: u32,
    after: u32,
    operation: u32,
}

#[derive(Clone, Copy, Default)]
struct Places {
    called: u32,
    returned: u32,
}

impl Remaining {
    /// The list of operations with these moments of call and return.
    pub(crate) fn new(operations: &[(u32, u32)]) -> Self {
        let mut ends: Vec<(u32, u32, bool)> = Vec::with_capacity(operations.len() * 2);
        for (operation, (called, returned)) in (0..).zip(operations) {
            ends.push((*called, operation, false));
            ends.push((*returned, operation, true));
        }
        ends.sort_unstable();
        let count = ends.len() as u32;
        let mut places = vec![Places::default(); operations.len()];
        let mut nodes = vec![Node { before: count, after: 1.min(count), operation: 0 }];
        for (place, (_, operation, is_return)) in (1..).zip(ends) {
            let after = if place == count { END } else { place + 1 };
            nodes.push(Node { before: place - 1, after, operation });
            let of = &mut places[operation as usize];
            *(if is_return { &mut of.returned } else { &mut of.called }) = place;
        }
        Self { nodes, places }
    }

    /// The first call or return.
    pub(crate) fn first(&self) -> u32 {
        self.nodes[END as usize].after
    }

    /// The call or return after another.
    pub(crate) fn after(&self, place: u32) -> u32 {
        self.nodes[place as usize].after
    }

    /// Whether a place is after the last call or return.
    pub(crate) fn is_end(&self, place: u32) -> bool {
        place == END
    }

    /// The operation of a call or return.
    pub(crate) fn operation(&self, place: u32) -> u32 {
        self.nodes[place as usize].operation
    }

    /// The place of the return of an operation.
    pub(crate) fn return_of(&self, operation: u32) -> u32 {
        self.places[operation as usize].returned
    }

    /// Takes an operation out.
    pub(crate) fn take(&mut self, operation: u32) {
        let Places { called, returned } = self.places[operation as usize];
        self.unlink(called);
        self.unlink(returned);
    }

    /// Puts an operation back. Of the operations that are out it must be the one taken out last.
    pub(crate) fn put_back(&mut self, operation: u32) {
        let Places { called, returned } = self.places[operation as usize];
        self.link(returned);
        self.link(called);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.places.capacity() * size_of::<Places>()
    }

    fn unlink(&mut self, place: u32) {
        let Node { before, after, .. } = self.nodes[place as usize];
        self.nodes[before as usize].after = after;
        self.nodes[after as usize].before = before;
    }

    fn link(&mut self, place: u32) {
        let Node { before, after, .. } = self.nodes[place as usize];
        self.nodes[before as usize].after = place;
        self.nodes[after as usize].before = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(list: &Remaining) -> Vec<u32> {
        let mut order = Vec::new();
        let mut place = list.first();
        while place != END {
            order.push(list.operation(place));
            place = list.after(place);
        }
        order
    }

    #[test]
    fn an_operation_is_put_back_at_its_place() {
        let mut list = Remaining::new(&[(0, 3), (1, 2), (4, 5)]);
        assert_eq!(order(&list), [0, 1, 1, 0, 2, 2]);
        list.take(1);
        assert_eq!(order(&list), [0, 0, 2, 2]);
        list.take(0);
        list.take(2);
        assert_eq!(order(&list), [0; 0]);
        for operation in [2, 0, 1] {
            list.put_back(operation);
        }
        assert_eq!(order(&list), [0, 1, 1, 0, 2, 2]);
        assert_eq!(list.operation(list.return_of(1)), 1);
    }
}
