//! `migrator files`
