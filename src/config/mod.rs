//! placeholder; being written by the config helper
pub mod url;
