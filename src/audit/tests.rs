//! Histories as tables of facts.
