//! What people type who come from other tools: Alembic, Django, Rails, sqlx, diesel, dbmate, goose, …
//!
//! Only hints come of these words: none of them does anything.

use shell_words::quote;

use super::line::is_number;

/// Words before the real command: `db upgrade`, `migrate run`, `alembic stamp`.
const GROUPS: [&str; 15] = [
    "migrate",
    "migration",
    "migrations",
    "db",
    "database",
    "python",
    "manage.py",
    "alembic",
    "flask",
    "rails",
    "sqlx",
    "diesel",
    "dbmate",
    "goose",
    "prisma",
];

/// Whether a word is no command anywhere, but stands before one.
pub fn is_group(word: &str) -> bool {
    GROUPS.contains(&word.to_ascii_lowercase().as_str())
}

/// What to type in place of `command`, a word of another tool, with what stands alone behind it.
pub fn command(command: &str, rest: &[&str]) -> Option<String> {
    // `db:migrate` of Rails, `migrate:latest` of Knex.
    if let Some((group, word)) = command.split_once(':') {
        return is_group(group).then(|| self::command(word, rest)).flatten();
    }
    if is_group(command)
        && let [word, rest @ ..] = rest
        && let Some(hint) = self::command(word, rest)
    {
        return Some(hint);
    }
    let folded = command.to_ascii_lowercase().replace('_', "-");
    let hint = match folded.as_str() {
        "up" | "migrate" | "migration" | "migrations" | "apply" | "run" | "update" | "latest"
        | "deploy" | "execute" | "sync" | "goto" | "up-to" | "upto" | "push" => {
            format!("`migrator upgrade{}` applies what is pending", target(rest, '+', ""))
        }
        "up-by-one" | "next" => "`migrator upgrade +1` applies the next revision".to_owned(),
        "down" | "down-to" | "downto" | "rollback" | "revert" | "undo" | "unapply" | "back"
        | "prev" => {
            format!("`migrator downgrade{}` takes back what ran", target(rest, '-', " -1"))
        }
        "redo" => "`migrator downgrade -1` takes the last revision back, `migrator upgrade` applies \
                   it again"
            .to_owned(),
        "reset" | "refresh" | "fresh" | "drop" | "clean" | "flush" | "wipe" | "destroy" => {
            "`migrator downgrade base` takes everything back, with all that is in those tables; \
             `migrator upgrade` makes them again"
                .to_owned()
        }
        "create" | "make" if rest.is_empty() => {
            "`migrator revision -m \"…\"` makes a revision, `migrator upgrade` the database".to_owned()
        }
        "new" | "add" | "create" | "make" | "generate" | "gen" | "makemigration" | "commit" => {
            let message = if rest.is_empty() { "\"…\"".into() } else { quote(&rest.join(" ")).into_owned() };
            format!("`migrator revision -m {message}` makes a revision")
        }
        "makemigrations" | "autogenerate" | "auto" | "autogen" => {
            "`migrator revision --autogenerate -m \"…\"` makes the revision that leads to the declared \
             schema"
                .to_owned()
        }
        "info" | "pending" | "state" | "st" => {
            "`migrator status` shows where the database is, and what is pending".to_owned()
        }
        "showmigrations" | "list" | "ls" | "revisions" => {
            "`migrator history -i` lists the revisions, and where the database is".to_owned()
        }
        "version" | "where" => "`migrator current` says where the database is, `migrator --version` \
                                which migrator this is"
            .to_owned(),
        "baseline" | "fake" | "force" | "resolve" | "mark" | "set" => {
            let target = if rest.is_empty() { "head".to_owned() } else { shell_words::join(rest) };
            format!("`migrator stamp {target}` says where the database is, without running anything")
        }
        "validate" | "test" | "doctor" => {
            "`migrator verify` tries each revision up and down, `migrator lint` looks for what they \
             lose, `migrator check` compares them with the declared schema"
                .to_owned()
        }
        "fix" => "`migrator status` names what is wrong, and what mends it".to_owned(),
        "dump" | "inspect" | "inspectdb" | "introspect" | "pull" => {
            "`migrator schema dump` prints the schema of the database".to_owned()
        }
        "diff" | "compare" => {
            "`migrator schema diff head declared` prints what the next revision would change".to_owned()
        }
        "squashmigrations" | "combine" | "compact" => {
            "`migrator squash FIRST:LAST -m \"…\"` makes one revision of a range".to_owned()
        }
        "sqlmigrate" | "sql" | "script" => {
            "`migrator upgrade --sql` prints the SQL in place of running it".to_owned()
        }
        "plan" | "dry-run" => {
            "`migrator upgrade --dry-run` runs it in a transaction, and rolls that back".to_owned()
        }
        "setup" | "start" | "bootstrap" => "`migrator init` sets up a project".to_owned(),
        "rm" | "remove" | "delete" => {
            "a revision that ran nowhere goes with its file; `migrator downgrade` takes back one that \
             ran"
                .to_owned()
        }
        "join" => "`migrator merge heads -m \"…\"` joins branches".to_owned(),
        "save" | "copy" => "`migrator backup` copies the database".to_owned(),
        _ => return None,
    };
    Some(hint)
}

