//! Backups while others write, restores while others read, and both on a disk that is full.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use super::content::content;
use super::kill::{
    START, can_inject, count_calls, for_each, kill_everywhere, project as project_to_kill,
    run_injected,
};
use super::project::{Journal, Project, Ran, binary, finish};

/// Two counters that are the same in every state, and a row for each step; large enough that a copy
/// takes longer than many steps.
const COUNTERS: &str = "
    CREATE TABLE a(n INTEGER NOT NULL); INSERT INTO a VALUES (0);
    CREATE TABLE b(n INTEGER NOT NULL); INSERT INTO b VALUES (0);
    CREATE TABLE steps(id INTEGER PRIMARY KEY);
    CREATE TABLE big(x);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO big SELECT zeroblob(1000) FROM n;";

const STEP: &str = "BEGIN IMMEDIATE; UPDATE a SET n = n + 1; UPDATE b SET n = n + 1;
                    INSERT INTO steps DEFAULT VALUES; COMMIT;";

/// What the first statement of a revision finds.
const SEE: &str =
    "CREATE TABLE seen AS SELECT a.n AS n, (SELECT count(*) FROM steps) AS n_steps FROM a;";

const REBUILD: &str =
    "CREATE TABLE new(x, y); INSERT INTO new SELECT x, 1 FROM big; DROP TABLE big;
                       ALTER TABLE new RENAME TO big;";

/// Ends the writer also when an assertion fails, so that the test fails too and does not hang.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Calls `run` while another process, which this one is for migrator, writes as fast as it can.
fn while_written<T>(project: &Project, run: impl FnOnce() -> T) -> T {
    let (is_over, n_steps) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let writer = project.connect();
            writer.pragma_update(None, "synchronous", "off").unwrap();
            while !is_over.load(Ordering::Relaxed) {
                match writer.execute_batch(STEP) {
                    Ok(()) => drop(n_steps.fetch_add(1, Ordering::Relaxed)),
                    // Somebody else has it, or the step failed at its end.
                    Err(_) if writer.is_autocommit() => {}
                    Err(_) => writer.execute_batch("ROLLBACK").unwrap(),
                }
                // Whoever polls for the lock must find it free at times, or waits for a minute.
                std::thread::sleep(Duration::from_micros(300));
            }
        });
        let _over = Over(&is_over);
        let wait = |n| {
            while n_steps.load(Ordering::Relaxed) < n {
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        wait(20);
        let outcome = run();
        wait(n_steps.load(Ordering::Relaxed) + 20);
        outcome
    })
}

fn backups(project: &Project) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project.path("")).unwrap().map(|it| it.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|it| it.to_string_lossy().contains(".bak")).collect();
    paths.sort();
    paths
}

