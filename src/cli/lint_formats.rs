//! Findings for machines that show them beside the code: annotations of GitHub Actions, and SARIF.

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use crate::lint::guide::{guide, help};
use crate::lint::{Finding, Unseen};
use crate::rule::{Level, Rule};
use crate::source::{Location, line_column};

/// Where the paths of findings begin for a machine: at the root of the repository.
pub struct Roots {
    /// Where the command was started, from which the paths of revision files are given.
    here: PathBuf,
    /// The root of the repository.
    repository: PathBuf,
}

impl Roots {
    /// Those of a project in a folder: `workspace` (of a job of GitHub Actions) if the folder lies
    /// below it, else the next folder above that is a repository, else where the command was started.
    pub fn new(here: &Path, project: &Path, workspace: Option<&str>) -> Self {
        let workspace = workspace.filter(|it| !it.is_empty()).map(PathBuf::from);
        // It may be written with a link in it; the current folder is not.
        let workspace = workspace.map(|it| it.canonicalize().unwrap_or(it));
        let project = here.join(project);
        let project = project.canonicalize().unwrap_or(project);
        let repository = workspace
            .filter(|it| project.starts_with(it))
            .or_else(|| project.ancestors().find(|it| it.join(".git").exists()).map(Path::to_owned))
            .unwrap_or_else(|| here.to_owned());
        Self { here: here.to_owned(), repository }
    }

    /// A path from the root of the repository; an absolute one where it does not lie below that.
    fn path(&self, path: &Path) -> PathBuf {
        let path = plain(&self.here.join(path));
        path.strip_prefix(&self.repository).map(Path::to_owned).unwrap_or(path)
    }
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// A workflow command of GitHub Actions that shows the finding at its line.
pub fn github(finding: &Finding, roots: &Roots) -> String {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note | Level::Off => "notice",
    };
    let (line, column) = finding.location.line_column();
    let (end_line, end_column) = end(&finding.location);
    // GitHub shows a range of columns only within one line.
    let end_column =
        if end_line == line { format!(",endColumn={end_column}") } else { String::new() };
    format!(
        "::{command} file={},line={line},endLine={end_line},col={column}{end_column},title={}::{}",
        property(
            &roots.path(&finding.location.source.path).display().to_string().replace('\\', "/")
        ),
        property(finding.rule.name()),
        data(&format!("{}\n{}", finding.message, finding.advice)),
    )
}

/// A workflow command that says of the whole job what could not be looked at.
pub fn github_unseen(unseen: &Unseen) -> String {
    format!("::warning title=migrator lint::{}", data(&unseen.to_string()))
}

/// The text of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The place behind the last character.
fn end(location: &Location) -> (usize, usize) {
    line_column(&location.source.text, location.span.end)
}

/// All findings as SARIF 2.1.0, with the rules that there are, and what could not be looked at.
pub fn sarif(findings: &[Finding], unseen: Option<&Unseen>, roots: &Roots) -> Value {
    let rules: Vec<Value> = Rule::ALL.into_iter().map(rule).collect();
    let results = findings.iter().enumerate();
    let results: Vec<Value> =
        results.map(|(at, it)| result(it, &fingerprint(&findings[..at], it), roots)).collect();
    let notification = |it: &Unseen| json!({ "level": "warning", "message": { "text": plain_text(&it.to_string()) } });
    let notifications: Vec<Value> = unseen.into_iter().map(notification).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "migrator",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                }
            },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(rule: Rule) -> Value {
    let guide = guide(rule);
    json!({
        "id": rule.name(),
        "shortDescription": { "text": plain_text(guide.title) },
        "fullDescription": { "text": plain_text(guide.why) },
        "help": { "text": plain_text(guide.why), "markdown": help(rule) },
        "defaultConfiguration": { "level": rule.default_level().as_str() },
    })
}

/// A text as a message of SARIF, where braces are for placeholders and brackets for links.
fn plain_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '{' | '}' => plain.push(it),
            '[' | ']' | '\\' => plain.push('\\'),
            _ => {}
        }
        plain.push(it);
    }
    plain
}

