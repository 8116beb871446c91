//! `migrator config`
