//! Where a database is: the URLs that users of SQLAlchemy and sqlx have, file URIs, and paths.
//!
//! One text, several readers: each form is read as the tool that it comes from reads it. Where two
//! of them disagree, SQLAlchemy wins: `sqlite:///data.db` is a relative path (sqlx takes it as an
//! absolute one), because that is what the users of Alembic have in their settings.
//!
//! URLs are percent-decoded, as SQLAlchemy since 2.1, sqlx and SQLite itself do; a bare path is
//! taken as it stands. `~` is a folder like any other.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// A file, by absolute path.
    File(PathBuf),
    /// A `file:` URI with parameters, given to SQLite as it is; `path` is the file in it.
    Uri {
        /// The URI, its path made absolute.
        uri: String,
        /// The file.
        path: PathBuf,
    },
    /// A database that lasts as long as its connection.
    Memory,
}

impl DatabaseLocation {
    /// The file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Uri { path, .. } => Some(path),
            Self::Memory => None,
        }
    }

    /// The `mode` of the URL that keeps a missing file from being made, if it has one.
    pub fn mode_of_existing(&self) -> Option<&'static str> {
        let Self::Uri { uri, .. } = self else { return None };
        let (_, query) = uri.split_once('?')?;
        // Of several SQLite takes the last one.
        let mode = parameters(query).into_iter().rev().find(|(name, _)| name == "mode")?.1;
        ["ro", "rw"].into_iter().find(|it| *it == mode)
    }

    /// A file that nobody writes to, to read it without a lock and without a file beside it.
    pub fn unchanging(path: &Path) -> Self {
        with_parameters(path.to_owned(), "immutable=1")
    }
}

/// Why a text is no database that can be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// It names no file.
    #[error("it names no file")]
    NoPath,
    /// A database of another kind.
    #[error("`{scheme}` is not a scheme for SQLite")]
    Scheme {
        /// What stands before the first colon, in lower case.
        scheme: String,
    },
    /// A host, user or password; SQLite has none. The form of SQLAlchemy has three slashes.
    #[error("it names the host `{host}`, and SQLite databases are files")]
    Host {
        /// What stands between the second and the third slash, without a password.
        host: String,
    },
    /// A driver of SQLAlchemy without its slashes.
    #[error("`{scheme}:` must be followed by `///` and a path")]
    Slashes {
        /// What stands before the first colon, in lower case.
        scheme: String,
    },
    /// A parameter that is not known.
    #[error("it has the unknown parameter `{name}`")]
    Parameter {
        /// The parameter.
        name: String,
    },
    /// A value that a parameter cannot have.
    #[error("its parameter `{name}` must be {}, not `{value}`", accepted.join(" or "))]
    ParameterValue {
        /// The parameter.
        name: String,
        /// Its value.
        value: String,
        /// What it may be.
        accepted: &'static [&'static str],
    },
    /// A character that no path has on purpose.
    #[error("it has the control character {found:?}")]
    Control {
        /// The first such character.
        found: char,
    },
    /// Percent-encoded bytes that are no path here.
    #[error("its path is not UTF-8")]
    NotUtf8,
    /// `C:\…` where there are no drives; SQLite would make a file of that name.
    #[error("`{path}` is a path of Windows")]
    WindowsPath {
        /// The path.
        path: String,
    },
}

/// Parameters of SQLAlchemy's drivers, about the connection of a Python program.
const IGNORED: [&str; 8] = [
    "timeout",
    "isolation_level",
    "detect_types",
    "check_same_thread",
    "cached_statements",
    "uri",
    "autocommit",
    "native_datetime",
];

/// Parameters of SQLite's file URIs that the other forms take too, and what they may be.
const CARRIED: [(&str, &[&str]); 3] = [
    ("mode", &["ro", "rw", "rwc", "memory"]),
    ("cache", &["shared", "private"]),
    ("immutable", &["1", "true", "0", "false"]),
];

