//! What a process tree uses, read from `/proc`.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::time::Duration;

/// `/proc` counts CPU time in hundredths of a second on every Linux platform (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// What a process and all its descendants use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resources {
    /// Resident memory, in bytes.
    pub rss_bytes: u64,
    /// CPU time since each was started, ended children included; in steps of 10 ms.
    pub cpu: Duration,
    /// Threads.
    pub threads: u64,
    /// Processes.
    pub processes: u64,
}

/// One line of the table of processes.
struct Row {
    parent: u32,
    ticks: u32,
    threads: u64,
}

/// What `pid` and all its descendants use. Fails if there is no such process.
pub fn resources_of(pid: u32) -> io::Result<Resources> {
    let table = table()?;
    if !table.contains_key(&pid) {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no process {pid}")));
    }
    let mut sum = Resources::default();
    for member in tree(pid, &table) {
        let Some(row) = table.get(&member) else { continue };
        sum.rss_bytes += rss_bytes(member);
        sum.cpu += TICK * row.ticks;
        sum.threads += row.threads;
        sum.processes += 1;
    }
    Ok(sum)
}

fn tree(root: u32, table: &HashMap<u32, Row>) -> BTreeSet<u32> {
    let mut members = BTreeSet::from([root]);
    loop {
        let children = table.iter().filter(|(_, row)| members.contains(&row.parent)).map(|(pid, _)| *pid);
        let found: Vec<u32> = children.filter(|pid| !members.contains(pid)).collect();
        if found.is_empty() {
            return members;
        }
        members.extend(found);
    }
}

fn table() -> io::Result<HashMap<u32, Row>> {
    let entries = fs::read_dir("/proc")?.filter_map(Result::ok);
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    // A process may end while we look; then it has no row.
    Ok(pids.filter_map(|pid| Some((pid, row(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))).collect())
}

/// Parses `/proc/<pid>/stat`; the name in its second field may hold blanks and brackets.
fn row(stat: &str) -> Option<Row> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // proc(5) counts from 1 and the two fields before are gone: its field n is ours n - 3.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let ticks: u64 = (14..=17).map(|number| field(number).unwrap_or(0)).sum();
    Some(Row { parent: u32::try_from(field(4)?).ok()?, ticks: u32::try_from(ticks).ok()?, threads: field(20)? })
}

fn rss_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests;
