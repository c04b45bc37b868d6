//! The machine: whoever reads the figures must know that others were on it.

use serde_json::{Value, json};

/// What there is and how busy it is.
pub(super) struct Machine {
    cores: usize,
    processor: String,
    kernel: String,
    load: String,
}

impl Machine {
    pub(super) fn look() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            processor: model.map_or("unknown", |(_, name)| name).to_owned(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
        }
    }

    pub(super) fn print(&self, when: &str) {
        let Self { cores, processor, kernel, load } = self;
        println!("machine {when}: {cores} cores of {processor}, Linux {kernel}, load average {load}");
    }

    pub(super) fn json(&self) -> Value {
        json!({"cores": self.cores, "processor": self.processor, "kernel": self.kernel, "load": self.load})
    }
}