/// Reads a database URL or path. A relative path in it is relative to `relative_to`, which is
/// absolute.
///
/// `mode=rwc` is dropped: the commands that may make the file make it anyway, and the others must not,
/// nor could they open it. A URL that is left without parameters is [`DatabaseLocation::File`].
pub fn parse(text: &str, relative_to: &Path) -> Result<DatabaseLocation, UrlError> {
    if text.trim().is_empty() {
        return Err(UrlError::Empty);
    }
    if let Some(found) = text.chars().find(|it| it.is_control()) {
        return Err(UrlError::Control { found });
    }
    if text == ":memory:" {
        return Ok(DatabaseLocation::Memory);
    }
    let Some((scheme, rest)) = split_scheme(text) else {
        return Ok(DatabaseLocation::File(absolute(Path::new(text), relative_to)?));
    };
    let (family, driver) = match scheme.split_once('+') {
        Some((family, driver)) => (family, Some(driver)),
        None => (scheme.as_str(), None),
    };
    match (family, driver) {
        ("file", None) => parse_file_uri(rest, relative_to),
        // Its databases are encrypted, which the SQLite in here cannot read.
        ("sqlite", Some("pysqlcipher")) => Err(UrlError::Scheme { scheme }),
        ("sqlite", driver) => {
            let (body, query) = split_at_first(rest, '?');
            let body = match body.strip_prefix("//") {
                None if driver.is_some() => return Err(UrlError::Slashes { scheme }),
                None => body,
                Some("") => ":memory:",
                Some(body) => match body.split_once('/') {
                    Some(("", path)) => path,
                    _ if driver.is_none() && !body.contains('@') => body,
                    _ => return Err(UrlError::Host { host: host(body) }),
                },
            };
            parse_sqlite_url(body, query, relative_to)
        }
        _ => Err(UrlError::Scheme { scheme }),
    }
}

/// The scheme in lower case, and what follows its colon. One letter is a drive of Windows. A file
/// name with a colon can be written `./a:b`.
fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|it: char| it.is_ascii_alphabetic())
        && scheme.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.'));
    is_scheme.then(|| (scheme.to_ascii_lowercase(), rest))
}

/// What stands before `separator`, and what after the first of it.
fn split_at_first(text: &str, separator: char) -> (&str, &str) {
    text.split_once(separator).unwrap_or((text, ""))
}

fn host(authority_and_path: &str) -> String {
    let authority = split_at_first(authority_and_path, '/').0;
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}

fn parse_sqlite_url(
    body: &str,
    query: &str,
    relative_to: &Path,
) -> Result<DatabaseLocation, UrlError> {
    // SQLAlchemy's way to a file URI: `sqlite:///file:data.db?mode=ro&uri=true`. SQLite takes no
    // offence at the parameters that are not its own.
    if let Some((scheme, rest)) = split_scheme(body)
        && scheme == "file"
    {
        return parse_file_uri(&format!("{rest}?{query}"), relative_to);
    }

    let mut carried = Vec::new();
    for (name, value) in parameters(query) {
        if let Some((_, accepted)) = CARRIED.iter().find(|(known, _)| *known == name) {
            if !accepted.contains(&value.as_str()) {
                return Err(UrlError::ParameterValue { name, value, accepted });
            }
            carried.push((name, value));
        } else if !IGNORED.contains(&name.as_str()) {
            return Err(UrlError::Parameter { name });
        }
    }
    let is_memory = carried.iter().any(|(name, value)| name == "mode" && value == "memory");
    if body == ":memory:" || is_memory {
        return Ok(DatabaseLocation::Memory);
    }
    if body.is_empty() {
        return Err(UrlError::NoPath);
    }
    let path = absolute(&path_from_bytes(decode(body))?, relative_to)?;
    carried.retain(|it| !may_make(it));
    let query: Vec<_> = carried.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(with_parameters(path, &query.join("&")))
}

