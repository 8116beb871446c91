//! How time grows with the number of revisions.

use std::time::Duration;

/// How much larger the sizes are that are compared with each other.
const FACTOR: usize = 4;

/// The exponent `e` of `time = start + constant * n^e`: 1 for linear work, 1.1 for n log n between
/// 1,000 and 16,000 revisions, 2 for quadratic work. `None` for fewer than three sizes.
///
/// Taken from the smallest size, four times as many and sixteen times as many, of which `times`
/// holds some; from two differences, so that what a command takes anyway does not count.
pub fn exponent(times: &[(usize, Duration)]) -> Option<f64> {
    let seconds = |n_revisions: usize| {
        let (_, time) = times.iter().find(|(n, _)| *n == n_revisions)?;
        Some(time.as_secs_f64())
    };
    let smallest = times.first()?.0;
    let small = seconds(smallest)?;
    let medium = seconds(smallest * FACTOR)?;
    let large = seconds(smallest * FACTOR * FACTOR)?;
    // A difference that noise turned around is none.
    let ratio = (large - medium).max(1e-6) / (medium - small).max(1e-6);
    Some(ratio.ln() / (FACTOR as f64).ln())
}
