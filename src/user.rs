//! Who runs this, for the log.

/// The name of the operating system's user; `None` where nothing says it.
///
/// `MIGRATOR_USER` comes first: in a container or a pipeline the user is called `root`.
pub fn name() -> Option<String> {
    let variables = ["MIGRATOR_USER", "USER", "LOGNAME", "USERNAME"];
    let value = |it: &str| std::env::var(it).ok().filter(|it| !it.trim().is_empty());
    variables.into_iter().find_map(value)
}