/// Reads what follows `file:`, by the rules of <https://www.sqlite.org/uri.html>.
fn parse_file_uri(rest: &str, relative_to: &Path) -> Result<DatabaseLocation, UrlError> {
    let rest = split_at_first(rest, '#').0;
    let (body, query) = split_at_first(rest, '?');
    let body = match body.strip_prefix("//") {
        None => body,
        Some(body) => {
            let path = body.strip_prefix("localhost").filter(|it| it.starts_with('/'));
            match path.unwrap_or(body) {
                path if path.starts_with('/') => path,
                "" => "",
                _ => return Err(UrlError::Host { host: host(body) }),
            }
        }
    };
    let is_memory = |(name, value): &(String, String)| {
        matches!((name.as_str(), value.as_str()), ("mode", "memory") | ("vfs", "memdb"))
    };
    // Without a path SQLite makes a temporary file, which is gone with the connection.
    if body.is_empty() || body == ":memory:" || parameters(query).iter().any(is_memory) {
        return Ok(DatabaseLocation::Memory);
    }
    let body = if is_drive(body.strip_prefix('/').unwrap_or_default()) { &body[1..] } else { body };
    let path = absolute(&path_from_bytes(decode(body))?, relative_to)?;
    let is_kept = |it: &&str| !parameters(it).iter().any(may_make);
    let query: Vec<&str> = query.split('&').filter(is_kept).collect();
    Ok(with_parameters(path, query.join("&").trim_end_matches('&')))
}

/// Whether a parameter says that the file may be made.
fn may_make((name, value): &(String, String)) -> bool {
    name == "mode" && value == "rwc"
}

/// The parameters of a query, decoded.
fn parameters(query: &str) -> Vec<(String, String)> {
    let decoded = |part: &str| String::from_utf8_lossy(&decode(part)).into_owned();
    query
        .split('&')
        .filter(|it| !it.is_empty())
        .map(|parameter| split_at_first(parameter, '='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn with_parameters(path: PathBuf, query: &str) -> DatabaseLocation {
    if query.is_empty() {
        return DatabaseLocation::File(path);
    }
    DatabaseLocation::Uri { uri: format!("file:{}?{query}", encode(&path)), path }
}

/// Makes a path absolute and takes `.` and doubled slashes out of it; `..` stays, for what is left
/// of it may be a link.
fn absolute(path: &Path, relative_to: &Path) -> Result<PathBuf, UrlError> {
    if let Some(text) = path.to_str()
        && cfg!(not(windows))
        && is_drive(text)
    {
        return Err(UrlError::WindowsPath { path: text.to_owned() });
    }
    Ok(relative_to.join(path).components().collect())
}

/// Whether a path begins with `C:\` or `C:/`.
fn is_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

/// Replaces `%HH`. Another `%` stands for itself, as it does for SQLite.
fn decode(text: &str) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%'
            && let [high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            decoded.push(high * 16 + low);
            rest = after;
        } else {
            decoded.push(*first);
        }
    }
    decoded
}

/// The path of a file URI.
fn encode(path: &Path) -> String {
    let mut encoded = String::new();
    for byte in path_to_bytes(path) {
        if byte.is_ascii_alphanumeric() || b"/-_.~:!$'()*+,;=@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a String does not fail");
        }
    }
    encoded
}

#[cfg(unix)]
fn path_from_bytes(bytes: Vec<u8>) -> Result<PathBuf, UrlError> {
    use std::os::unix::ffi::OsStringExt as _;
    check_decoded(&bytes)?;
    Ok(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path_from_bytes(bytes: Vec<u8>) -> Result<PathBuf, UrlError> {
    check_decoded(&bytes)?;
    String::from_utf8(bytes).map(PathBuf::from).map_err(|_| UrlError::NotUtf8)
}

/// What was encoded may be a control character too; a NUL would end the path within SQLite.
fn check_decoded(bytes: &[u8]) -> Result<(), UrlError> {
    match bytes.iter().find(|it| it.is_ascii_control()) {
        Some(found) => Err(UrlError::Control { found: char::from(*found) }),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn path_to_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

/// `C:\a` is `/C:/a` in a URI.
#[cfg(not(unix))]
fn path_to_bytes(path: &Path) -> Vec<u8> {
    format!("/{}", path.display()).replace('\\', "/").into_bytes()
}

/// The URL as it can be shown: the password of `scheme://user:password@host` is hidden.
pub(super) fn without_password(text: &str) -> String {
    let hidden = || {
        let (scheme, rest) = text.split_once("://")?;
        let authority = split_at_first(rest, '/').0;
        let (user_and_password, _) = authority.rsplit_once('@')?;
        let (user, _) = user_and_password.split_once(':')?;
        Some(format!("{scheme}://{user}:***{}", &rest[user_and_password.len()..]))
    };
    hidden().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
