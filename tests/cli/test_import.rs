//! `migrator import`
