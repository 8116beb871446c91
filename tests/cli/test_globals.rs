//! `migrator globals`
