//! How far the fuzzer came: which operations were ever answered with success, by agm's own count.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

/// Of all operations that were asked, at least so many in a hundred must have succeeded once.
const FLOOR: usize = 70;

/// Reads the count of requests by method, path and status out of the metrics.
pub(super) fn check(metrics: &str) -> Result<()> {
    let mut operations: BTreeMap<(String, String), u64> = BTreeMap::new();
    let (mut all, mut done) = (0, 0);
    for line in metrics.lines() {
        let Some((labels, count)) = line.strip_prefix("agm_http_requests_total{").and_then(|rest| rest.rsplit_once("} ")) else { continue };
        let label = |name: &str| labels.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
        let (path, count) = (label("path"), count.parse::<u64>().unwrap_or(0));
        // What is no operation has no path of its own.
        if !path.contains("/api/v1/") && !path.contains("/ni_status/") || label("status") == "405" {
            continue;
        }
        let succeeded = if label("status").starts_with('2') { count } else { 0 };
        *operations.entry((label("method").to_owned(), path.to_owned())).or_default() += succeeded;
        all += count;
        done += succeeded;
    }
    let never: Vec<String> =
        operations.iter().filter(|(_, done)| **done == 0).map(|((method, path), _)| format!("{method} {path}")).collect();
    let reached = operations.len() - never.len();
    println!("{done} of {all} requests and {reached} of {} operations were answered with success", operations.len());
    if !never.is_empty() {
        println!("never: {}", never.join(", "));
    }
    ensure!(reached * 100 >= operations.len() * FLOOR && reached > 0, "too little of the API ever succeeded for its answers to be judged");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    fn metrics(lines: &[(&str, &str, &str, u64)]) -> String {
        let line = |(method, path, status, count): &(&str, &str, &str, u64)| {
            format!("agm_http_requests_total{{method=\"{method}\",path=\"{path}\",status=\"{status}\"}} {count}\n")
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn enough_operations_must_have_succeeded_once() {
        let good = [("GET", "/api/v1/agents", "200", 3), ("GET", "/api/v1/agents", "400", 9), ("POST", "/api/v1/agents", "201", 1)];
        check(&metrics(&good)).unwrap();
        let bad = [("GET", "/api/v1/agents", "200", 30), ("PUT", "/api/v1/agents", "404", 1)];
        assert!(check(&metrics(&bad)).is_err());
        assert!(check("").is_err());
    }
}
