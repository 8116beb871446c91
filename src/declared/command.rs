//! A program that prints a schema.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// How long the end of a program may go unnoticed.
const POLL: Duration = Duration::from_millis(5);

/// A program that prints a schema, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Command<'a> {
    /// The program and its arguments; not empty. A path in it is relative to the project's folder.
    pub program: &'a [String],
    /// After this it is ended, with all that it started.
    pub timeout: Duration,
}

/// A program that printed no schema.
#[derive(Debug, thiserror::Error)]
#[error("`{command}` {failure}")]
pub struct CommandError {
    /// The program and its arguments, in one line.
    pub command: String,
    /// Whether a blank stands in the name of the program, which is rarely meant.
    pub has_blank_program: bool,
    /// What it did instead.
    pub failure: CommandFailure,
    /// What it wrote to its standard error, without the blank lines around it.
    pub stderr: String,
}

/// What a program did instead of printing a schema, as the end of a sentence.
#[derive(Debug, thiserror::Error)]
pub enum CommandFailure {
    /// The system could not start it, or read what it prints.
    #[error("could not be run: {0}")]
    Io(io::Error),
    /// It said that it failed.
    #[error("failed ({0})")]
    Status(ExitStatus),
    /// It took too long and was ended.
    #[error("did not end within {}", seconds(*.0))]
    Timeout(Duration),
    /// Nothing came.
    #[error("printed nothing")]
    Empty,
}

fn seconds(duration: Duration) -> String {
    match duration.as_millis() {
        1000 => "1 second".to_owned(),
        _ => format!("{} seconds", duration.as_secs_f64()),
    }
}

impl Command<'_> {
    /// In one line, for people.
    pub fn shown(&self) -> String {
        self.program.join(" ")
    }
}

/// What a stream gave so far.
type Buffer = Arc<Mutex<Vec<u8>>>;

/// Runs the program in `root`, without standard input; returns what it printed.
pub(super) fn run(command: &Command<'_>, root: &Path) -> Result<Vec<u8>, CommandError> {
    let deadline = Instant::now() + command.timeout;
    let stderr = Buffer::default();
    let fail = |failure, stderr: &Buffer| CommandError {
        command: command.shown(),
        has_blank_program: command.program.first().is_some_and(|it| it.contains(' ')),
        failure,
        stderr: String::from_utf8_lossy(&taken(stderr)).trim().to_owned(),
    };
    let mut child = match start(command, root) {
        Ok(child) => child,
        Err(err) => return Err(fail(CommandFailure::Io(err), &stderr)),
    };
    // Both are read at once: a program stops when a pipe is full.
    let stdout = Buffer::default();
    let (done, is_done) = mpsc::channel();
    collect(child.stdout.take(), &stdout, done.clone());
    collect(child.stderr.take(), &stderr, done);
    let outcome = wait(&mut child, &is_done, deadline);
    if !matches!(outcome, Ok(Some(_))) {
        end(&mut child);
        // What it wrote last is on its way. Whatever has left the group may hold the pipe forever.
        for _ in 0..2 {
            is_done.recv_timeout(Duration::from_millis(100)).ok();
        }
    }
    match outcome {
        Err(err) => Err(fail(CommandFailure::Io(err), &stderr)),
        Ok(None) => Err(fail(CommandFailure::Timeout(command.timeout), &stderr)),
        Ok(Some(status)) if !status.success() => Err(fail(CommandFailure::Status(status), &stderr)),
        Ok(Some(_)) => {
            let bytes = taken(&stdout);
            if bytes.iter().all(u8::is_ascii_whitespace) {
                return Err(fail(CommandFailure::Empty, &stderr));
            }
            Ok(bytes)
        }
    }
}

