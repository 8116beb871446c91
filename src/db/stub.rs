//! What stands in for functions and collations that only the application has.

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags, WindowAggregate};

/// Something of the application's that is only there by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stub {
    /// A function; an error where it is called.
    Function(String),
    /// An aggregate or window function; an error where it is called.
    Aggregate(String),
    /// A collation; sorts as `BINARY` does.
    Collation(String),
}

/// A function that takes anything and gives nothing.
struct Missing {
    message: String,
}

impl Missing {
    fn new(name: &str) -> Self {
        Self { message: format!("`{name}` {}", Stub::IS_CALLED) }
    }

    fn call<T>(&self) -> rusqlite::Result<T> {
        let err: Box<dyn std::error::Error + Send + Sync> = self.message.clone().into();
        Err(rusqlite::Error::UserFunctionError(err))
    }
}

impl Aggregate<bool, bool> for Missing {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<bool> {
        Ok(false)
    }

    fn step(&self, _: &mut Context<'_>, _: &mut bool) -> rusqlite::Result<()> {
        self.call()
    }

    /// Of no rows too: what the function would make of them is not known.
    fn finalize(&self, _: &mut Context<'_>, _: Option<bool>) -> rusqlite::Result<bool> {
        self.call()
    }
}

impl WindowAggregate<bool, bool> for Missing {
    fn value(&self, _: Option<&mut bool>) -> rusqlite::Result<bool> {
        self.call()
    }

    fn inverse(&self, _: &mut Context<'_>, _: &mut bool) -> rusqlite::Result<()> {
        self.call()
    }
}

impl Stub {
    /// How the error of a function ends that is called.
    pub const IS_CALLED: &str = "is a function that only the application has";

    /// The stub that would do away with an error of SQLite, which may be about an object that it read
    /// on its way: `error in view v: no such function: f`.
    pub(super) fn missing(message: &str) -> Option<Self> {
        let after = |words: &str| {
            let at = message.find(words)? + words.len();
            Some(message[at..].trim_end_matches("()").to_owned())
        };
        let name = after("no such function: ").or_else(|| after("unknown function: "));
        if let Some(name) = name {
            return Some(Self::Function(name));
        }
        if let Some(name) = after("may not be used with non-aggregate ") {
            return Some(Self::Aggregate(name));
        }
        if let Some(rest) = message.strip_suffix("() may not be used as a window function") {
            let name = rest.rsplit(": ").next().unwrap_or(rest);
            return Some(Self::Aggregate(name.to_owned()));
        }
        after("no such collation sequence: ").map(Self::Collation)
    }

    /// Makes it known to a connection.
    pub(super) fn register(&self, connection: &Connection) -> rusqlite::Result<()> {
        // Deterministic, so that it may stand in indexes and generated columns.
        let flags = FunctionFlags::SQLITE_UTF8
            | FunctionFlags::SQLITE_DETERMINISTIC
            | FunctionFlags::SQLITE_INNOCUOUS;
        match self {
            Self::Function(name) => {
                let missing = Missing::new(name);
                connection.create_scalar_function(name.as_str(), -1, flags, move |_| {
                    missing.call::<bool>()
                })
            }
            Self::Aggregate(name) => {
                connection.create_window_function(name.as_str(), -1, flags, Missing::new(name))
            }
            Self::Collation(name) => connection.create_collation(name.as_str(), str::cmp),
        }
    }
}
