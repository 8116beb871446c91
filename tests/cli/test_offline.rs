//! `migrator offline`
