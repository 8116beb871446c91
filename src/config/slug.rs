//! What becomes of a message in a file name, as Alembic does it.

/// The words of `message` in lower case with `_` between them; empty if it has none.
///
/// More than `max_length` characters are cut back to the last whole word and a `_`, which is how
/// Alembic marks that something is missing (`ScriptDirectory._rev_path`). A word is a run of
/// letters, digits and `_` of any script. In one thing the two differ: Python's `\w` leaves out
/// combining vowel signs, so that Alembic takes most words of Indic scripts apart, and letters in
/// circles and squares; here they count as letters, as they do for Unicode.
pub fn slug(message: &str, max_length: usize) -> String {
    let is_between = |it: char| !(it.is_alphanumeric() || it == '_');
    let words: Vec<&str> = message.split(is_between).filter(|it| !it.is_empty()).collect();
    let slug = words.join("_").to_lowercase();
    match slug.char_indices().nth(max_length) {
        None => slug,
        Some((end, _)) => {
            let cut = &slug[..end];
            let whole_words = cut.rsplit_once('_').map_or(cut, |(words, _)| words);
            format!("{whole_words}_")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::slug;

    /// `expected` is what Alembic 1.20.1 made of the message, `_rev_path` having been called on
    /// each.
    #[track_caller]
    fn check(message: &str, max_length: usize, expected: &str) {
        assert_eq!(slug(message, max_length), expected, "{message:?}");
    }

    #[test]
    fn words_are_joined_in_lower_case() {
        check("Add Post model", 40, "add_post_model");
        check("add posts, users & tags!", 40, "add_posts_users_tags");
        check("  leading and trailing  ", 40, "leading_and_trailing");
        check("snake_case stays", 40, "snake_case_stays");
        check("__init__", 40, "__init__");
        check("it's", 40, "it_s");
        check("con", 40, "con");
    }

    #[test]
    fn what_is_no_word_only_separates() {
        check("", 40, "");
        check("...---!!!", 40, "");
        check("🎉🎉", 40, "");
        check("emoji 🎉 party", 40, "emoji_party");
        check("../../x", 40, "x");
        check("/etc/passwd", 40, "etc_passwd");
        check(r"a\b\c", 40, "a_b_c");
        check("line one\nline two\r\n", 40, "line_one_line_two");
        check("NUL\0byte\ttab", 40, "nul_byte_tab");
        check("\u{200b}zero\u{200b}width", 40, "zero_width");
    }

    #[test]
    fn letters_and_digits_are_those_of_any_script() {
        check("Straße ÄÖÜ Σίσυφος ΟΔΟΣ", 40, "straße_äöü_σίσυφος_οδος");
        check("İstanbul", 40, "i\u{307}stanbul");
        check("日本語 の メッセージ", 40, "日本語_の_メッセージ");
        check("x² ½ Ⅷ", 40, "x²_½_ⅷ");
        check("cafe\u{301} time", 40, "cafe_time");
        check("١٢٣", 40, "١٢٣");
        check("ไทย", 40, "ไทย");
        check("ﬁne", 40, "ﬁne");
    }

    #[test]
    fn vowel_signs_stay_with_their_letters() {
        // Alembic: `ह_न_द`.
        check("हिन्दी", 40, "हिन_दी");
    }

    #[test]
    fn a_long_message_is_cut_after_a_whole_word() {
        let long = "add a very long message that goes on and on until it is cut";
        check(long, 40, "add_a_very_long_message_that_goes_on_");
        check("one two three", 8, "one_two_");
        check("one two three", 7, "one_");
        check("one two three", 3, "one_");
        check("one two three", 2, "on_");
        check("_a", 1, "_");
        check(&format!("a_{}", "b".repeat(60)), 40, "a_");
        check(&format!("{} y", "x".repeat(39)), 40, &format!("{}_", "x".repeat(39)));
        check(&format!("{} yz", "x".repeat(38)), 40, &format!("{}_", "x".repeat(38)));
    }

    #[test]
    fn length_counts_characters_of_the_slug() {
        check(&"a".repeat(40), 40, &"a".repeat(40));
        check(&"a".repeat(41), 40, &format!("{}_", "a".repeat(40)));
        check(&"ŉ".repeat(30), 40, &"ŉ".repeat(30));
        // Lower case makes two characters of each.
        check(&"İ".repeat(25), 40, &format!("{}_", "i\u{307}".repeat(20)));
    }
}
