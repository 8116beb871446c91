//! The targets, and whether they were met.

/// One target.
pub struct Verdict {
    /// What it is about.
    pub name: String,
    /// What was measured, with its unit.
    pub found: String,
    /// What it must be, with its unit.
    pub wanted: String,
    /// Whether it is.
    pub passed: bool,
}

/// The verdicts so far.
#[derive(Default)]
pub struct Verdicts(Vec<Verdict>);

impl Verdicts {
    /// Something that may be at most `limit`.
    pub fn at_most(&mut self, name: String, found: f64, limit: f64, unit: &str) {
        let show = |it: f64| show(it, unit);
        let (found, wanted, passed) = (show(found), format!("≤ {}", show(limit)), found <= limit);
        self.0.push(Verdict { name, found, wanted, passed });
    }

    /// Something that must be at least `limit`.
    pub fn at_least(&mut self, name: String, found: f64, limit: f64, unit: &str) {
        let show = |it: f64| show(it, unit);
        let (found, wanted, passed) = (show(found), format!("≥ {}", show(limit)), found >= limit);
        self.0.push(Verdict { name, found, wanted, passed });
    }

    /// Whether none was missed.
    pub fn all_passed(&self) -> bool {
        self.0.iter().all(|it| it.passed)
    }

    /// As a table.
    pub fn print(&self) {
        println!("| target | wanted | measured | |\n|---|--:|--:|---|");
        for Verdict { name, found, wanted, passed } in &self.0 {
            let passed = if *passed { "PASS" } else { "FAIL" };
            println!("| {name} | {wanted} | {found} | {passed} |");
        }
    }
}

fn show(value: f64, unit: &str) -> String {
    let digits = match unit {
        "fsyncs" => 0,
        "ms" | "MiB" => 1,
        _ => 2,
    };
    let blank = if unit.is_empty() || unit == "×" { "" } else { " " };
    format!("{value:.digits$}{blank}{unit}")
}