#[track_caller]
fn one(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The counters of one consistent state.
#[track_caller]
fn counters(path: &Path) -> [i64; 2] {
    let connection = Connection::open(path).unwrap();
    content(&connection);
    let n = one(&connection, "SELECT n FROM a");
    assert_eq!(one(&connection, "SELECT n FROM b"), n);
    assert_eq!(one(&connection, "SELECT count(*) FROM big"), 3000);
    [n, one(&connection, "SELECT count(*) FROM steps")]
}

#[test]
fn a_backup_is_what_the_first_statement_finds_whoever_writes() {
    let column = "ALTER TABLE big ADD COLUMN z; ALTER TABLE big DROP COLUMN z;";
    for journal in Journal::BOTH {
        for (config, body) in [("", REBUILD), ("", column), ("transaction = \"revision\"", REBUILD)]
        {
            let project = Project::with_config(config, "busy_timeout = \"60s\"")
                .line(&[SEE, body])
                .database(journal, COUNTERS);
            while_written(&project, || {
                project.run(&["upgrade"]).exits(0).says(&["backup app.db."])
            });
            let [backup] = &backups(&project)[..] else { panic!("{:?}", backups(&project)) };
            let [n, n_steps] = counters(backup);
            assert!(n >= 20);
            let seen =
                [project.query("SELECT n FROM seen"), project.query("SELECT n_steps FROM seen")];
            assert_eq!(seen, [n.to_string(), n_steps.to_string()], "{journal:?} {config} {body}");
            counters(&project.db());
        }
    }
}

#[test]
fn a_backup_before_a_body_outside_a_transaction_is_one_state() {
    for journal in Journal::BOTH {
        let body = format!("{SEE} BEGIN IMMEDIATE; {REBUILD} COMMIT;");
        let project = Project::with_config("", "busy_timeout = \"60s\"")
            .revision(
                "r1",
                "transaction = false",
                &format!("PRAGMA busy_timeout = 60000; {body}"),
                "",
            )
            .database(journal, COUNTERS);
        while_written(&project, || project.run(&["upgrade"]).exits(0));
        let [backup] = &backups(&project)[..] else { panic!("{:?}", backups(&project)) };
        let [n, _] = counters(backup);
        let seen: i64 = project.query("SELECT n FROM seen").parse().unwrap();
        // No lock lasts until the first statement.
        assert!(n >= 20 && seen >= n, "{seen} {n}");
    }
}

#[test]
fn a_backup_at_any_time_is_one_state_too() {
    for journal in Journal::BOTH {
        let project = Project::new().database(journal, COUNTERS);
        let run = || project.run(&["backup", "copy.db"]).exits(0);
        while_written(&project, run);
        assert!(counters(&project.path("copy.db"))[0] >= 20);
    }
}

#[test]
fn of_several_runs_one_makes_a_backup() {
    for journal in Journal::BOTH {
        for header in ["", "transaction = false"] {
            let project =
                Project::new().revision("r1", header, REBUILD, "").database(journal, COUNTERS);
            let runs: Vec<_> =
                (0..6).map(|_| project.migrator(&["upgrade"]).spawn().unwrap()).collect();
            for run in runs {
                finish(run).exits(0);
            }
            assert_eq!(backups(&project).len(), 1, "{journal:?} {header}");
            counters(&project.db());
        }
    }
}

#[test]
fn of_backups_at_once_as_many_stay_as_are_to_be_kept() {
    let project =
        Project::with_config("", "keep = 2").database(Journal::Delete, "CREATE TABLE t(a);");
    for _ in 0..15 {
        let runs: Vec<_> = (0..4).map(|_| project.migrator(&["backup"]).spawn().unwrap()).collect();
        for run in runs {
            finish(run).exits(0);
        }
        assert!(backups(&project).len() >= 2, "{:?}", backups(&project));
    }
    project.run(&["backup"]).exits(0);
    assert_eq!(backups(&project).len(), 2);
    for backup in backups(&project) {
        content(&Connection::open(backup).unwrap());
    }
}

#[cfg(unix)]
#[test]
fn backups_at_once_are_as_many_files_of_their_own() {
    use std::os::unix::fs::PermissionsExt as _;

    let project =
        Project::with_config("", "keep = 0").database(Journal::Delete, "CREATE TABLE t(a);");
    let expected = content(&project.connect());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    for _ in 0..10 {
        let runs: Vec<_> = (0..6).map(|_| project.migrator(&["backup"]).spawn().unwrap()).collect();
        for run in runs {
            finish(run).exits(0);
        }
    }
    let made = backups(&project);
    assert_eq!(made.len(), 60, "{made:?}");
    for backup in made {
        assert_eq!(mode(&backup), mode(&project.db()), "{}", backup.display());
        assert_eq!(content(&Connection::open(backup).unwrap()), expected);
    }
}

#[cfg(unix)]
#[test]
fn the_backup_of_a_run_stays_whoever_makes_others_meanwhile() {
    let slow = "DROP TABLE t; SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
                SELECT i + 1 FROM n WHERE i < 6000000) SELECT i FROM n);";
    let project = Project::with_config("", "keep = 1")
        .line(&[slow])
        .database(Journal::Wal, "CREATE TABLE t(a); INSERT INTO t VALUES ('precious');");
    let mut run = project.migrator(&["upgrade"]).spawn().unwrap();
    let is_its = |it: &PathBuf| it.extension().is_some_and(|it| it == "bak");
    let own = loop {
        if let Some(own) = backups(&project).into_iter().find(is_its) {
            break own;
        }
        assert!(run.try_wait().unwrap().is_none(), "it made no backup");
        std::thread::sleep(Duration::from_millis(5));
    };
    project.run(&["backup"]).exits(0);
    project.run(&["backup"]).exits(0);
    assert!(run.try_wait().unwrap().is_none(), "the run was too fast");
    assert!(own.exists());
    finish(run).exits(0);
    let made = backups(&project);
    assert!(made.len() == 2 && made.contains(&own), "{made:?}");
    let rows = "SELECT count(*) FROM t WHERE a = 'precious'";
    for backup in made {
        assert_eq!(one(&Connection::open(backup).unwrap(), rows), 1);
    }
    project.run(&["backup"]).exits(0);
    assert_eq!(backups(&project).len(), 1);
}

