//! What was done, how long it took and how it ended: one line each, all failures at the end.

use std::ops::AddAssign;
use std::time::{Duration, Instant};

use anyhow::Result;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

struct Line {
    name: String,
    took: Duration,
    tally: Option<Tally>,
    error: Option<String>,
}

/// The lines so far. A failed step does not stop the next one: all problems are shown at once.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

impl Report {
    /// Runs one step of `check`.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<()>) {
        self.add(format!("check {name}"), || (None, work().err()));
    }

    /// Runs one part of `test`. A part without a counted failure that still failed counts as one.
    pub(crate) fn part(&mut self, name: &str, work: impl FnOnce(&mut Tally) -> Result<()>) {
        self.add(format!("test {name}"), || {
            let mut tally = Tally::default();
            let error = work(&mut tally).err();
            if error.is_some() && tally.failed == 0 {
                tally.failed = 1;
            }
            (Some(tally), error)
        });
    }

    fn add(&mut self, name: String, work: impl FnOnce() -> (Option<Tally>, Option<anyhow::Error>)) {
        println!("\n== {name}");
        let start = Instant::now();
        let (tally, error) = work();
        let error = error.map(|error| format!("{error:#}"));
        if let Some(error) = &error {
            println!("{name}: {error}");
        }
        let took = start.elapsed();
        println!("== {name}: {:.1} s", took.as_secs_f64());
        self.lines.push(Line { name, took, tally, error });
    }

    /// Whether nothing failed.
    pub(crate) fn passed(&self) -> bool {
        self.lines.iter().all(|line| line.error.is_none() && line.tally.is_none_or(|tally| tally.failed == 0))
    }

    /// Every step with its time; then, if tests ran, their sum as the last line.
    pub(crate) fn print(&self) {
        println!();
        for Line { name, took, tally, error } in &self.lines {
            let counts = tally.map(|tally| format!("  {} passed, {} failed", tally.passed, tally.failed)).unwrap_or_default();
            let state = if error.is_some() { "FAILED" } else { "ok" };
            println!("{name:<20} {:>8.1} s  {state}{counts}", took.as_secs_f64());
        }
        let total: Duration = self.lines.iter().map(|line| line.took).sum();
        println!("{:<20} {:>8.1} s", "all", total.as_secs_f64());
        for line in &self.lines {
            if let Some(error) = &line.error {
                println!("\n{} failed: {error}", line.name);
            }
        }
        if let Some(sum) = self.sum() {
            println!("\n{} passed, {} failed", sum.passed, sum.failed);
        }
    }

    fn sum(&self) -> Option<Tally> {
        let mut tallies = self.lines.iter().filter_map(|line| line.tally).peekable();
        tallies.peek()?;
        let mut sum = Tally::default();
        tallies.for_each(|tally| sum += tally);
        Some(sum)
    }
}

#[cfg(test)]
mod tests;
