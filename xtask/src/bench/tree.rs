//! What a whole process tree has used, from `/proc`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};

/// CPU time since each process began, children that ended included, and memory now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    ticks: u64,
    pages: u64,
}

/// One line of `/proc/<pid>/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    parent: u32,
    used: Tree,
}

impl Tree {
    /// A process and everything below it.
    pub(super) fn of(root: u32) -> Result<Self> {
        let all = all()?;
        let mut sum = all.get(&root).with_context(|| format!("process {root} is gone"))?.used;
        for pid in below(root, &all) {
            if let Some(stat) = all.get(&pid) {
                sum.ticks += stat.used.ticks;
                sum.pages += stat.used.pages;
            }
        }
        Ok(sum)
    }

    /// The CPU time between two looks.
    pub(super) fn cpu_since(self, before: Self) -> Duration {
        let ticks = self.ticks.saturating_sub(before.ticks);
        Duration::from_micros(ticks * 1_000_000 / rustix::param::clock_ticks_per_second().max(1))
    }

    /// Memory in use, in MiB. Pages that processes share count once for each.
    pub(super) fn megabytes(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
        let bytes = (self.pages * rustix::param::page_size() as u64) as f64;
        bytes / f64::from(1 << 20)
    }
}

/// Every process below this one.
pub(super) fn descendants(root: u32) -> Vec<u32> {
    all().map(|all| below(root, &all)).unwrap_or_default()
}

fn all() -> Result<BTreeMap<u32, Stat>> {
    let entries = std::fs::read_dir("/proc").context("the bench reads /proc: it needs Linux")?;
    let stats = entries.flatten().filter_map(|entry| {
        entry.file_name().to_str()?.parse::<u32>().ok()?;
        // A process may end while we look.
        parse(&std::fs::read_to_string(entry.path().join("stat")).ok()?)
    });
    Ok(stats.map(|stat| (stat.pid, stat)).collect())
}

fn below(root: u32, all: &BTreeMap<u32, Stat>) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(all.values().filter(|stat| stat.parent == parent && stat.pid != root).map(|stat| stat.pid));
        next += 1;
    }
    found.remove(0);
    found
}

/// See proc_pid_stat(5). The name in parentheses may hold spaces and parentheses.
fn parse(line: &str) -> Option<Stat> {
    let (pid, rest) = line.split_once(" (")?;
    let (_, rest) = rest.rsplit_once(") ")?;
    // From here on the third field of the manual page is number 0.
    let field = |number: usize| rest.split_ascii_whitespace().nth(number - 3)?.parse::<u64>().ok();
    let ticks = field(14)? + field(15)? + field(16)? + field(17)?;
    Some(Stat { pid: pid.parse().ok()?, parent: u32::try_from(field(4)?).ok()?, used: Tree { ticks, pages: field(24)? } })
}

#[cfg(test)]
mod tests;