/// A project at `r1`, the backup of what it was before, and what that is.
fn upgraded(journal: Journal) -> (Project, String) {
    let project = Project::with_config("", "busy_timeout = \"300ms\"")
        .line(&[REBUILD])
        .database(journal, COUNTERS);
    let before = content(&project.connect());
    project.run(&["upgrade"]).exits(0);
    std::fs::rename(&backups(&project)[0], project.path("before.db")).unwrap();
    (project, before)
}

const RESTORE: &[&str] = &["restore", "before.db", "--yes"];

#[test]
fn a_restore_reaches_whoever_has_the_database_open() {
    for journal in Journal::BOTH {
        let (project, before) = upgraded(journal);
        let reader = project.connect();
        let after = content(&reader);
        assert_ne!(after, before);
        let mut statement = reader.prepare("SELECT count(*) FROM big").unwrap();
        assert_eq!(statement.query_row([], |row| row.get(0)), Ok(3000));
        project.run(RESTORE).exits(0).says(&["was at r1, and is at base"]);
        assert_eq!(statement.query_row([], |row| row.get(0)), Ok(3000));
        assert_eq!(content(&reader), before, "{journal:?}");
        // What was overwritten is not lost.
        let [backup] = &backups(&project)[..] else { panic!("{:?}", backups(&project)) };
        assert_eq!(content(&Connection::open(backup).unwrap()), after);
        reader.execute_batch(STEP).unwrap();
        project.run(&["upgrade"]).exits(0);
    }
}

#[test]
fn a_reader_in_a_transaction_keeps_what_it_sees_or_is_waited_for() {
    for journal in Journal::BOTH {
        let (project, before) = upgraded(journal);
        let reader = project.connect();
        reader.execute_batch("BEGIN").unwrap();
        let after = content(&reader);
        if journal == Journal::Wal {
            project.run(RESTORE).exits(0);
            assert_eq!(content(&reader), after);
            reader.execute_batch("COMMIT").unwrap();
        } else {
            project
                .run(RESTORE)
                .exits(2)
                .says(&["is locked by another process", "nothing was changed"]);
            assert_eq!(backups(&project), Vec::<PathBuf>::new());
            let mut waiting =
                project.migrator(&["restore", "before.db", "--yes", "--url", "app.db"]);
            let config = std::fs::read_to_string(project.path("alembic.toml")).unwrap();
            project.write("alembic.toml", config.replace("300ms", "60s"));
            let waiting = waiting.spawn().unwrap();
            std::thread::sleep(Duration::from_millis(500));
            reader.execute_batch("COMMIT").unwrap();
            finish(waiting).exits(0).says(&["waiting"]);
        }
        assert_eq!(content(&reader), before);
    }
}

