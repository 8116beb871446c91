//! What is good as it stands: this repository's own revisions, and what autogenerate writes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Finding, Project, show};
use crate::rule::Rule;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn nothing_is_found_in_the_example_of_this_repository() {
    let mut project = Project::new();
    for entry in std::fs::read_dir(root().join("versions")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        project.files.push((name, std::fs::read_to_string(&path).unwrap()));
    }
    assert!(project.files.len() >= 6, "the revisions were not found");
    assert_eq!(show(&project.findings(&[])), "");
}

/// What is found in the generated revision of a golden case.
fn golden(folder: &Path, target: &str) -> Option<Vec<Finding>> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let own =
        |name: &str| read(&format!("{name}{target}.sql")).or_else(|| read(&format!("{name}.sql")));
    let (upgrade, downgrade) = (own("upgrade")?, own("downgrade")?);
    if upgrade.is_empty() || downgrade.is_empty() {
        return None;
    }
    let text = format!("-- migrate:upgrade\n{upgrade}\n-- migrate:downgrade\n{downgrade}");
    let given = read("from.sql").unwrap();
    Some(Project::on(&given, &text).findings(&["b2"]))
}

#[test]
fn of_what_is_generated_nothing_is_found_but_the_loss_of_data() {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root().join("tests/autogenerate/golden"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    folders.sort();
    let mut lossy: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut n_cases = 0;
    for folder in folders {
        for target in ["", ".3.35"] {
            let Some(found) = golden(&folder, target) else { continue };
            n_cases += 1;
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            for it in found {
                // Which schema is declared is not up to the generator.
                if it.rule != Rule::MissingIndexOnForeignKey {
                    lossy.entry(name.clone()).or_default().insert(it.rule.name());
                }
            }
        }
    }
    assert!(n_cases > 150, "the cases were not found");
    let rules = |it: &BTreeSet<&str>| it.iter().copied().collect::<Vec<_>>().join(" ");
    let lossy: Vec<String> =
        lossy.iter().map(|(name, it)| format!("{name}: {}", rules(it))).collect();
    assert_eq!(lossy, LOSSY);
}

/// The golden cases whose revisions lose data, and how.
const LOSSY: [&str; 17] = [
    "change_several_things_of_one_table: drop-column",
    "change_type_and_drop_column: drop-column",
    "drop_column: drop-column",
    "drop_column_beside_stored_column: drop-column",
    "drop_column_of_table_with_trigger: drop-column",
    "drop_column_of_table_with_view: drop-column",
    "drop_column_that_a_view_shows: drop-column",
    "drop_column_used_in_check: drop-column",
    "drop_column_used_in_index_expression: drop-column",
    "drop_column_with_dependents: drop-column",
    "drop_indexed_column: drop-column",
    "drop_parent_and_child: drop-table",
    "drop_rtree: drop-table",
    "drop_table: drop-table",
    "rename_column_without_a_word: drop-column",
    "text_to_integer: type-narrowed",
    "to_nothing: drop-table",
];
