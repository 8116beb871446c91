//! Files that are no database, cannot be written, or hold what migrator did not write: a clear
//! error, the right exit code, and not a byte changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use super::content::content;
use super::project::{Journal, Project, Ran, binary, has_program, skip};

const UPGRADE: &[&str] = &["upgrade"];
const DOWNGRADE: &[&str] = &["downgrade", "base"];
const CURRENT: &[&str] = &["current"];
const STAMP: &[&str] = &["stamp", "head"];
const ENSURE: &[&str] = &["ensure-version"];
const REHEARSE: &[&str] = &["upgrade", "--dry-run"];
const INDICATE: &[&str] = &["history", "-i"];

/// Every command that opens the database.
const ALL: [&[&str]; 7] = [UPGRADE, DOWNGRADE, CURRENT, STAMP, ENSURE, REHEARSE, INDICATE];

/// Two revisions on one line, without backups.
fn project() -> Project {
    Project::with_config("", "busy_timeout = \"200ms\"\nbackup = \"never\"")
        .revision("r1", "", "CREATE TABLE a(x); INSERT INTO a VALUES (1);", "DROP TABLE a;")
        .revision("r2", "down_revision = \"r1\"", "CREATE TABLE b(x);", "DROP TABLE b;")
}

/// Fails unless each of the commands exits with 2, says all of `texts`, and changes no file.
#[track_caller]
fn check_refused(project: &Project, commands: &[&[&str]], texts: &[&str]) {
    let before = project.bytes();
    for args in commands {
        project.run(args).exits(2).says(texts);
        assert!(project.bytes() == before, "{args:?} changed something");
    }
}

#[test]
fn an_empty_file_is_an_empty_database() {
    let project = project();
    project.write("app.db", "");
    assert_eq!(project.run(CURRENT).exits(0).stdout, "");
    project.run(UPGRADE).exits(0);
    assert_eq!(project.rows(), "r2");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let texts = ["app.db` is not an SQLite database", "`database.url`", "`--url`"];
    let project = project();
    // SQLite takes one byte for none.
    project.write("app.db", "xy");
    check_refused(&project, &ALL, &texts);
    project.write("app.db", "Dear diary,\n".repeat(1000));
    check_refused(&project, &ALL, &texts);
    // An encrypted one looks like noise.
    let noise: Vec<u8> =
        (0_u32..8192).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    project.write("app.db", noise);
    check_refused(&project, &ALL, &texts);
}

/// A database at `r1` with a table of several pages, as bytes.
fn whole_database() -> (Project, Vec<u8>) {
    let project = project().database(
        Journal::Delete,
        "CREATE TABLE big(a);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
         INSERT INTO big SELECT hex(zeroblob(200)) FROM n;",
    );
    project.run(&["upgrade", "r1"]).exits(0);
    let bytes = std::fs::read(project.db()).unwrap();
    (project, bytes)
}

#[test]
fn a_damaged_database_is_named() {
    let texts = ["app.db` is damaged", "nothing was changed; restore a backup", ".recover"];
    let (project, whole) = whole_database();
    // The schema.
    let mut damaged = whole.clone();
    damaged[100..4096].fill(0xff);
    project.write("app.db", &damaged);
    check_refused(&project, &ALL, &texts);
    // Half of it is gone.
    project.write("app.db", &whole[..whole.len() / 2]);
    check_refused(&project, &ALL, &texts);
    // Only the header is left.
    project.write("app.db", &whole[..100]);
    let before = project.bytes();
    for args in ALL {
        project.run(args).exits(2);
        assert!(project.bytes() == before, "{args:?}");
    }
}

#[test]
fn damage_that_a_body_meets_is_rolled_back() {
    let (project, mut damaged) = whole_database();
    let project = project.revision(
        "r3",
        "down_revision = \"r2\"",
        "CREATE TABLE c(x); UPDATE big SET a = 1;",
        "",
    );
    let length = damaged.len();
    // A page of the big table: the last one of the file may be free.
    damaged[4096 * 4..4096 * 5].fill(0xff);
    assert!(length > 4096 * 8);
    project.write("app.db", &damaged);
    let ran = project.run(UPGRADE).exits(3).says(&[
        "revision `r3` failed at statement 2 of 2",
        "database disk image is malformed",
        "were rolled back",
        "the database is at `r1`",
    ]);
    assert!(!ran.stderr.contains("nothing was changed"), "{ran}");
    assert_eq!(project.rows(), "r1");
    assert_eq!(project.query("SELECT count(*) FROM sqlite_schema WHERE name IN ('b', 'c')"), "0");
}

