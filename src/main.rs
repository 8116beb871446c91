//! The binary: arguments in, exit status out. It also chooses who hands out memory, to Rust and to
//! SQLite, which is a setting of the whole process and therefore not for the library to make.
//!
//! Most of what SQLite does with a schema is to ask for small pieces of memory. The allocator of the
//! system and SQLite's own statistics take a lock for each of them as soon as the program has had a
//! second thread, and it has: files are read on all cores.

use std::ffi::{c_int, c_void};
use std::process::ExitCode;
use std::ptr;

use libmimalloc_sys as mi;
use rusqlite::ffi;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    share_allocator();
    migrator::cli::main(std::env::args_os()).into()
}

/// Gives SQLite the allocator of the rest of the program, and keeps it from counting what it has.
#[expect(unsafe_code, reason = "rusqlite has no other way")]
fn share_allocator() {
    let methods = ffi::sqlite3_mem_methods {
        xMalloc: Some(allocate),
        xFree: Some(mi::mi_free),
        xRealloc: Some(reallocate),
        xSize: Some(size),
        xRoundup: Some(rounded_up),
        xInit: Some(initialize),
        xShutdown: Some(shut_down),
        pAppData: ptr::null_mut(),
    };
    // SAFETY: nothing has used SQLite yet, and there is no second thread that could meanwhile. It
    // copies the methods, which keep what it asks of them: memory aligned to 8 bytes, nothing for
    // zero bytes that it could not free. The second option takes one `int`.
    let results = unsafe {
        [
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw const methods),
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0),
        ]
    };
    debug_assert_eq!(results, [ffi::SQLITE_OK; 2]);
}

#[expect(unsafe_code, reason = "called by C")]
unsafe extern "C" fn allocate(n_bytes: c_int) -> *mut c_void {
    // SAFETY: it may be called with any size. SQLite asks for none that is negative.
    unsafe { mi::mi_malloc(n_bytes.unsigned_abs() as usize) }
}

#[expect(unsafe_code, reason = "called by C")]
unsafe extern "C" fn reallocate(memory: *mut c_void, n_bytes: c_int) -> *mut c_void {
    // SAFETY: SQLite gives back what it was given, and asks for no negative size.
    unsafe { mi::mi_realloc(memory, n_bytes.unsigned_abs() as usize) }
}

/// How many bytes there are, which may be more than were asked for.
#[expect(unsafe_code, reason = "called by C")]
unsafe extern "C" fn size(memory: *mut c_void) -> c_int {
    // SAFETY: SQLite asks about what it was given.
    c_int::try_from(unsafe { mi::mi_usable_size(memory) }).unwrap_or(c_int::MAX)
}

#[expect(unsafe_code, reason = "called by C")]
unsafe extern "C" fn rounded_up(n_bytes: c_int) -> c_int {
    n_bytes.saturating_add(7) & !7
}

#[expect(unsafe_code, reason = "called by C")]
unsafe extern "C" fn initialize(_: *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

#[expect(unsafe_code, reason = "called by C")]
unsafe extern "C" fn shut_down(_: *mut c_void) {}
