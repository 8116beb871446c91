//! Bodies that say what must not be, or should be known, before they run.

use super::*;
use crate::exec::event::Event;

const USERS: &str = "CREATE TABLE users(email, nickname);
    INSERT INTO users VALUES ('a', NULL), (NULL, 'b'), (NULL, 'c');";

/// A body that wants an email, with something that it does.
fn picky(statement: &str) -> String {
    format!(
        "-- migrate:refuse-if rows of users have NULL in email: \
         SELECT rowid FROM users WHERE email IS NULL\n{statement};\n"
    )
}

/// Runs to the first `n_wanted` revisions; the warnings, and what came of it.
fn run(
    project: &Project,
    n_wanted: u32,
    options: &Options,
) -> (Vec<String>, Result<Outcome, ExecError>) {
    let mut warnings = Vec::new();
    let mut observer = |event: &Event<'_>| {
        if let Event::Warning { message } = event {
            warnings.push(message.clone());
        }
    };
    let outcome = project.run_to(n_wanted, options, &mut observer);
    (warnings, outcome)
}

/// Runs into an error, which reads like this.
#[track_caller]
fn check(project: &Project, options: &Options, class: ExitClass, error: &str, summary: &str) {
    let err = project.upgrade(options).unwrap_err();
    assert_eq!(err.to_string(), error);
    assert_eq!(err.exit_class(), class);
    assert_eq!(project.summary(), summary);
}

#[test]
fn a_body_with_rows_to_refuse_does_not_run() {
    let project = Project::of_upgrades(&[&picky("DROP TABLE users")]).prepare(USERS);
    let before = contents(&project);
    let error = "revision `r1` refuses to run: \
                 2 rows of users have NULL in email; the first: rowid 2";
    let options = Options::default();
    check(&project, &options, ExitClass::Refused, error, "users @ no version table");
    let options = Options { rehearse: true, ..options };
    check(&project, &options, ExitClass::Refused, error, "users @ no version table");
    assert_eq!(contents(&project), before);

    project.connect().execute("DELETE FROM users WHERE nickname = 'c'", []).unwrap();
    let error = "revision `r1` refuses to run: \
                 1 row of users has NULL in email; the first: rowid 2";
    check(&project, &options, ExitClass::Refused, error, "users @ no version table");

    project.connect().execute("DELETE FROM users WHERE email IS NULL", []).unwrap();
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.summary(), " @ r1");
}

#[test]
fn all_refusals_of_a_body_are_told_at_once() {
    let body = format!(
        "{}-- migrate:refuse-if no nickname: SELECT email FROM users WHERE nickname IS NULL\n",
        picky("SELECT 1")
    );
    let project = Project::of_upgrades(&[&body]).prepare(USERS);
    let err = project.upgrade(&Options::default()).unwrap_err();
    assert_eq!(
        err.to_string(),
        "revision `r1` refuses to run: 2 rows of users have NULL in email; the first: rowid 2; \
         no nickname: 1 row; the first: email 'a'"
    );
    let Failure::Refused { refusals, .. } = &err.failure else { panic!("{err:?}") };
    let quoted: Vec<&str> =
        refusals.iter().map(|it| &it.location.source.text[it.location.span.clone()]).collect();
    assert_eq!(
        quoted,
        [
            "SELECT rowid FROM users WHERE email IS NULL",
            "SELECT email FROM users WHERE nickname IS NULL"
        ]
    );
}

#[test]
fn a_body_before_it_may_have_mended_the_rows() {
    let mend = "UPDATE users SET email = nickname WHERE email IS NULL";
    let project = Project::of_upgrades(&[mend, &picky("DROP TABLE users")]).prepare(USERS);
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.summary(), " @ r2");
}

#[test]
fn what_ran_before_is_rolled_back_or_stays() {
    let refusal =
        "revision `r3` refuses to run: 2 rows of users have NULL in email; the first: rowid 2";
    let third = picky("DROP TABLE users");
    let upgrades = ["CREATE TABLE a(x)", "CREATE TABLE b(x)", third.as_str()];
    let project = Project::of_upgrades(&upgrades).prepare(USERS);
    let before = contents(&project);
    let error = format!("{refusal}; the 2 revisions from `r1` to `r2` were rolled back");
    let options = Options::default();
    check(&project, &options, ExitClass::Refused, &error, "users @ no version table");
    assert_eq!(contents(&project), before);

    let error = format!("{refusal}; the 2 revisions before it, `r1` to `r2`, stay");
    let options = Options { transaction: TransactionMode::Revision, ..options };
    check(&project, &options, ExitClass::Failed, &error, "a b users @ r2");
}

