use super::super::testing::{graph, indices, words};
use super::*;

/// Two branches on a common line, and a tree of its own.
///
/// ```text
///   aaaa1 - bbbb2 - cccc3 - dddd4      zzzz1 - zzzz2
///                 \ shop1 [shop]
/// ```
const TWO_BRANCHES: &str =
    "aaaa1<- bbbb2<-aaaa1 cccc3<-bbbb2 dddd4<-cccc3 shop1<-bbbb2[shop] zzzz1<- zzzz2<-zzzz1";

fn symbol(text: &str) -> RevisionSymbol {
    text.parse().unwrap()
}

#[track_caller]
fn check_absolute(text: &str, expected: Result<&str, &str>) {
    let graph = graph(TWO_BRANCHES);
    let found = graph.resolve_absolute(&symbol(text));
    let found = found.map(|it| words(&graph, it)).map_err(|err| err.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), expected);
}

#[track_caller]
fn check_upgrade(text: &str, rows: &str, expected: Result<&str, &str>) {
    let graph = graph(TWO_BRANCHES);
    let rows = indices(&graph, rows);
    let found = graph.resolve_upgrade(&symbol(text), &rows, Overwalk::Refuse);
    let found = found.map(|it| words(&graph, it)).map_err(|err| err.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), expected);
}

#[test]
fn names_beginnings_and_labels_are_found() {
    check_absolute("cccc3", Ok("cccc3"));
    check_absolute("c", Ok("cccc3"));
    check_absolute("shop", Ok("shop1"));
    check_absolute("zz", Err("`zz` is the beginning of several revisions: `zzzz1`, `zzzz2`"));
    check_absolute("nope", Err("no revision or branch label is called `nope` or begins with it"));
}

#[test]
fn heads_are_listed_where_head_is_ambiguous() {
    check_absolute("heads", Ok("dddd4 shop1 zzzz2"));
    check_absolute(
        "head",
        Err("`head` is ambiguous, there are several heads: `dddd4`, `shop1`, `zzzz2`"),
    );
    check_absolute("shop@head", Ok("shop1"));
    check_absolute("zzzz1@head", Ok("zzzz2"));
    check_absolute("base", Ok(""));
}

#[test]
fn a_branch_must_exist_and_hold_the_revision() {
    check_absolute("typo@head", Err("no branch label or revision is called `typo`"));
    check_absolute("typo@base", Err("no branch label or revision is called `typo`"));
    check_absolute("shop@cccc3", Err("revision `cccc3` is not on the branch `shop`"));
    check_absolute("shop@bbbb2", Ok("bbbb2"));
    check_absolute("zzzz2@z", Err("`z` is the beginning of several revisions: `zzzz1`, `zzzz2`"));
}

#[test]
fn steps_up_are_counted_from_the_only_row() {
    check_upgrade("+1", "aaaa1", Ok("bbbb2"));
    check_upgrade(
        "+2",
        "bbbb2",
        Err("`+2` is ambiguous: above `bbbb2` there are several ways: `cccc3`, `shop1`"),
    );
    check_upgrade("+3", "cccc3", Err("`+3` is out of range: there is one step that way"));
    check_upgrade(
        "+1",
        "dddd4 shop1",
        Err("`+1` is ambiguous: the database is at several revisions: `dddd4`, `shop1`"),
    );
    check_upgrade(
        "+1",
        "",
        Err("`+1` is ambiguous: above the base there are several ways: `aaaa1`, `zzzz1`"),
    );
    check_upgrade("-1", "dddd4", Err("`-1` has no meaning here: an upgrade leads up"));
}

#[test]
fn steps_up_on_a_branch_begin_where_it_was_left() {
    check_upgrade("shop@+1", "", Ok("aaaa1"));
    check_upgrade("shop@+1", "cccc3", Ok("shop1"));
    check_upgrade("shop@+1", "bbbb2", Ok("shop1"));
    check_upgrade("zzzz1@+1", "dddd4", Ok("zzzz1"));
}

#[test]
fn steps_are_counted_from_names_too() {
    check_upgrade("aaaa1+1", "", Ok("bbbb2"));
    check_upgrade("shop@head-1", "", Ok("bbbb2"));
    check_upgrade("aaaa1-1", "", Ok(""));
    check_upgrade("aaaa1-2", "", Err("`aaaa1-2` is out of range: there is one step that way"));
    check_upgrade(
        "current",
        "aaaa1",
        Err("`current` has no meaning here: only `history`, `show` and `edit` know `current`"),
    );
}

#[test]
fn range_starts_count_down_from_every_head() {
    let graph = graph(TWO_BRANCHES);
    let start = |text: &str| words(&graph, graph.resolve_range_start(&symbol(text)).unwrap());
    assert_eq!(start("-1"), "cccc3 bbbb2 zzzz1");
    assert_eq!(start("shop@-1"), "bbbb2");
    assert_eq!(start("-9"), "");
}
