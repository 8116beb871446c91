//! Numbers, durations and rows of the version table, for sentences.

use std::time::Duration;

/// `1 row`, `2 rows`.
pub fn count(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// The rows of a version table.
pub fn describe_rows(rows: &[String]) -> String {
    if rows.is_empty() { "base".to_owned() } else { rows.join(", ") }
}

/// A duration for people: `0.3 ms`, `12 ms`, `4.5 s`, `2 min 5 s`.
pub fn describe_duration(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 1000.0 {
        format!("{milliseconds:.0} ms")
    } else if milliseconds < 60_000.0 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::describe_duration;
    use std::time::Duration;

    #[test]
    fn durations_are_short() {
        let text = |ms| describe_duration(Duration::from_millis(ms));
        assert_eq!(text(3), "3.0 ms");
        assert_eq!(text(12), "12 ms");
        assert_eq!(text(4500), "4.5 s");
        assert_eq!(text(125_000), "2 min 5 s");
    }
}