#[test]
fn a_folder_in_its_place_is_named() {
    let project = project();
    std::fs::create_dir(project.db()).unwrap();
    check_refused(&project, &ALL, &["app.db` is a folder, not a database", "`database.url`"]);
}

#[test]
fn a_missing_file_is_made_only_by_what_writes() {
    let project = project();
    let texts = ["the database `", "app.db` does not exist", "`migrator upgrade` makes it"];
    check_refused(&project, &[DOWNGRADE, CURRENT, INDICATE], &texts);
    let before = project.bytes();
    project.run(REHEARSE).exits(0);
    assert!(project.bytes() == before);
    for args in [UPGRADE, STAMP, ENSURE] {
        let project = project.copy();
        project.run(args).exits(0);
        assert!(project.db().exists(), "{args:?}");
    }
}

#[test]
fn a_missing_folder_is_made_only_by_what_writes() {
    let project = project();
    let deep = |args: &[&'static str]| [args, &["--url", "some/where/app.db"]].concat();
    let commands: Vec<_> = [DOWNGRADE, CURRENT, INDICATE].map(deep).into();
    let commands: Vec<_> = commands.iter().map(Vec::as_slice).collect();
    let texts = ["the folder of the database `", "some/where/app.db` does not exist"];
    check_refused(&project, &commands, &texts);
    project.run(&deep(UPGRADE)).exits(0);
    assert!(project.path("some/where/app.db").exists());
    // A file where the folder should be.
    let mut url = String::from("alembic.toml/app.db");
    let ran = project.run(&["upgrade", "--url", &url]).exits(2);
    assert!(ran.stderr.contains("alembic.toml"), "{ran}");
    url.insert_str(0, "versions/r1.sql/");
    project.run(&["upgrade", "--url", &url]).exits(2);
}

#[test]
fn an_unknown_revision_in_the_version_table_is_named() {
    let project = project();
    project.run(UPGRADE).exits(0);
    project
        .connect()
        .execute_batch("UPDATE alembic_version SET version_num = 'from_afar'")
        .unwrap();
    let texts =
        ["the database is at `from_afar`, which no revision file declares", "migrator stamp"];
    check_refused(&project, &[UPGRADE, DOWNGRADE, CURRENT, REHEARSE, INDICATE], &texts);
    project.run(STAMP).exits(0);
    assert_eq!(project.rows(), "r2");
}

#[test]
fn two_rows_of_one_line_are_named() {
    let project = project();
    project.run(UPGRADE).exits(0);
    project.connect().execute_batch("INSERT INTO alembic_version VALUES ('r1')").unwrap();
    let texts =
        ["two rows of one line: `r1` comes before `r2`", "`migrator stamp r2` leaves the one"];
    check_refused(&project, &[UPGRADE, DOWNGRADE, CURRENT, REHEARSE, INDICATE], &texts);
    project.run(&["stamp", "r2"]).exits(0);
    assert_eq!(project.rows(), "r2");
}

#[test]
fn a_row_that_stands_there_twice_is_named() {
    let project = project().database(
        Journal::Delete,
        "CREATE TABLE alembic_version(version_num TEXT);
         INSERT INTO alembic_version VALUES ('r1'), ('r1');",
    );
    let texts = ["the version table has the row `r1` twice", "migrator stamp"];
    check_refused(&project, &[UPGRADE, DOWNGRADE, CURRENT, REHEARSE, INDICATE], &texts);
}

#[test]
fn a_version_table_of_another_program_is_named() {
    let table = |sql: &str| project().database(Journal::Delete, sql);
    let other = table("CREATE TABLE alembic_version(id INTEGER PRIMARY KEY, applied TEXT);");
    let texts =
        ["the table `alembic_version` in", "has no column `version_num`", "`version_table`"];
    check_refused(&other, &ALL, &texts);

    let all_but_ensure_and_stamp = [UPGRADE, DOWNGRADE, CURRENT, REHEARSE, INDICATE];
    for (value, found) in [("NULL", "NULL"), ("7", "the integer 7"), ("x'00'", "a blob of 1 bytes")]
    {
        let project = table(&format!(
            "CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version VALUES ({value});"
        ));
        let holds = format!("holds {found} instead of a revision");
        let texts = ["a row of `alembic_version` in", &holds, "`migrator stamp --purge REVISION`"];
        check_refused(&project, &all_but_ensure_and_stamp, &texts);
        project.run(&["stamp", "--purge", "r1"]).exits(0);
        assert_eq!(project.rows(), "r1");
    }
}

#[test]
fn a_version_table_that_cannot_take_the_row_rolls_back() {
    let project = project().database(
        Journal::Delete,
        "CREATE TABLE alembic_version(version_num TEXT, by TEXT NOT NULL);",
    );
    let before = content(&project.connect());
    project.run(UPGRADE).exits(3).says(&[
        "cannot write the version table of",
        "NOT NULL constraint failed: alembic_version.by",
        "rolled back",
        "the database is at base",
    ]);
    assert_eq!(content(&project.connect()), before);
}

#[test]
fn a_database_that_is_opened_to_be_read_is_not_written() {
    for journal in Journal::BOTH {
        let project = project().database(journal, "");
        project.run(&["upgrade", "r1"]).exits(0);
        let url = format!("file:{}?mode=ro", project.db().display());
        // One that only reads a WAL database cannot remove the files that it made for that.
        let bytes = || std::fs::read(project.db()).unwrap();
        let before = bytes();
        for args in [UPGRADE, DOWNGRADE, STAMP, REHEARSE] {
            let args = [args, &["--url", &url]].concat();
            project.run(&args).exits(2).says(&["app.db` is read-only", "nothing was changed"]);
            assert!(bytes() == before, "{args:?}");
        }
        assert_eq!(project.run(&["current", "--url", &url]).exits(0).stdout, "r1\n");
        let url = url.replace("mode=ro", "immutable=1");
        project.run(&["upgrade", "--url", &url]).exits(2).says(&["read-only"]);
        assert!(bytes() == before);
    }
}

/// Somebody who may not do everything, and a copy of the binary that they can reach.
struct Nobody {
    /// Empty for somebody who is not root anyway.
    prefix: Vec<&'static str>,
    binary: PathBuf,
    _folder: tempfile::TempDir,
}

impl Nobody {
    fn new(test: &str) -> Option<Self> {
        let id = Command::new("id").arg("-u").output().ok()?;
        let is_root = id.stdout.trim_ascii() == b"0";
        if is_root && !has_program("setpriv") {
            skip(test, "root may write everywhere, and setpriv is not installed");
            return None;
        }
        let prefix = if is_root {
            vec!["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        } else {
            Vec::new()
        };
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("migrator");
        // By another process: a child that another thread starts meanwhile would keep the file open
        // for writing, and what is open for writing cannot be run.
        assert!(Command::new("cp").arg(binary()).arg(&copy).status().unwrap().success());
        set_mode(folder.path(), "755");
        Some(Self { prefix, binary: copy, _folder: folder })
    }

    fn run(&self, project: &Project, args: &[&str]) -> Ran {
        let mut command = match self.prefix.split_first() {
            None => project.command(&self.binary),
            Some((program, rest)) => {
                let mut command = project.command(program);
                command.args(rest).arg(&self.binary);
                command
            }
        };
        Ran::from(command.args(args).output().unwrap())
    }
}

fn set_mode(path: &Path, mode: &str) {
    assert!(Command::new("chmod").arg(mode).arg(path).status().unwrap().success());
}

/// Gives modes to the folder and the database, so that nobody can write one of them.
fn with_modes(folder: &str, database: &str, journal: Journal) -> Project {
    let project = project().database(journal, "");
    project.run(&["upgrade", "r1"]).exits(0);
    set_mode(&project.db(), database);
    set_mode(&project.path(""), folder);
    project
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_named() {
    let Some(nobody) = Nobody::new("a read-only file") else { return };
    let project = with_modes("755", "444", Journal::Delete);
    let before = project.bytes();
    for args in [UPGRADE, DOWNGRADE, STAMP, REHEARSE] {
        nobody.run(&project, args).exits(2).says(&[
            "the database `",
            "app.db` is read-only",
            "nothing was changed; make the file and its folder writable",
        ]);
        assert!(project.bytes() == before, "{args:?}");
    }
    assert_eq!(nobody.run(&project, CURRENT).exits(0).stdout, "r1\n");
    // Nothing to do is no reason to write.
    nobody.run(&project, &["upgrade", "r1"]).exits(0);
    assert!(project.bytes() == before);
    set_mode(&project.path(""), "755");
}

#[cfg(unix)]
#[test]
fn a_database_that_may_not_be_read_is_named() {
    let Some(nobody) = Nobody::new("a file without rights") else { return };
    let project = with_modes("755", "000", Journal::Delete);
    for args in [UPGRADE, DOWNGRADE, STAMP, REHEARSE, CURRENT, &["status"], &["backup"]] {
        nobody.run(&project, args).exits(2).says(&[
            "error: cannot open the database `",
            "caused by: Permission denied",
            "hint: nothing was changed; let this user read and write the file",
        ]);
    }
    set_mode(&project.db(), "666");
    assert_eq!(nobody.run(&project, CURRENT).exits(0).stdout, "r1\n");
}

#[cfg(unix)]
#[test]
fn a_folder_in_which_no_database_may_be_made_is_named() {
    let Some(nobody) = Nobody::new("a folder without rights") else { return };
    let project = project();
    set_mode(&project.path(""), "555");
    for args in [UPGRADE, STAMP] {
        nobody.run(&project, args).exits(2).says(&[
            "error: cannot make the database `",
            "caused by: Permission denied",
            "hint: nothing was changed; let this user write its folder",
        ]);
    }
    assert!(!project.db().exists());
    set_mode(&project.path(""), "777");
    nobody.run(&project, UPGRADE).exits(0);
    set_mode(&project.path(""), "755");
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_named() {
    let Some(nobody) = Nobody::new("a read-only folder") else { return };
    for journal in Journal::BOTH {
        let project = with_modes("555", "666", journal);
        let before = project.bytes();
        for args in [UPGRADE, DOWNGRADE, STAMP, REHEARSE] {
            nobody.run(&project, args).exits(2).says(&["app.db` is read-only", "its folder"]);
            assert!(project.bytes() == before, "{journal:?} {args:?}");
        }
        set_mode(&project.path(""), "755");
    }
}

/// A database with something to back up, which a restore would change and a revision rebuild.
fn project_with_backup(journal: Journal) -> Project {
    let project = Project::with_config("", "busy_timeout = \"200ms\"")
        .line(&["CREATE TABLE a(x);", "CREATE TABLE b(x);", "DROP TABLE a;"])
        .revision("r4", "down_revision = \"r3\"\ntransaction = false", "DROP TABLE b;", "")
        .database(journal, "");
    project.run(&["upgrade", "r2"]).exits(0);
    project.run(&["backup", "old.bak"]).exits(0);
    project.connect().execute_batch("INSERT INTO a VALUES (1)").unwrap();
    set_mode(&project.path("old.bak"), "644");
    project
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_named_before_what_cannot_be_backed_up() {
    let Some(nobody) = Nobody::new("a read-only folder with a backup") else { return };
    let outside: &[&str] = &["upgrade", "r4"];
    let restore: &[&str] = &["restore", "--yes", "old.bak"];
    for (folder, file) in [("555", "666"), ("755", "444"), ("555", "444")] {
        for journal in Journal::BOTH {
            let project = project_with_backup(journal);
            let at_r3 = project.copy();
            at_r3.run(&["upgrade", "r3", "--no-backup"]).exits(0);
            for (project, args) in [
                (&project, &["upgrade"][..]),
                (&project, &["downgrade", "-1"]),
                (&project, restore),
                (&at_r3, outside),
            ] {
                set_mode(&project.db(), file);
                set_mode(&project.path(""), folder);
                let before = project.bytes();
                let ran = nobody.run(project, args).exits(2);
                let named = ["app.db` is read-only", "make the file and its folder writable"];
                assert!(!ran.stderr.contains("backup"), "{folder} {file} {journal:?}: {ran}");
                ran.says(&named);
                assert!(project.bytes() == before, "{folder} {file} {journal:?} {args:?}");
                set_mode(&project.path(""), "755");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_backup_that_goes_elsewhere_is_named_where_that_is_what_fails() {
    let Some(nobody) = Nobody::new("a read-only folder for backups") else { return };
    let project = project_with_backup(Journal::Delete);
    set_mode(&project.db(), "666");
    set_mode(&project.path(""), "777");
    std::fs::create_dir(project.path("backups")).unwrap();
    set_mode(&project.path("backups"), "555");
    let args = ["upgrade", "--backup=backups"];
    nobody.run(&project, &args).exits(2).says(&["backups/app.db-", "Permission denied"]);
    assert_eq!(project.rows(), "r2");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named() {
    let Some(nobody) = Nobody::new("a secret file") else { return };
    let project = with_modes("755", "600", Journal::Delete);
    if nobody.prefix.is_empty() {
        set_mode(&project.db(), "000");
    }
    for args in ALL {
        nobody.run(&project, args).exits(2).says(&["app.db`"]);
    }
    set_mode(&project.db(), "600");
    assert_eq!(project.rows(), "r1");
}

#[cfg(unix)]
#[test]
fn a_new_database_in_a_folder_that_may_not_be_written_is_not_made() {
    let Some(nobody) = Nobody::new("a new database") else { return };
    let project = project();
    set_mode(&project.path(""), "555");
    nobody.run(&project, UPGRADE).exits(2).says(&["app.db`"]);
    nobody.run(&project, &["upgrade", "--url", "deep/app.db"]).exits(2).says(&["deep"]);
    set_mode(&project.path(""), "755");
    assert!(!project.db().exists());
}

/// More than any of the limits below.
const LARGE: &str = "CREATE TABLE big(a);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
    INSERT INTO big SELECT hex(zeroblob(500)) FROM n;";

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_is_rolled_back() {
    for journal in Journal::BOTH {
        let project = project()
            .revision("r3", "down_revision = \"r2\"", LARGE, "")
            .database(journal, "CREATE TABLE kept(a); INSERT INTO kept VALUES (1);");
        let before = content(&project.connect());
        // A limit of the system, 1 MiB; without the signal it is an error of `write`.
        let limited = "ulimit -f 2048; trap '' XFSZ; exec \"$@\"";
        let mut command = project.command("sh");
        command.args(["-c", limited, "sh"]).arg(binary()).arg("upgrade");
        Ran::from(command.output().unwrap()).exits(3).says(&[
            "rolled back",
            "the database is at base",
            "I/O error",
        ]);
        assert_eq!(content(&project.connect()), before);
        project.run(UPGRADE).exits(0);
    }
}

/// A file system of 512 KiB, for as long as this value lives.
pub struct SmallDisk(pub PathBuf);

impl SmallDisk {
    pub fn mount(at: PathBuf) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let mut mount = Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", "size=512k", "migrator-test"]).arg(&at);
        let is_mounted = mount.output().is_ok_and(|it| it.status.success());
        is_mounted.then(|| Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.0).status().ok();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_everything_rolled_back() {
    for journal in Journal::BOTH {
        let project = project().revision("r3", "down_revision = \"r2\"", LARGE, "");
        let Some(disk) = SmallDisk::mount(project.path("disk")) else {
            // The other test of its kind needs no privilege.
            eprintln!("SKIPPED a full disk: mounting one is not permitted here");
            return;
        };
        let path = disk.0.join("app.db");
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", journal.as_str()).unwrap();
        connection.execute_batch("CREATE TABLE kept(a); INSERT INTO kept VALUES (1);").unwrap();
        let before = content(&connection);
        drop(connection);
        project.run(&["upgrade", "--url", "disk/app.db"]).exits(3).says(&[
            "database or disk is full",
            "rolled back",
            "the database is at base",
        ]);
        let connection = Connection::open(&path).unwrap();
        assert_eq!(content(&connection), before);
        // What fits still goes.
        project.run(&["upgrade", "r2", "--url", "disk/app.db"]).exits(0);
        drop(connection);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_room_for_anything_is_found_before_anything_runs() {
    let project = project();
    let Some(disk) = SmallDisk::mount(project.path("disk")) else {
        eprintln!("SKIPPED a disk without any room: mounting one is not permitted here");
        return;
    };
    let path = disk.0.join("app.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE kept(a)").unwrap();
    let mut dd = Command::new("dd");
    dd.args(["if=/dev/zero", "bs=1024"]).arg(format!("of={}", disk.0.join("filler").display()));
    assert!(!dd.output().unwrap().status.success(), "the disk has no end");
    let before = std::fs::read(&path).unwrap();
    project.run(&["upgrade", "--url", "disk/app.db"]).exits(2).says(&["no space left"]);
    assert!(std::fs::read(&path).unwrap() == before);
    std::fs::remove_file(disk.0.join("filler")).unwrap();
    project.run(&["upgrade", "--url", "disk/app.db"]).exits(0);
}
