//! How agm and its host are.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use agm_domain::agent::AgentId;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::evidence::Drift;
use agm_domain::hybrid::{Finding, findings};
use agm_store::Leadership;
use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::agm::Agm;
use crate::figures::HostWindow;
use crate::settings::Storage;
use crate::switch::Unfinished;
use crate::time::{stamp, whole_seconds};

/// How agm is.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusView {
    /// agm's version.
    pub version: String,
    /// Where agents live, which gateway, which store.
    pub platform: PlatformView,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// The revision in force.
    pub revision: u64,
    /// Where agents reach the gateway.
    pub gateway_url: String,
    /// Where the revisions are.
    pub storage: String,
    /// Whether this process may change anything.
    pub acting: bool,
    /// Where the one that may listens, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<String>,
    /// How many there are.
    pub providers: usize,
    /// How many there are.
    pub routes: usize,
    /// How many there are.
    pub agents: usize,
    /// Switches that have not ended.
    pub switches: Vec<String>,
    /// Changes that were cut off, by a crash or because agm was stopped, and that could not be brought to their end yet; their agents are not changed before that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<Unfinished>,
    /// What is wrong with the routes.
    pub findings: Vec<Finding>,
    /// What the gateway cannot serve.
    pub unserved: Vec<Diagnostic>,
    /// Agents whose actual state differs from the recorded one.
    pub drift: Vec<AgentDrift>,
}

/// The three settings of a deployment.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PlatformView {
    /// `standalone`.
    pub agents: String,
    /// `embedded`.
    pub gateway: String,
    /// `dir` or `s3`.
    pub store: String,
}

/// An agent's drift.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgentDrift {
    /// Which agent.
    pub agent: String,
    /// What differs.
    pub drift: Vec<Drift>,
}

/// How the host is. A figure that cannot be had is `null`, never invented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MetricsView {
    /// Percent of the machine's processors; unknown until two readings were taken.
    pub cpu: Option<u8>,
    /// Percent of the machine's or container's memory.
    pub memory: Option<u8>,
    /// Established connections to the gateway.
    pub connections: Option<u64>,
    /// Requests in the last minute.
    pub rpm: Option<u64>,
    /// RFC 3339, UTC, whole seconds.
    pub timestamp: String,
    /// The last minutes step by step, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<HostWindow>,
}

/// Readings of the host; processor use is the difference between two. `None` where the system cannot be read at all.
#[derive(Default)]
pub(crate) struct Host(Mutex<Option<Reading>>);

struct Reading {
    system: System,
    cpu: Option<u8>,
    taken: Instant,
}

impl Host {
    /// Processor and memory use in percent. The first reading knows no processor use yet.
    fn read(&self) -> (Option<u8>, Option<u8>) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(reading) = reading.as_mut() else {
            let kinds = RefreshKind::nothing()
                .with_cpu(CpuRefreshKind::nothing().with_usage())
                .with_memory(MemoryRefreshKind::nothing().with_ram());
            let system = System::new_with_specifics(kinds).ok();
            let used = system.as_ref().and_then(memory);
            *reading = system.map(|system| Reading { system, cpu: None, taken: Instant::now() });
            return (None, used);
        };
        // Two readings closer than this say nothing.
        if reading.taken.elapsed() >= sysinfo::MINIMUM_CPU_UPDATE_INTERVAL {
            reading.system.refresh_cpu_usage();
            let usage = reading.system.global_cpu_usage();
            reading.cpu = if usage.is_finite() { percent(f64::from(usage), 100.0) } else { None };
            reading.taken = Instant::now();
        }
        reading.system.refresh_memory();
        (reading.cpu, memory(&reading.system))
    }
}

/// The container's memory where it has a limit, else the machine's.
fn memory(system: &System) -> Option<u8> {
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more")]
    match system.cgroup_limits() {
        Some(limits) if limits.total_memory > 0 && limits.total_memory < system.total_memory() => {
            percent((limits.total_memory.saturating_sub(limits.free_memory)) as f64, limits.total_memory as f64)
        }
        _ => percent(system.used_memory() as f64, system.total_memory() as f64),
    }
}

fn percent(part: f64, whole: f64) -> Option<u8> {
    if whole <= 0.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100")]
    let percent = (part / whole * 100.0).round().clamp(0.0, 100.0) as u8;
    Some(percent)
}

impl Agm {
    /// How agm is.
    pub fn status(&self) -> StatusView {
        let current = self.current();
        let document = &current.document;
        let (acting, leader) = match self.0.store.leadership() {
            Leadership::Acting { .. } => (true, None),
            Leadership::Reading { holder_url } => (false, holder_url),
        };
        let drifting = |id: &AgentId| {
            let drift = self.0.evidence.of(id).drift;
            (!drift.is_empty()).then(|| AgentDrift { agent: id.to_string(), drift })
        };
        StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: PlatformView {
                agents: "standalone".to_owned(),
                gateway: "embedded".to_owned(),
                store: if matches!(self.0.settings.storage, Storage::Directory) { "dir" } else { "s3" }.to_owned(),
            },
            started_at: stamp(self.0.started),
            revision: current.head.number,
            gateway_url: self.gateway_url(),
            storage: self.0.store.describe(),
            acting,
            leader,
            providers: document.providers.len(),
            routes: document.routes.len(),
            agents: document.agents.len(),
            findings: findings(document, &self.0.switches.pending(), &self.under_way()),
            switches: self.0.switches.running(),
            unfinished: self.unfinished(),
            unserved: self.0.gateway.diagnostics(),
            drift: document.agents.keys().filter_map(drifting).collect(),
        }
    }

    /// How the host is.
    pub fn metrics(&self) -> MetricsView {
        let (cpu, memory) = self.0.host.read();
        MetricsView {
            cpu,
            memory,
            connections: u64::try_from(self.0.gateway.connections()).ok(),
            rpm: Some(self.0.gateway.rpm()),
            timestamp: whole_seconds(self.now()),
            window: None,
        }
    }
}
