//! `migrator json`
