//! `migrator completions`