/// What tells a finding from all others, whatever line it is on: of those that are alike, which one.
fn fingerprint(before: &[Finding], finding: &Finding) -> String {
    let is_alike = |it: &&Finding| {
        it.rule == finding.rule && it.revision == finding.revision && it.message == finding.message
    };
    let print = format!("{}:{}:{}", finding.revision, finding.rule.name(), finding.message);
    match before.iter().filter(is_alike).count() {
        0 => print,
        n => format!("{print}:{}", n + 1),
    }
}

fn result(finding: &Finding, fingerprint: &str, roots: &Roots) -> Value {
    let (line, column) = finding.location.line_column();
    let (end_line, end_column) = end(&finding.location);
    let source = &finding.location.source;
    let index = Rule::ALL.into_iter().position(|it| it == finding.rule);
    json!({
        "ruleId": finding.rule.name(),
        "ruleIndex": index,
        "level": finding.level.as_str(),
        "message": { "text": plain_text(&format!("{}. {}", finding.message, finding.advice)) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": artifact(&roots.path(&source.path)),
                "region": {
                    "startLine": line,
                    "startColumn": column,
                    "endLine": end_line,
                    "endColumn": end_column,
                    "snippet": { "text": &source.text[finding.location.span.clone()] },
                },
            },
        }],
        "partialFingerprints": {
            "revisionAndRule/v1": fingerprint,
        },
    })
}

/// Where a file is: relative to the root of the repository, or a `file:` URI where it does not lie below.
fn artifact(path: &Path) -> Value {
    let text = path.display().to_string().replace('\\', "/");
    if path.is_absolute() {
        return json!({ "uri": format!("file://{}", uri(&text)) });
    }
    json!({ "uri": uri(&text), "uriBaseId": "%SRCROOT%" })
}

/// A path as a URI: everything but what needs no escape, byte by byte.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _written = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_property_is_escaped() {
        assert_eq!(data("100%\r\nnext: a, b"), "100%25%0D%0Anext: a, b");
        assert_eq!(property("C:\\a,b%\n"), "C%3A\\a%2Cb%25%0A");
    }

    #[test]
    fn a_message_has_no_placeholders_and_no_links() {
        assert_eq!(plain_text(r"`{0}` [a](b) \ é"), r"`{{0}}` \[a\](b) \\ é");
    }

    #[test]
    fn paths_begin_at_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (backend, versions) = (root.join("backend"), root.join("backend/versions"));
        std::fs::create_dir_all(&versions).unwrap();
        let check = |here: &Path, workspace: Option<&str>, path: &str, expected: &Path| {
            let found = Roots::new(here, &backend, workspace).path(Path::new(path));
            assert_eq!(found, expected, "{path} in {}", here.display());
        };
        // No repository at all.
        check(&backend, None, "versions/a1.sql", Path::new("versions/a1.sql"));
        let shown = root.display().to_string();
        check(&backend, Some(&shown), "versions/a1.sql", Path::new("backend/versions/a1.sql"));
        check(&backend, Some("/elsewhere"), "versions/a1.sql", Path::new("versions/a1.sql"));
        check(&backend, Some(""), "versions/a1.sql", Path::new("versions/a1.sql"));
        // In a worktree it is a file.
        std::fs::File::create(root.join(".git")).unwrap();
        let expected = Path::new("backend/versions/a1.sql");
        check(&backend, None, "versions/a1.sql", expected);
        check(&versions, None, "../versions/./a1.sql", expected);
        check(&root, None, "backend/versions/a1.sql", expected);
        let absolute = versions.join("a1.sql").display().to_string();
        check(&backend, None, &absolute, expected);
        check(&backend, None, "/elsewhere/a1.sql", Path::new("/elsewhere/a1.sql"));
    }

    #[test]
    fn paths_are_uris() {
        let check = |path: &str, expected: &str| assert_eq!(uri(path), expected);
        check("versions/a1_x-y.sql", "versions/a1_x-y.sql");
        check("ve rs/ä#%?.sql", "ve%20rs/%C3%A4%23%25%3F.sql");
        assert_eq!(artifact(Path::new("/a b"))["uri"], "file:///a%20b");
    }
}