#[test]
fn a_restore_keeps_what_others_wrote_up_to_the_last_moment() {
    for journal in Journal::BOTH {
        let (project, _) = upgraded(journal);
        let config = std::fs::read_to_string(project.path("alembic.toml")).unwrap();
        project.write("alembic.toml", config.replace("300ms", "60s"));
        while_written(&project, || project.run(RESTORE).exits(0));
        // The writer went on with the restored counters, which began at zero.
        let [n, n_steps] = counters(&project.db());
        assert_eq!(n, n_steps);
        let [backup] = &backups(&project)[..] else { panic!("{:?}", backups(&project)) };
        let [n, n_steps] = counters(backup);
        assert!(n >= 20 && n == n_steps, "{n} {n_steps}");
    }
}

/// In its middle the database says that nothing ran.
#[test]
fn nobody_overwrites_what_a_body_outside_a_transaction_has_begun() {
    for journal in Journal::BOTH {
        let body = "UPDATE a SET x = 'first half';
                    SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
                    SELECT i + 1 FROM n WHERE i < 6000000) SELECT i FROM n);
                    UPDATE b SET x = 'second half';";
        let project = Project::with_config("", "busy_timeout = \"100ms\"")
            .revision("r1", "transaction = false", body, "")
            .database(
                journal,
                "CREATE TABLE a(x); INSERT INTO a VALUES ('old');
                 CREATE TABLE b(x); INSERT INTO b VALUES ('old');",
            );
        project.run(&["backup", "before.db"]).exits(0);
        let mut run = project.migrator(&["upgrade", "--no-backup"]).spawn().unwrap();
        let reader = project.connect();
        reader.busy_timeout(Duration::from_mins(1)).unwrap();
        while one(&reader, "SELECT count(*) FROM a WHERE x = 'old'") == 1 {
            assert!(run.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(5));
        }
        for args in [RESTORE, &["stamp", "r1"]] {
            let ran = project.run(args);
            assert!(run.try_wait().unwrap().is_none(), "the run was too fast");
            ran.exits(2).says(&["is locked by another process", "nothing was changed"]);
        }
        let config = std::fs::read_to_string(project.path("alembic.toml")).unwrap();
        project.write("alembic.toml", config.replace("100ms", "60s"));
        let waiting = project.migrator(RESTORE).spawn().unwrap();
        finish(run).exits(0);
        finish(waiting).exits(0).says(&["was at r1, and is at base"]);
        assert_eq!(project.query("SELECT a.x || b.x FROM a, b"), "oldold");
        let [after] = &backups(&project)[..] else { panic!("{:?}", backups(&project)) };
        let after = Connection::open(after).unwrap();
        let sql = "SELECT a.x || ', ' || b.x FROM a, b";
        let rows = after.query_row(sql, [], |row| row.get::<_, String>(0));
        assert_eq!(rows.unwrap(), "first half, second half");
    }
}

/// No lock that is to be had after the last write, or let go, makes it say that nothing was written.
#[test]
fn a_restore_that_is_done_says_so_whoever_holds_the_database_then() {
    let name = "locks after a restore";
    if !can_inject(name) {
        return;
    }
    for journal in Journal::BOTH {
        let start = Project::with_config("", "busy_timeout = \"1ms\"")
            .database(journal, "CREATE TABLE t(a); INSERT INTO t VALUES ('old');");
        start.run(&["backup", "before.db"]).exits(0);
        start.connect().execute_batch("UPDATE t SET a = 'new'").unwrap();
        let [(_, n)] = count_calls(&["fcntl"], &start.copy(), RESTORE)[..] else { panic!() };
        let points: Vec<usize> = (n.saturating_sub(6)..=n).collect();
        let n_done = AtomicUsize::new(0);
        for_each(&points, |when| {
            let project = start.copy();
            let inject = format!("fcntl:error=EAGAIN:when={when}+");
            let ran = run_injected(&project, &inject, RESTORE);
            let is_done = project.copy().query("SELECT a FROM t") == "old";
            match ran.code {
                Some(0) => assert!(is_done, "{journal:?} {inject}: {ran}"),
                // It says that it may be done.
                Some(3) => {}
                _ => assert!(!is_done, "{journal:?} {inject}: {ran}"),
            }
            n_done.fetch_add(usize::from(is_done), Ordering::Relaxed);
        });
        let n_done = n_done.into_inner();
        eprintln!("{name}, {}: {n_done} of {} done", journal.as_str(), points.len());
        assert!(n_done > 1, "{n_done}");
    }
}

