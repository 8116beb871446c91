//! Rows and objects that a run would break, put into words.

use crate::db::{BrokenObject, ForeignKeyViolation};

/// `2 rows of c, 1 row of d`, with backticks: each table once, whatever its rows reference.
pub(super) fn describe_rows(violations: &[ForeignKeyViolation]) -> String {
    let mut tables: Vec<(&str, Vec<&ForeignKeyViolation>)> = Vec::new();
    for it in violations {
        match tables.iter_mut().find(|(child, _)| *child == it.child) {
            Some((_, of_table)) => of_table.push(it),
            None => tables.push((&it.child, vec![it])),
        }
    }
    let tables = tables.iter().map(|(child, of_table)| describe_rows_of(child, of_table));
    tables.collect::<Vec<_>>().join(", ")
}

/// `2 rows of c`. A row that references nothing in two ways is one row; where that cannot be known,
/// it is `up to 2 rows`.
fn describe_rows_of(child: &str, violations: &[&ForeignKeyViolation]) -> String {
    let mut rowids: Vec<i64> = violations.iter().flat_map(|it| &it.rowids).copied().collect();
    rowids.sort_unstable();
    rowids.dedup();
    let n_rows = violations.iter().map(|it| it.n_rows).sum();
    let all_are_named = violations.iter().all(|it| it.n_rows == it.rowids.len());
    match (violations, n_rows) {
        (_, 1) => format!("1 row of `{child}`"),
        ([_], n) => format!("{n} rows of `{child}`"),
        _ if all_are_named && rowids.len() == 1 => format!("1 row of `{child}`"),
        _ if all_are_named => format!("{} rows of `{child}`", rowids.len()),
        (_, n) => format!("up to {n} rows of `{child}`"),
    }
}

/// `v would not compile any more, and c would reference what is no key of its parent`, with backticks.
pub(super) fn describe_broken(objects: &[BrokenObject]) -> String {
    let describe = |it: &&BrokenObject| match &it.triggers[..] {
        [] => format!("`{}`", it.name),
        [only] => format!("trigger `{only}` of `{}`", it.name),
        _ => format!("a trigger of `{}`", it.name),
    };
    let clause = |is_mismatch, what: &str| {
        let names = objects.iter().filter(|it| it.is_mismatch == is_mismatch);
        let names: Vec<String> = names.map(|it| describe(&it)).collect();
        (!names.is_empty()).then(|| format!("{} {what}", names.join(", ")))
    };
    let clauses = [
        clause(false, "would not compile any more"),
        clause(true, "would reference what is no key of its parent"),
    ];
    clauses.into_iter().flatten().collect::<Vec<_>>().join(", and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks how violations are counted: the child, how many rows, and which.
    #[track_caller]
    fn check(violations: &[(&str, usize, &[i64])], expected: &str) {
        let violation = |(child, n_rows, rowids): &(&str, usize, &[i64])| ForeignKeyViolation {
            child: (*child).to_owned(),
            parent: "p".to_owned(),
            n_rows: *n_rows,
            rowids: rowids.to_vec(),
        };
        let violations: Vec<_> = violations.iter().map(violation).collect();
        assert_eq!(describe_rows(&violations), expected);
    }

    #[test]
    fn each_table_is_named_once_with_its_rows() {
        check(&[("c", 1, &[7]), ("d", 2, &[])], "1 row of `c`, 2 rows of `d`");
        check(&[("c", 2, &[7, 8]), ("c", 1, &[9])], "3 rows of `c`");
        // The same row twice.
        check(&[("c", 1, &[7]), ("c", 1, &[7])], "1 row of `c`");
        // WITHOUT ROWID, or more than are listed: which they are is not known.
        check(&[("c", 9, &[1, 2])], "9 rows of `c`");
        check(&[("c", 1, &[]), ("c", 1, &[])], "up to 2 rows of `c`");
    }
}