/// Where `up` or `down` is to lead, with a blank before it: a number counts steps.
fn target(rest: &[&str], sign: char, otherwise: &str) -> String {
    match rest {
        // More digits than that are a version, which means nothing here.
        [number] if is_number(number) && number.len() <= 3 && *number != "0" => {
            format!(" {sign}{number}")
        }
        [name @ ("head" | "heads" | "base")] => format!(" {name}"),
        _ => otherwise.to_owned(),
    }
}

/// What to type in place of `option`; `value` is what was meant as its value, and `takes` knows
/// what the command has.
pub fn option(
    command: &str,
    option: &str,
    value: Option<&str>,
    takes: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let shown =
        |otherwise: &str| value.map_or_else(|| otherwise.to_owned(), |it| quote(it).into_owned());
    let hint = match option {
        "--raiseerr" => {
            "Alembic shows with it where Python failed: leave it out, and see `-v`".to_owned()
        }
        "--database-url" | "--database" | "--db" | "--db-url" | "--dsn" | "--connection" | "-d"
        | "-u" => {
            format!("the database is named with `--url {}`", shown("FILE"))
        }
        "--dir" | "--migrations-dir" | "--migration-dir" | "--migrations" | "--source"
        | "--folder" | "--path"
            if !takes("version-path") =>
        {
            "`version_locations` in alembic.toml names the folders of revisions".to_owned()
        }
        "--force" | "-f" | "-y" | "--noinput" | "--no-input" | "--assume-yes" if takes("yes") => {
            "`--yes` goes on without asking".to_owned()
        }
        "--fake" | "--fake-initial" => {
            "`migrator stamp head` says that the database has everything, without running anything"
                .to_owned()
        }
        "--to" | "--target" | "--revision" | "--rev" | "-r" if takes("target") => {
            format!("the target stands alone: `migrator {command} {}`", shown("REV"))
        }
        "--steps" | "--step" | "--count" | "--number" if takes("target") => {
            let sign = if command == "downgrade" { '-' } else { '+' };
            format!("steps are a target: `migrator {command} {sign}{}`", shown("N"))
        }
        "--env" | "--environment" | "-e" => {
            format!("an environment of alembic.toml is chosen with `-n {}`", shown("NAME"))
        }
        "--format" | "--output" | "-o" => "`--json` prints the answer as JSON".to_owned(),
        "--debug" | "--trace" => "`-v` says more".to_owned(),
        "--plan" | "--pretend" | "--dry" | "--noop" if takes("dry_run") => {
            "`--dry-run` does it in a transaction, and rolls that back".to_owned()
        }
        "--title" | "--comment" | "--msg" | "--desc" if takes("message") => {
            format!("the message is given with `-m {}`", shown("\"…\""))
        }
        "--check" if command == "upgrade" => {
            "`migrator current --check-heads` says whether anything is pending".to_owned()
        }
        _ => return None,
    };
    Some(hint)
}

/// How to take over a database of another tool.
pub fn import(tool: &str) -> Vec<String> {
    let (rev_id, end) = if tool.eq_ignore_ascii_case("alembic") {
        (" --rev-id ID", "ID is what `alembic current` says: nothing runs again")
    } else {
        ("", "last `migrator stamp head`: the database has it already")
    };
    vec![
        "its database can be taken over as it is: `migrator init -t schema`, and the path of the \
         database as `url` in alembic.toml"
            .to_owned(),
        format!(
            "then `migrator schema dump > schema.sql`, and `migrator revision --autogenerate{rev_id} \
             -m \"What was there\"`"
        ),
        end.to_owned(),
    ]
}
