//! placeholder; being written by the sql helper
/// A statement that has no place inside a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// keyword
    pub keyword: String,
    /// reason
    pub reason: &'static str,
}
/// checks
pub fn forbidden_in_transaction(_statement: &str) -> Option<Forbidden> {
    None
}
