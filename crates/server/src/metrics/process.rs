//! The process, under the names that Prometheus' own clients use. Where there is no `/proc`, nothing is said.

use super::{head, sample};

/// What the kernel counts processor time in; 100 on every Linux that Rust runs on.
const TICKS_PER_SECOND: u64 = 100;

pub(super) fn encode(out: &mut String) {
    let figures = [
        ("process_cpu_seconds_total", "counter", "Processor time used", cpu_seconds().map(|s| format!("{s:.2}"))),
        ("process_resident_memory_bytes", "gauge", "Memory in use", resident().map(|b| b.to_string())),
        ("process_open_fds", "gauge", "Open files", open_files().map(|n| n.to_string())),
    ];
    for (name, kind, help, figure) in figures {
        if let Some(figure) = figure {
            head(out, name, kind, help);
            sample(out, name, &[], figure);
        }
    }
}

fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the command's name, in parentheses, and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    #[expect(clippy::cast_precision_loss, reason = "hundredths of seconds since the start fit")]
    Some((user + system) as f64 / TICKS_PER_SECOND as f64)
}

fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?;
    Some(kilobytes.parse::<u64>().ok()? * 1024)
}

fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}
