//! A fast hash of words, equal on every target. The mixing is that of wyhash: a folded 128-bit
//! multiplication. It is for tables that compare what they find, not against attackers.

/// The hash of what `hash` stands for, followed by a word.
pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    let product =
        u128::from(hash ^ 0xA076_1D64_78BD_642F) * u128::from(word ^ 0xE703_7ED1_A0B4_28DB);
    (product as u64) ^ ((product >> 64) as u64) ^ hash.rotate_left(23)
}

/// The hash of a list of words.
pub(crate) fn mix_all<W: Copy + Into<u64>>(words: &[W]) -> u64 {
    words.iter().fold(words.len() as u64, |hash, word| mix(hash, (*word).into()))
}
