//! Facts about templates of file names.

use proptest::prelude::*;

use super::*;
use crate::config::slug::slug;

fn moment() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-01-02T03:04:05+00:00").unwrap()
}

#[track_caller]
fn check_with(template: &str, folders: Folders, rev: &str, message: &str, expected: &str) {
    let found = match FileTemplate::parse(template, folders) {
        Ok(template) => template.file_name(rev, &slug(message, 40), moment()),
        Err(err) => err.to_string(),
    };
    assert_eq!(found, expected, "{template} {rev} {message}");
}

#[track_caller]
fn check(template: &str, expected: &str) {
    check_with(template, Folders::Refused, "abc", "x y", expected);
}

#[track_caller]
fn check_folders(template: &str, expected: &str) {
    check_with(template, Folders::Allowed, "abc", "x y", expected);
}

#[test]
fn every_token_is_filled_in() {
    check("{rev}_{slug}", "abc_x_y.sql");
    // The template that alembic.ini suggests, and what Alembic makes of it.
    check("{year}_{month}_{day}_{hour}{minute}-{rev}_{slug}", "2026_01_02_0304-abc_x_y.sql");
    check("{epoch}{second}{rev}", "176732304505abc.sql");
    check("{{{rev}}}", "{abc}.sql");
}

#[test]
fn the_default_is_that_of_alembic() {
    let default = FileTemplate::parse("{rev}_{slug}", Folders::Refused).unwrap();
    assert_eq!(FileTemplate::default(), default);
}

#[test]
fn an_empty_slug_leaves_its_underscore() {
    // So does Alembic.
    check_with("{rev}_{slug}", Folders::Refused, "abc", "🎉", "abc_.sql");
}

#[test]
fn templates_that_cannot_be_used_say_why() {
    check("{rev}_{slugg}", "has the unknown token `{slugg}`");
    check("{rev}_{ slug }", "has the unknown token `{ slug }`");
    check("{rev}{}", "has the unknown token `{}`");
    check("{rev", "has a `{` without its other half");
    check("rev}", "has a `}` without its other half");
    check("", "must contain `{rev}`");
    check("{slug}", "must contain `{rev}`");
    check("{{rev}}", "must contain `{rev}`");
    check("%(rev)s_%(slug)s", "has `%(rev)`, which is written `{rev}` here");
    check("{rev}:{slug}", "has the character ':', which is not allowed in file names everywhere");
    check(r"a\{rev}", r"has the character '\\', which is not allowed in file names everywhere");
    check("{rev}\n", r"has the character '\n', which is not allowed in file names everywhere");
    check("{rev}.sql", "must not end in `.sql`, which is added to it");
    check(&format!("{}{{rev}}", "a".repeat(124)), "makes names longer than 255 bytes");
}

#[test]
fn near_misses_of_a_token_are_named() {
    let err = FileTemplate::parse("{rev}_{slugg}", Folders::Refused).unwrap_err();
    let expected =
        FileTemplateError::UnknownToken { token: "slugg".to_owned(), similar: vec!["slug"] };
    assert_eq!(err, expected);
}

#[test]
fn folders_need_the_setting_that_finds_them_again() {
    check_folders("{year}/{month}/{rev}_{slug}", "2026/01/abc_x_y.sql");
    check("{year}/{rev}_{slug}", "has a `/`, which needs `recursive_version_locations = true`");
}

#[test]
fn no_template_leads_out_of_its_folder() {
    for folders in [Folders::Allowed, Folders::Refused] {
        let check = |template: &str, part: &str| {
            let expected =
                format!("has the part `{part}`, which leads out of the version location");
            check_with(template, folders, "abc", "x", &expected);
        };
        check("../{rev}", "..");
        check("/{rev}", "");
        check("{rev}/", "");
        check("a//{rev}", "");
        check("./{rev}", ".");
    }
}

#[test]
fn no_id_and_no_message_leads_out_of_its_folder() {
    check_with("{rev}", Folders::Refused, "..", "", "...sql");
    check_with("{rev}", Folders::Refused, "../../x", "", ".._.._x.sql");
    check_with("{rev}", Folders::Refused, r"..\x", "", ".._x.sql");
    check_with("{rev}/{slug}", Folders::Allowed, "..", "x", "__/x.sql");
    check_with("{slug}/{rev}", Folders::Allowed, "abc", "", "_/abc.sql");
    check_with("{rev}_{slug}", Folders::Refused, "abc", "../../x", "abc_x.sql");
}

#[test]
fn names_that_windows_keeps_are_avoided() {
    check_with("{rev}", Folders::Refused, "con", "", "_con.sql");
    check_with("{slug}.{rev}", Folders::Refused, "abc", "NUL", "_nul.abc.sql");
    check_with("{slug}/{rev}", Folders::Allowed, "lpt¹", "com7", "_com7/_lpt¹.sql");
    check_with("{rev}_{slug}", Folders::Refused, "con", "con", "con_con.sql");
    check_with("{rev}./{slug}", Folders::Allowed, "abc", "x", "abc_/x.sql");
}

#[test]
fn a_name_that_would_be_too_long_loses_the_end_of_its_slug() {
    let template = FileTemplate::parse("{rev}_{slug}", Folders::Refused).unwrap();
    let name = template.file_name("abc", &"語".repeat(300), moment());
    assert_eq!(name, format!("abc_{}.sql", "語".repeat(82)));
}

proptest! {
    #[test]
    fn every_name_is_a_name_everywhere(
        rev in "\\PC{1,32}", message in "(?s).{0,200}", max_length in 1_usize..300,
    ) {
        for template in ["{rev}_{slug}", "{slug}/{rev}", "{rev}/{slug}", "{slug}.{rev}"] {
            let template = FileTemplate::parse(template, Folders::Allowed).unwrap();
            let name = template.file_name(&rev, &slug(&message, max_length), moment());
            for part in name.split('/') {
                prop_assert!(!part.is_empty() && part.len() <= 255, "{name}");
                prop_assert!(!part.ends_with(['.', ' ']), "{name}");
                prop_assert!(part.chars().all(is_allowed), "{name}");
                prop_assert_eq!(no_device(part), part);
            }
            prop_assert_eq!(std::path::Path::new(&name).extension().unwrap(), "sql");
        }
    }
}