fn start(command: &Command<'_>, root: &Path) -> io::Result<Child> {
    let (program, arguments) = command
        .program
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "there is no program"))?;
    // What a relative path is relative to differs from system to system.
    let has_folder = Path::new(program).components().count() > 1;
    let program = if has_folder { root.join(program) } else { PathBuf::from(program) };
    let mut process = std::process::Command::new(program);
    process.args(arguments).current_dir(root);
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that it can be ended with all that it started.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut process, 0);
    process.spawn()
}

/// Reads a stream to its end, on a thread of its own.
fn collect(stream: Option<impl Read + Send + 'static>, into: &Buffer, done: mpsc::Sender<()>) {
    let Some(mut stream) = stream else { return };
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        let mut chunk = [0; 8192];
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(n_bytes) => {
                    let mut buffer = into.lock().unwrap_or_else(PoisonError::into_inner);
                    buffer.extend_from_slice(&chunk[..n_bytes]);
                }
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // Nobody waits any more after the deadline.
        done.send(()).ok();
    });
}

fn taken(buffer: &Buffer) -> Vec<u8> {
    std::mem::take(&mut *buffer.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Waits for both streams and for the program; `None` after the deadline.
fn wait(
    child: &mut Child,
    is_done: &mpsc::Receiver<()>,
    deadline: Instant,
) -> io::Result<Option<ExitStatus>> {
    for _ in 0..2 {
        let left = deadline.saturating_duration_since(Instant::now());
        if is_done.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout) {
            return Ok(None);
        }
    }
    // The streams of a program mostly end with it.
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

/// Ends a program and what it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    rustix::process::kill_process_group(
        rustix::process::Pid::from_child(child),
        rustix::process::Signal::KILL,
    )
    .ok();
    #[cfg(windows)]
    std::process::Command::new("taskkill")
        .args(["/T", "/F", "/PID", &child.id().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok();
    // It may have ended by itself just now.
    child.kill().ok();
    child.wait().ok();
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    /// What a shell script printed, or the error with the standard error.
    #[track_caller]
    fn check(script: &str, expected: &str) {
        let program = ["sh", "-c", script].map(str::to_owned);
        let command = Command { program: &program, timeout: Duration::from_secs(20) };
        let found = match run(&command, Path::new("/")) {
            Ok(bytes) => String::from_utf8(bytes).unwrap(),
            Err(err) => format!("{} | {}", err.failure, err.stderr),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_a_program_prints_is_the_schema() {
        check("echo 'CREATE TABLE t(a);'; echo noise >&2", "CREATE TABLE t(a);\n");
        check("pwd", "/\n");
        check("cat; echo end of input", "end of input\n");
    }

    #[test]
    fn much_on_both_streams_does_not_block() {
        check("for i in 1 2; do head -c 300000 /dev/zero | tr '\\0' x >&2; done; echo ok", "ok\n");
    }

    #[test]
    fn a_program_that_fails_or_prints_nothing_is_an_error() {
        check("echo half; echo why >&2; exit 3", "failed (exit status: 3) | why");
        check("echo why >&2", "printed nothing | why");
        check("echo; echo '  '", "printed nothing | ");
        check("kill -9 $$", "failed (signal: 9 (SIGKILL)) | ");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let program = ["./no-such-program".to_owned()];
        let command = Command { program: &program, timeout: Duration::from_secs(20) };
        let err = run(&command, Path::new("/")).unwrap_err();
        let start = "`./no-such-program` could not be run: No such file or directory";
        assert!(err.to_string().starts_with(start), "{err}");
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        // The child would write its file later.
        let script = "(sleep 1; echo alive > alive) & echo so far >&2; wait; sleep 60";
        let program = ["sh", "-c", script].map(str::to_owned);
        let command = Command { program: &program, timeout: Duration::from_millis(300) };
        let started = Instant::now();
        let err = run(&command, folder.path()).unwrap_err();
        assert_eq!(err.failure.to_string(), "did not end within 0.3 seconds");
        assert_eq!(err.stderr, "so far");
        assert!(started.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(1500));
        assert!(!folder.path().join("alive").exists());
    }
}