#[test]
fn outside_a_transaction_it_is_evaluated_before_the_first_statement() {
    let body = picky("CREATE TABLE a(x)");
    let project =
        Project::new(vec![with_mode(revision("r1", &body, ""), true, false)]).prepare(USERS);
    let before = contents(&project);
    let error =
        "revision `r1` refuses to run: 2 rows of users have NULL in email; the first: rowid 2";
    let options = Options::default();
    check(&project, &options, ExitClass::Refused, error, "users @ no version table");
    let is_lock = |path: &PathBuf| path.to_string_lossy().ends_with("lock");
    let mut after = contents(&project);
    after.retain(|path, _| !is_lock(path));
    assert_eq!(after, before);
}

#[test]
fn a_downgrade_may_refuse_too() {
    let project = Project::new(vec![
        revision("r1", "CREATE TABLE a(x)", ""),
        revision("r2", "INSERT INTO a VALUES (1)", &picky("DROP TABLE a")),
    ])
    .prepare(USERS);
    project.upgrade(&Options::default()).unwrap();
    let (_, outcome) = run(&project, 1, &Options::default());
    let Failure::Refused { revision, direction, .. } = &outcome.unwrap_err().failure else {
        panic!("it refuses")
    };
    assert_eq!((revision.as_str(), *direction), ("r2", Direction::Downgrade));
    assert_eq!(project.summary(), "a users @ r2");
}

#[test]
fn a_warning_does_not_stop_the_run() {
    let body = "-- migrate:warn-if rows of users have a value in nickname, which is dropped: \
                SELECT 1 FROM users WHERE nickname IS NOT NULL\n\
                -- migrate:warn-if never: SELECT 1 WHERE 0\n\
                ALTER TABLE users DROP COLUMN nickname;";
    let project = Project::of_upgrades(&[body]).prepare(USERS);
    let said = ["r1: 2 rows of users have a value in nickname, which is dropped"];
    for rehearse in [true, false] {
        let (warnings, outcome) = run(&project, 1, &Options { rehearse, ..Options::default() });
        assert_eq!(ids(&outcome.unwrap().steps), ["r1"]);
        assert_eq!(warnings, said);
    }
}

#[test]
fn a_query_that_sqlite_cannot_run_is_shown() {
    let error = "a directive of revision `r2` cannot be evaluated; `r1` was rolled back";
    for (query, message, quoted) in [
        ("SELECT nope FROM users", "no such column: nope", "nope"),
        ("SELECT 1 FROM", "incomplete input", "SELECT 1 FROM"),
        ("SELECT :a", "`:a` is a parameter, and it has no value", "SELECT :a"),
        (
            "WITH x AS (SELECT 1) DELETE FROM users",
            "it would write, and a query only reads",
            "WITH x AS (SELECT 1) DELETE FROM users",
        ),
    ] {
        let body = format!("SELECT 1;\n-- migrate:warn-if a: {query}\n");
        let project = Project::of_upgrades(&["CREATE TABLE a(x)", &body]).prepare(USERS);
        check(&project, &Options::default(), ExitClass::Failed, error, "users @ no version table");
        let err = project.upgrade(&Options::default()).unwrap_err();
        let Failure::Directive { location, source, .. } = &err.failure else { panic!("{err:?}") };
        assert_eq!(source.to_string(), message);
        assert_eq!(&location.source.text[location.span.clone()], quoted);
    }
}

#[test]
fn a_query_finds_the_version_that_its_revision_would_find_alone() {
    let body = "-- migrate:refuse-if not at r1: \
                SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM alembic_version WHERE version_num = 'r1')";
    let project = Project::of_upgrades(&["SELECT 1", body]);
    project.upgrade(&Options::default()).unwrap();
    assert_eq!(project.summary(), " @ r2");
}

#[test]
fn a_long_query_can_be_cancelled() {
    let body = "-- migrate:warn-if a: WITH RECURSIVE n(i) AS \
                (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT i FROM n";
    let project = Project::of_upgrades(&[body]).prepare(USERS);
    let cancel = Arc::new(AtomicBool::new(false));
    let ticker: Arc<dyn Fn() + Send + Sync> = {
        let cancel = Arc::clone(&cancel);
        Arc::new(move || cancel.store(true, Ordering::Relaxed))
    };
    let options = Options { cancel: Some(cancel), ticker: Some(ticker), ..Options::default() };
    check(&project, &options, ExitClass::Refused, "cancelled", "users @ no version table");
}
