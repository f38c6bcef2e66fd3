//! What was chosen in the palette, the last one first, in the storage of the browser.

use super::entries::Entry;
use crate::state::storage;

const KEY: &str = "helios-palette";
/// So many are remembered.
const MOST: usize = 8;

/// The names of what was chosen.
pub(super) fn read() -> Vec<String> {
    let text = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    text.unwrap_or_default().lines().map(str::to_owned).take(MOST).collect()
}

/// Notes that an entry was chosen.
pub(super) fn note(entry: &Entry) {
    let names = with(entry.name(), read());
    if let Some(storage) = storage() {
        // Without room, the order is the usual one.
        let _ = storage.set_item(KEY, &names.join("\n"));
    }
}

fn with(name: String, before: Vec<String>) -> Vec<String> {
    let others = before.into_iter().filter(|other| *other != name);
    std::iter::once(name.clone()).chain(others).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_is_the_first_and_none_is_there_twice() {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(with("b".into(), names("a b c")), names("b a c"));
        assert_eq!(with("z".into(), names("1 2 3 4 5 6 7 8")), names("z 1 2 3 4 5 6 7"));
    }
}
