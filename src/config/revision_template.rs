//! Renders new revision files, from the built-in template or a project's own.
//!
//! The header is TOML in comments, one key to a line, so a value with a line break in it would end
//! the comment and turn the rest of a message into SQL. The filter `toml` is what prevents it.

use std::fmt::Write as _;

use chrono::{DateTime, FixedOffset, SecondsFormat};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, context};

/// What a new revision file is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewRevision<'a> {
    /// Its id.
    pub revision: &'a str,
    /// What it follows.
    pub down_revision: Vec<&'a str>,
    /// Names for the branch that it begins.
    pub branch_labels: Vec<&'a str>,
    /// Ids or labels of revisions that must run before it.
    pub depends_on: Vec<&'a str>,
    /// What it does, in any characters.
    pub message: &'a str,
    /// When it was made: a date of TOML, which is one of RFC 3339.
    pub create_date: &'a str,
    /// The upgrade's SQL; may be empty.
    pub upgrade: &'a str,
    /// The downgrade's SQL; may be empty.
    pub downgrade: &'a str,
}

/// A moment as [`NewRevision::create_date`], to the second.
pub fn create_date(moment: DateTime<FixedOffset>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Renders `revision` with the text of a template; `name` stands in messages about it.
///
/// A line that holds only a `{% … %}` leaves no line behind, and a variable that does not exist is
/// an error.
pub fn render(template: &str, name: &str, revision: &NewRevision<'_>) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.add_filter("toml", toml);
    environment.render_named_str(
        name,
        template,
        context! {
            revision => revision.revision,
            down_revision => array(&revision.down_revision),
            branch_labels => array(&revision.branch_labels),
            depends_on => array(&revision.depends_on),
            message => revision.message,
            create_date => revision.create_date,
            upgrade => revision.upgrade,
            downgrade => revision.downgrade,
        },
    )
}

fn array(items: &[&str]) -> Value {
    items.iter().copied().map(Value::from).collect()
}

/// The filter `toml`: a string or an array of strings as TOML writes it on one line.
fn toml(value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        return Ok(toml_string(text));
    }
    if value.kind() == ValueKind::Seq {
        let items: Result<Vec<String>, Error> = value.try_iter()?.map(|it| toml(&it)).collect();
        return Ok(format!("[{}]", items?.join(", ")));
    }
    if value.is_undefined() {
        let known = "the variables are revision, message, create_date, down_revision, \
                     branch_labels, depends_on, upgrade and downgrade";
        return Err(Error::new(ErrorKind::UndefinedError, known));
    }
    let message = format!("the filter `toml` takes a string or an array, not {}", value.kind());
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// `text` as a basic string of TOML.
///
/// Beyond what TOML asks for, everything that some reader may take for the end of a line is
/// escaped, C1 control characters and U+2028 among them.
pub fn toml_string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for it in text.chars() {
        match it {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            it if it.is_control() || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                write!(quoted, "\\u{:04X}", u32::from(it))
                    .expect("writing to a String does not fail");
            }
            it => quoted.push(it),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use ::toml::de::{DeTable, DeValue};
    use proptest::prelude::*;

    use super::*;
    use crate::config::templates::REVISION_TEMPLATE;

    #[track_caller]
    fn check(revision: &NewRevision<'_>, expected: &str) {
        assert_eq!(render(REVISION_TEMPLATE, "built-in", revision).unwrap(), expected);
    }

    /// The text of the header's block as TOML.
    fn header(file: &str) -> String {
        let block = file.strip_prefix("-- /// revision\n").unwrap();
        let (block, _) = block.split_once("\n-- ///\n").unwrap();
        let lines: Vec<_> = block.lines().map(|it| it.strip_prefix("-- ").unwrap()).collect();
        lines.join("\n")
    }

    #[test]
    fn a_generated_revision_has_its_bodies() {
        let revision = NewRevision {
            revision: "27c6a30d7c24",
            down_revision: vec!["1975ea83b712"],
            message: "Add Post model",
            create_date: "2026-11-22T10:04:27Z",
            upgrade: "CREATE TABLE posts (\n    id INTEGER PRIMARY KEY\n);\n",
            downgrade: "DROP TABLE posts;",
            ..NewRevision::default()
        };
        let expected = r#"-- /// revision
-- revision = "27c6a30d7c24"
-- down_revision = "1975ea83b712"
-- message = "Add Post model"
-- create_date = 2026-11-22T10:04:27Z
-- ///

-- migrate:upgrade
CREATE TABLE posts (
    id INTEGER PRIMARY KEY
);

-- migrate:downgrade
DROP TABLE posts;
"#;
        check(&revision, expected);
    }

    #[test]
    fn a_base_follows_nothing_and_has_no_bodies_yet() {
        let revision = NewRevision {
            revision: "a",
            create_date: "2026-11-22T10:04:27Z",
            ..NewRevision::default()
        };
        let expected = r#"-- /// revision
-- revision = "a"
-- message = ""
-- create_date = 2026-11-22T10:04:27Z
-- ///

-- migrate:upgrade

-- migrate:downgrade
"#;
        check(&revision, expected);
    }

    #[test]
    fn a_merge_follows_several_and_lists_are_arrays() {
        let revision = NewRevision {
            revision: "m",
            down_revision: vec!["a", "b"],
            branch_labels: vec!["users"],
            depends_on: vec!["c", "d"],
            message: "merge",
            create_date: "2026-11-22T10:04:27Z",
            ..NewRevision::default()
        };
        let expected = r#"-- /// revision
-- revision = "m"
-- down_revision = ["a", "b"]
-- branch_labels = ["users"]
-- depends_on = ["c", "d"]
-- message = "merge"
-- create_date = 2026-11-22T10:04:27Z
-- ///

-- migrate:upgrade

-- migrate:downgrade
"#;
        check(&revision, expected);
    }

    #[test]
    fn a_project_has_its_own_template() {
        let revision = NewRevision { revision: "a", message: "it's <b>", ..Default::default() };
        let own = "{# mine #}\n{% if message %}\n-- {{ message }} {{ revision }}\n{% endif %}\n";
        assert_eq!(render(own, "own", &revision).unwrap(), "-- it's <b> a\n");

        let err = render("a\n{{ mesage }}", "own.jinja", &revision).unwrap_err();
        assert_eq!((err.name(), err.line()), (Some("own.jinja"), Some(2)));
        let err = render("{{ 5|toml }}", "own", &revision).unwrap_err();
        assert!(err.to_string().contains("takes a string or an array, not number"), "{err}");
    }

    proptest! {
        #[test]
        fn any_message_stays_on_its_line_and_is_read_back(
            message in r#"(?s)(.|["\\\n\r\t'{}%\-/\u{0}\u{7f}\u{85}\u{2028}]){0,60}"#,
        ) {
            let create_date = "2026-11-22T10:04:27Z";
            let revision =
                NewRevision { revision: "a", message: &message, create_date, ..Default::default() };
            let file = render(REVISION_TEMPLATE, "built-in", &revision).unwrap();
            prop_assert_eq!(file.lines().count(), 9);
            let header = header(&file);
            let document = DeTable::parse(&header).unwrap();
            let DeValue::String(found) = document.get_ref()["message"].get_ref() else {
                panic!("the message is no string");
            };
            prop_assert_eq!(found.as_ref(), &message);
        }
    }
}
