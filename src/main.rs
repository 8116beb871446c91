//! The binary: arguments in, exit status out.

use std::process::ExitCode;

use rusqlite::ffi;

fn main() -> ExitCode {
    forgo_memory_statistics();
    migrator::cli::main(std::env::args_os()).into()
}

/// Keeps SQLite from counting its memory, which takes a lock for each allocation and which nobody
/// asks for. Not in the library: the setting is that of the whole process.
#[expect(unsafe_code, reason = "rusqlite has no other way")]
fn forgo_memory_statistics() {
    // SAFETY: this must happen before anything else uses SQLite, and on no second thread meanwhile:
    // there is neither yet. The option takes one `int`.
    let result = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0) };
    debug_assert_eq!(result, ffi::SQLITE_OK);
}
