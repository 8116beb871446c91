//! What `migrator init` copies, and the template of new revision files. Compiled in, so that the
//! tool is one file.

/// A way to set up a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// What `-t` calls it.
    pub name: &'static str,
    /// What it is for, in one clause.
    pub summary: &'static str,
    /// The environment that its first revision is made in, where there are several databases.
    pub environment: Option<&'static str>,
    /// The file with the declared schema, where its first revision is generated.
    pub schema: Option<&'static str>,
    /// Its files: the path, relative to the project and with `/`, and the text.
    pub files: &'static [(&'static str, &'static str)],
}

/// The built-in template of new revision files.
pub const REVISION_TEMPLATE: &str = include_str!("../../templates/generic/revision.sql.jinja");

/// Where a project has its own in place of [`REVISION_TEMPLATE`], relative to `alembic.toml`.
pub const REVISION_TEMPLATE_PATH: &str = "templates/revision.sql.jinja";

/// All templates, the default one first.
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

const TEMPLATES: [Template; 4] = [
    Template {
        name: "generic",
        summary: "one database",
        environment: None,
        schema: None,
        files: &[
            ("alembic.toml", include_str!("../../templates/generic/alembic.toml")),
            ("versions/README.md", include_str!("../../templates/generic/versions/README.md")),
            (".env.example", include_str!("../../templates/generic/.env.example")),
            (REVISION_TEMPLATE_PATH, REVISION_TEMPLATE),
        ],
    },
    Template {
        name: "schema",
        summary: "one database, revisions generated from schema.sql",
        environment: None,
        schema: Some("schema.sql"),
        files: &[
            ("alembic.toml", include_str!("../../templates/schema/alembic.toml")),
            ("schema.sql", include_str!("../../templates/schema/schema.sql")),
            ("versions/README.md", include_str!("../../templates/schema/versions/README.md")),
            (".env.example", include_str!("../../templates/schema/.env.example")),
            (REVISION_TEMPLATE_PATH, REVISION_TEMPLATE),
        ],
    },
    Template {
        name: "multidb",
        summary: "several databases, each with a lineage of its own",
        environment: Some("users"),
        schema: None,
        files: &[
            ("alembic.toml", include_str!("../../templates/multidb/alembic.toml")),
            ("versions/README.md", include_str!("../../templates/multidb/versions/README.md")),
            (".env.example", include_str!("../../templates/multidb/.env.example")),
            (REVISION_TEMPLATE_PATH, REVISION_TEMPLATE),
        ],
    },
    Template {
        name: "async",
        summary: "one database, upgraded by an async program when it starts",
        environment: None,
        schema: None,
        files: &[
            ("alembic.toml", include_str!("../../templates/async/alembic.toml")),
            ("versions/README.md", include_str!("../../templates/async/versions/README.md")),
            (".env.example", include_str!("../../templates/async/.env.example")),
            ("examples/startup.rs", include_str!("../../templates/async/examples/startup.rs")),
            (REVISION_TEMPLATE_PATH, REVISION_TEMPLATE),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, LoadOptions};

    /// Loads the configuration of a template as a fresh project has it, and says what came of it.
    #[track_caller]
    fn load(template: &str, environment_name: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let template = templates().iter().find(|it| it.name == template).unwrap();
        for (path, text) in template.files {
            crate::fsutil::write_new(&folder.path().join(path), text).unwrap();
        }
        let environment = |_: &str| None;
        let options = LoadOptions { environment_name, extra: &[], environment: &environment };
        let config = Config::load(&folder.path().join("alembic.toml"), &options).unwrap();
        let relative = |path: &Path| path.strip_prefix(folder.path()).unwrap().to_owned();
        let database = match config.database_location(None, folder.path()) {
            Ok(location) => relative(location.path().unwrap()).display().to_string(),
            Err(err) => err.to_string(),
        };
        let locations: Vec<_> = config.version_locations.iter().map(|it| relative(it)).collect();
        format!("{locations:?} {database}")
    }

    #[test]
    fn every_configuration_loads() {
        assert_eq!(load("generic", None), r#"["versions"] data/db.sqlite3"#);
        assert_eq!(load("schema", None), r#"["versions"] data/db.sqlite3"#);
        assert_eq!(load("async", None), r#"["versions"] data/db.sqlite3"#);
    }

    #[test]
    fn each_of_several_databases_has_its_own_files() {
        let both = r#"["versions/users", "versions/orders"] there is no database URL"#;
        assert_eq!(load("multidb", None), both);
        assert_eq!(load("multidb", Some("users")), r#"["versions/users"] data/users.sqlite3"#);
        assert_eq!(load("multidb", Some("orders")), r#"["versions/orders"] data/orders.sqlite3"#);
    }

    /// Takes the `# ` from every line that is TOML without it.
    fn with_defaults(text: &str) -> String {
        let uncomment = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with('[') || rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        // The second `file_template` is the default.
        text.lines().filter(|line| !line.contains("{year}_")).map(uncomment).collect()
    }

    #[test]
    fn what_is_commented_out_is_right_and_shows_the_defaults() {
        for template in templates() {
            let folder = tempfile::tempdir().unwrap();
            let (_, text) = template.files[0];
            let loaded = |name: &str, text: &str| {
                let path = folder.path().join(name);
                crate::fsutil::write_new(&path, text).unwrap();
                let options =
                    LoadOptions { environment_name: None, extra: &[], environment: &|_| None };
                Config::load(&path, &options).unwrap()
            };
            let plain = loaded("plain.toml", text);
            let mut full = loaded("full.toml", &with_defaults(text));
            assert_eq!(full.hooks.len(), 1, "{}", template.name);
            assert!(full.environments_with_url.len() >= plain.environments_with_url.len());

            full.file.clone_from(&plain.file);
            full.database.url.clone_from(&plain.database.url);
            full.schema.files.clone_from(&plain.schema.files);
            full.hooks.clear();
            full.environments_with_url.clone_from(&plain.environments_with_url);
            assert_eq!(full, plain, "{}", template.name);
        }
    }

    #[test]
    fn every_file_has_a_text_and_a_place_in_the_project() {
        for template in templates() {
            for (path, text) in template.files {
                assert!(text.ends_with('\n') && text.len() > 20, "{} {path}", template.name);
                let is_below = |it| matches!(it, std::path::Component::Normal(_));
                assert!(Path::new(path).components().all(is_below), "{} {path}", template.name);
            }
        }
    }

    #[test]
    fn the_other_configurations_of_one_database_are_the_generic_one() {
        let text = |name| templates().iter().find(|it| it.name == name).unwrap().files[0].1;
        let generic = text("generic");
        assert_eq!(text("async"), generic);
        let declares = generic
            .replace("# [schema]\n", "[schema]\n")
            .replace("# files = [\"schema.sql\"]\n", "files = [\"schema.sql\"]\n");
        assert_ne!(declares, generic);
        assert_eq!(text("schema"), declares);
    }
}
