//! placeholder
#![allow(missing_docs, dead_code, reason = "under construction")]
mod clock;
mod config;
mod db;
mod exec;
mod fsutil;
mod graph;
mod plan;
mod revision;
mod similar;
mod source;
mod sql;
mod toml_table;
