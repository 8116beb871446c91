//! The binary: arguments in, exit status out.

use std::process::ExitCode;

fn main() -> ExitCode {
    migrator::cli::main(std::env::args_os()).into()
}
