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

/// A size for people: `512 bytes`, `8.0 KiB`, `120 MiB`.
fn describe_size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.into_iter().find(|(size, _)| bytes >= *size) {
        None => count(bytes, "byte"),
        Some((size, unit)) => {
            let tenths = bytes.saturating_mul(10) / size;
            match (tenths / 10, tenths % 10) {
                (whole, tenth) if whole < 10 => format!("{whole}.{tenth} {unit}"),
                (whole, _) => format!("{whole} {unit}"),
            }
        }
    }
}

/// How large a database is, and how large it becomes during something.
pub fn describe_growth(name: &str, before: u64, peak: u64, during: &str) -> String {
    let (now, most) = (describe_size(before), describe_size(peak));
    format!("{name} has {now} now, and up to {most} during the {during}, its journal included")
}

#[cfg(test)]
mod tests {
    use super::{describe_duration, describe_size};
    use std::time::Duration;

    #[test]
    fn sizes_are_short() {
        assert_eq!(describe_size(1), "1 byte");
        assert_eq!(describe_size(1023), "1023 bytes");
        assert_eq!(describe_size(8192), "8.0 KiB");
        assert_eq!(describe_size(45_000), "43 KiB");
        assert_eq!(describe_size(3 * (1 << 20) + (1 << 19)), "3.5 MiB");
        assert_eq!(describe_size(u64::MAX), "1717986918 GiB");
    }

    #[test]
    fn durations_are_short() {
        let text = |ms| describe_duration(Duration::from_millis(ms));
        assert_eq!(text(3), "3.0 ms");
        assert_eq!(text(12), "12 ms");
        assert_eq!(text(4500), "4.5 s");
        assert_eq!(text(125_000), "2 min 5 s");
    }
}
