//! What a user sees: a transcript of every command, every option and every error.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod test_advice;
mod test_autogenerate;
mod test_backup;
mod test_branches;
mod test_check;
mod test_completions;
mod test_config;
mod test_current;
mod test_declared;
mod test_directives;
mod test_downgrade;
mod test_dry_run;
mod test_edit;
mod test_ensure_version;
mod test_extensions;
mod test_failures;
mod test_files;
mod test_foreign;
mod test_given_up;
mod test_globals;
mod test_graph;
mod test_heads;
mod test_help;
mod test_help_long;
mod test_history;
mod test_import;
mod test_init;
mod test_json;
mod test_lint;
mod test_man;
mod test_merge;
mod test_mistyped;
mod test_never_ran;
mod test_new_file;
mod test_offline;
mod test_old_rows;
mod test_places;
mod test_prompt;
mod test_rebase;
mod test_replaces;
mod test_revision;
mod test_schema;
mod test_screen;
mod test_show;
mod test_squash;
mod test_stamp;
mod test_status;
mod test_target;
mod test_typed;
mod test_upgrade;
mod test_verify;

#[test]
fn no_test_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(module) = name.strip_suffix(".rs").filter(|it| *it != "main") {
            let line = format!("\nmod {module};\n");
            assert!(include_str!("main.rs").contains(&line), "main.rs has no `{}`", line.trim());
        }
    }
}
