//! Near misses of a name that is not known.

/// The candidates that `name` was probably meant to be, best first, three at most.
///
/// One that differs only in the case of letters is all that is named. Otherwise a candidate that
/// `name` is the beginning of comes first; then those within a third of the letters by
/// Damerau-Levenshtein distance, letter case ignored.
pub fn similar<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let folded = name.to_lowercase();
    let limit = (folded.chars().count() / 3).max(1);
    let mut ranked: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            if !folded.is_empty() && other.starts_with(&folded) {
                return Some((0, candidate));
            }
            let distance = strsim::damerau_levenshtein(&folded, &other);
            (distance <= limit).then_some((distance, candidate))
        })
        .collect();
    if ranked.iter().any(|(_, candidate)| candidate.to_lowercase() == folded) {
        ranked.retain(|(_, candidate)| candidate.to_lowercase() == folded);
    }
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn a_typo_finds_its_word() {
        assert_eq!(similar("mesage", ["message", "revision", "transaction"]), ["message"]);
        assert_eq!(similar("1a2c", ["1a2b", "ffff"]), ["1a2b"]);
    }

    #[test]
    fn a_beginning_comes_before_a_typo() {
        assert_eq!(similar("rev", ["rew", "revision"]), ["revision", "rew"]);
    }

    #[test]
    fn another_case_is_the_word_itself() {
        assert_eq!(similar("HEAD", ["heads", "head", "hea"]), ["head"]);
    }

    #[test]
    fn nothing_near_is_nothing() {
        assert!(similar("zzz", ["message"]).is_empty());
    }
}
