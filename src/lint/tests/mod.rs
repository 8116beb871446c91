//! What each rule finds, and the near misses that it must leave alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::page::page;
use super::guide::{Example, guide};
use super::{Finding, Report, Request, lint, summary};
use crate::exec::Replay;
use crate::graph::RevisionGraph;
use crate::graph::rivals::Databases;
use crate::revision::script_dir;
use crate::rule::{Level, Levels, Rule};

mod care;
mod changes;
mod generated;
mod left_out;
mod losses;
mod old_rows;
mod page;
mod silencing;
mod texts;
mod trying;

/// Revision files by name.
struct Project {
    files: Vec<(String, String)>,
    applied: BTreeMap<String, String>,
    levels: Levels,
}

impl Project {
    fn new() -> Self {
        Self { files: Vec::new(), applied: BTreeMap::new(), levels: Levels::default() }
    }

    /// Adds a revision: perhaps lines of a header up to `-- ///`, then the bodies.
    fn revision(mut self, id: &str, parents: &[&str], text: &str) -> Self {
        let parents: Vec<String> = parents.iter().map(|it| format!("{it:?}")).collect();
        let (header, bodies) = match text.split_once("-- ///\n") {
            Some((header, bodies)) => (header, bodies.to_owned()),
            None => ("", text.to_owned()),
        };
        let end = if bodies.contains("-- migrate:downgrade") {
            ""
        } else {
            "\n-- migrate:downgrade irreversible"
        };
        let text = format!(
            "-- /// revision\n-- revision = {id:?}\n-- down_revision = [{}]\n{header}-- ///\n{}{end}\n",
            parents.join(", "),
            bodies.trim_end(),
        );
        let text = text.replace("-- down_revision = []\n", "");
        self.files.push((id.to_owned(), text));
        self
    }

    /// A schema `a1`, if there is one, and a revision `b2` on top of it.
    fn on(given: &str, text: &str) -> Self {
        if given.is_empty() {
            return Self::new().revision("b2", &[], text);
        }
        let given = format!("-- migrate:upgrade\n{given}");
        Self::new().revision("a1", &[], &given).revision("b2", &["a1"], text)
    }

    fn graph(&self) -> RevisionGraph {
        let files = self.files.iter().map(|(id, text)| {
            (PathBuf::from(format!("versions/{id}.sql")), text.clone().into_bytes())
        });
        let revisions = script_dir::from_texts(files.collect());
        RevisionGraph::new(revisions.unwrap_or_else(|err| panic!("{err:?}"))).unwrap()
    }

    /// What is found in these revisions, or in all.
    fn findings(&self, ids: &[&str]) -> Vec<Finding> {
        self.report(ids).findings
    }

    fn report(&self, ids: &[&str]) -> Report {
        let graph = self.graph();
        let linted: Vec<_> = match ids {
            [] => graph.indices().collect(),
            ids => ids.iter().map(|it| graph.by_id(it).unwrap()).collect(),
        };
        let request = Request {
            graph: &graph,
            linted: &linted,
            replay: Replay {
                version_table: "alembic_version",
                log: true,
                extensions: &[],
                beside: &[],
            },
            is_excluded: &|name| ["alembic_version", "migrator_log", "cache"].contains(&name),
            databases: &Databases::default(),
            levels: &self.levels,
            applied: &self.applied,
        };
        lint(&request, None).unwrap()
    }
}

/// `rule at line:column`, one a line, of the revisions named.
fn show(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for it in findings {
        let (line, column) = it.location.line_column();
        let text = &it.location.source.text[it.location.span.clone()];
        let text = text.lines().next().unwrap_or_default();
        lines.push(format!("{} {line}:{column} {text}", it.rule.name()));
    }
    lines.join("\n")
}

/// The rules that are found in the second of two revisions.
fn rules(given: &str, text: &str) -> String {
    let found = Project::on(given, text).findings(&["b2"]);
    let mut names: Vec<&str> = found.iter().map(|it| it.rule.name()).collect();
    names.dedup();
    names.join(" ")
}

/// Checks which rules are found in an upgrade; whether it has a way back is not the question.
#[track_caller]
fn check(given: &str, upgrade: &str, expected: &str) {
    assert_eq!(rules(given, &format!("-- migrate:upgrade\n{upgrade}")), expected, "{upgrade}");
}

/// The same where it is not the question either which rows are deleted or overwritten.
#[track_caller]
fn check_but_rows(given: &str, upgrade: &str, expected: &str) {
    let found = rules(given, &format!("-- migrate:upgrade\n{upgrade}"));
    let rows = [Rule::DeleteRows, Rule::UpdateAllRows].map(Rule::name);
    let found: Vec<&str> = found.split(' ').filter(|it| !rows.contains(it)).collect();
    assert_eq!(found.join(" "), expected, "{upgrade}");
}

/// The project of an example.
fn project(given: &str, example: &Example) -> Project {
    match example {
        Example::Revision(text) => Project::on(given, text),
        Example::Edited(before, after) => {
            let project = |text: &str| Project::on("", &format!("-- migrate:upgrade\n{text}"));
            let ran = project(before).graph();
            let ran = &ran[ran.by_id("b2").unwrap()];
            let mut project = project(after);
            project.applied.insert("b2".to_owned(), crate::audit::checksum(ran));
            project
        }
        Example::Graph(revisions) => {
            let mut project = Project::new();
            for it in *revisions {
                let (id, parent) = it.split_once(" < ").unwrap_or((it, ""));
                let parents: Vec<&str> =
                    Some(parent).filter(|it| !it.is_empty()).into_iter().collect();
                let text =
                    format!("-- migrate:upgrade\nCREATE TABLE {id} (id INTEGER PRIMARY KEY);");
                project = project.revision(id, &parents, &text);
            }
            project
        }
    }
}

#[test]
fn each_rule_finds_its_bad_example_and_leaves_its_good_one_alone() {
    for rule in Rule::ALL {
        let it = guide(rule);
        let bad = project(it.given, &it.bad).findings(&[]);
        assert!(bad.iter().any(|it| it.rule == rule), "{}: {}", rule.name(), show(&bad));
        let good = project(it.given, &it.good).findings(&[]);
        let good: Vec<Finding> =
            good.into_iter().filter(|it| it.revision.as_str() != "a1").collect();
        assert_eq!(show(&good), "", "the good example of {}", rule.name());
    }
}

#[test]
fn the_page_of_the_rules_is_written_from_the_examples() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lint.md");
    if std::env::var_os("MIGRATOR_BLESS").is_some() {
        #[expect(clippy::disallowed_methods, reason = "written for the author, who asked for it")]
        std::fs::write(path, page()).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert_eq!(found, page(), "`MIGRATOR_BLESS=1 cargo test --lib lint` writes it anew");
}