fn kill_restore(journal: Journal) {
    let start = project_to_kill().database(journal, START);
    start.run(&["upgrade", "r1"]).exits(0);
    start.run(&["upgrade"]).exits(0);
    std::fs::rename(&backups(&start)[0], start.path("before.db")).unwrap();
    let name = format!("a restore, {}", journal.as_str());
    kill_everywhere(&name, &start, RESTORE, &[RESTORE]);
}

#[test]
fn a_killed_restore_is_done_or_not_begun_with_a_rollback_journal() {
    kill_restore(Journal::Delete);
}

#[test]
fn a_killed_restore_is_done_or_not_begun_with_a_write_ahead_log() {
    kill_restore(Journal::Wal);
}

#[cfg(unix)]
#[test]
fn without_room_for_a_backup_the_upgrade_does_not_begin() {
    for journal in Journal::BOTH {
        for limit in [128, 1024, 4096] {
            let project = Project::new().line(&[REBUILD]).database(journal, COUNTERS);
            let before = project.bytes();
            let limited = format!("ulimit -f {limit}; trap '' XFSZ; exec \"$@\"");
            let mut command = project.command("sh");
            command.args(["-c", &limited, "sh"]).arg(binary()).arg("upgrade");
            let ran = Ran::from(command.output().unwrap()).exits(2);
            ran.says(&["could not be backed up", "nothing was changed", "`--no-backup`"]);
            assert!(project.bytes() == before, "{journal:?} {limit}");
            project.run(&["upgrade"]).exits(0);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_nothing_is_left_on_it() {
    let project = Project::new().line(&[REBUILD]).database(Journal::Delete, COUNTERS);
    let Some(disk) = super::files::SmallDisk::mount(project.path("disk")) else {
        eprintln!("SKIPPED a full disk: mounting one is not permitted here");
        return;
    };
    let before = content(&project.connect());
    for target in ["--backup=disk", "--backup=disk/b.db"] {
        project.run(&["upgrade", target]).exits(2).says(&[
            "there is no space left",
            "nothing was changed; make room on the disk, put the backup elsewhere",
        ]);
    }
    project.run(&["backup", "disk"]).exits(2).says(&["there is no space left", "make room"]);
    assert_eq!(std::fs::read_dir(&disk.0).unwrap().count(), 0);
    assert_eq!(content(&project.connect()), before);
}

#[cfg(unix)]
#[test]
fn what_a_killed_process_left_is_taken_away_by_the_next() {
    let project = Project::new().line(&[REBUILD]).database(Journal::Delete, COUNTERS);
    let left = "app.db.20251123T101500Z.bak.migrator-tmp";
    let foreign = ["app.db.migrator-tmp", "other.db.20251123T101500Z.bak.migrator-tmp"];
    let held = "app.db.20251123T101501Z.bak.migrator-tmp";
    [left, held].into_iter().chain(foreign).for_each(|it| project.write(it, "half"));
    // As by a process that still writes it.
    let mut holder = Command::new("flock");
    let holder = holder.arg(project.path(held)).args(["sleep", "60"]).spawn();
    let Ok(mut holder) = holder else {
        super::project::skip("an abandoned backup", "flock is not installed");
        return;
    };
    std::thread::sleep(Duration::from_millis(300));
    project.run(&["upgrade"]).exits(0);
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(!project.path(left).exists());
    assert!([held].iter().chain(&foreign).all(|it| project.path(it).exists()));
}

/// As some network file systems are. SQLite's own locks are of another kind.
#[cfg(unix)]
#[test]
fn backups_need_no_file_locks() {
    if !can_inject("a file system without locks") {
        return;
    }
    let project = Project::new().line(&[REBUILD]).database(Journal::Delete, COUNTERS);
    let before = content(&project.connect());
    let run = |args: &[&str]| run_injected(&project, "flock:error=ENOLCK", args);
    run(&["backup", "mine.bak"]).exits(0);
    run(&["backup"]).exits(0);
    run(&["backup"]).exits(0);
    run(&["upgrade", "--backup"]).exits(0).says(&["backup"]);
    assert_ne!(content(&project.connect()), before);
    run(&["restore", "mine.bak", "--yes"]).exits(0);
    assert_eq!(content(&project.connect()), before);
    run(&["backup", "mine.bak"]).exits(2).says(&["mine.bak` already"]);
}

/// It is newer than the database until somebody writes, and who is in the way may be about to.
#[test]
fn what_is_written_while_a_restore_waits_is_asked_about() {
    let locks = ["IMMEDIATE", "EXCLUSIVE"];
    for (journal, lock) in Journal::BOTH.into_iter().flat_map(|it| locks.map(|lock| (it, lock))) {
        let project = Project::with_config("", "busy_timeout = \"60s\"")
            .line(&["CREATE TABLE one(x);", "CREATE TABLE two(x);"])
            .database(journal, "CREATE TABLE a(x);");
        project.run(&["upgrade", "r1"]).exits(0);
        let before = std::fs::read(project.db()).unwrap();
        project.run(&["upgrade"]).exits(0);
        project.run(&["backup", "two.db"]).exits(0);
        project.write("app.db", before);
        let file = std::fs::File::options().write(true).open(project.db()).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_hours(1)).unwrap();
        drop(file);
        let writer = project.connect();
        let begin = format!("BEGIN {lock}; INSERT INTO a VALUES ('meanwhile')");
        writer.execute_batch(&begin).unwrap();
        let waiting = project.migrator(&["restore", "two.db"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(800));
        writer.execute_batch("COMMIT").unwrap();
        finish(waiting).exits(2).says(&["written to after the backup", "nothing was changed"]);
        assert_eq!(project.query("SELECT x FROM a"), "meanwhile", "{} {lock}", journal.as_str());
        project.run(&["restore", "two.db", "--yes"]).exits(0);
        assert_eq!(project.query("SELECT count(*) FROM two"), "0");
    }
}

/// There is nothing to ask about until somebody writes.
#[test]
fn what_is_written_into_an_empty_database_while_a_restore_waits_is_asked_about() {
    for journal in Journal::BOTH {
        for backup in ["", "backup = \"never\""] {
            let config = format!("busy_timeout = \"60s\"\n{backup}");
            let project = Project::with_config("", &config)
                .line(&["CREATE TABLE one(x);"])
                .database(journal, "CREATE TABLE a(x);");
            project.run(&["upgrade"]).exits(0);
            project.run(&["backup", "one.db"]).exits(0);
            std::fs::remove_file(project.db()).unwrap();
            let writer = Connection::open(project.db()).unwrap();
            writer.pragma_update(None, "journal_mode", journal.as_str()).unwrap();
            writer
                .execute_batch("BEGIN IMMEDIATE; CREATE TABLE mine AS SELECT 'meanwhile' AS x")
                .unwrap();
            let waiting = project.migrator(&["restore", "one.db"]).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(800));
            writer.execute_batch("COMMIT").unwrap();
            finish(waiting).exits(2).says(&["written to after the backup", "nothing was changed"]);
            assert_eq!(project.query("SELECT x FROM mine"), "meanwhile", "{}", journal.as_str());
            project.run(&["restore", "one.db", "--yes"]).exits(0);
            assert_eq!(project.query("SELECT count(*) FROM one"), "0");
        }
    }
}
