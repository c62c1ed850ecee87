//! The suggestion in "did you mean": `no-transactoin` gives `no-transaction`.

/// The word that was meant: a slip in every fourth letter is a typo, more is another word.
pub fn closest_of(known: impl Iterator<Item = &'static str>, word: &str) -> Option<&'static str> {
    known
        .map(|known| (strsim::osa_distance(known, word), known))
        .filter(|(slips, known)| slips * 4 <= known.len())
        .min()
        .map(|(_, known)| known)
}
