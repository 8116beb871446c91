//! `migrator man`
