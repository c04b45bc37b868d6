//! The counters in Prometheus' text format: Higress's families under Higress's names (Console contract 7.7), then our own.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;

use super::histogram::{BOUNDS_MS, Histogram};
use super::{Meter, Served, State};

/// A family with one figure for each set of labels.
pub(crate) struct Gauge {
    pub name: &'static str,
    pub help: &'static str,
    pub kind: &'static str,
    /// Labels, written as `name="value"` pairs, and the figure.
    pub samples: Vec<(Vec<(&'static str, String)>, u64)>,
}

/// What our own families tell apart.
type Labels = (Arc<str>, Arc<str>, Arc<str>);

/// What Higress's families tell apart: route, cluster, model, consumer.
type HigressLabels = (Arc<str>, Arc<str>, Arc<str>, Arc<str>);
/// Picks a figure.
type Figure = fn(&Served) -> u64;

/// Writes everything.
pub(crate) fn encode(out: &mut String, meters: &[Arc<Meter>], gauges: &[Gauge]) {
    let mut served: BTreeMap<HigressLabels, Served> = BTreeMap::new();
    let mut own: BTreeMap<Labels, State> = BTreeMap::new();
    for meter in meters {
        let key = &meter.key;
        let state = meter.state();
        for (model, more) in &state.served {
            let labels = (Arc::clone(&key.route), Arc::clone(&key.cluster), Arc::clone(model), Arc::clone(&key.consumer));
            served.entry(labels).or_default().merge(more);
        }
        own.entry((Arc::clone(&key.route), Arc::clone(&key.provider), Arc::clone(&key.consumer))).or_default().merge(&state);
    }
    higress(out, &served);
    ours(out, &own);
    for gauge in gauges {
        head(out, gauge.name, gauge.kind, gauge.help);
        for (labels, value) in &gauge.samples {
            let labels: Vec<(&str, &str)> = labels.iter().map(|(n, v)| (*n, v.as_str())).collect();
            sample(out, gauge.name, &labels, value);
        }
    }
}

fn higress(out: &mut String, served: &BTreeMap<HigressLabels, Served>) {
    let families: [(&str, &str, Figure); 7] = [
        ("input_token", "Tokens read by models", |s| s.input),
        ("output_token", "Tokens written by models", |s| s.output),
        ("total_token", "Tokens in all", |s| s.total),
        ("llm_first_token_duration", "Milliseconds to the first byte of streamed answers, summed", |s| s.first_token),
        ("llm_stream_duration_count", "Streamed answers", |s| s.streams),
        ("llm_service_duration", "Milliseconds to the end of answers, summed", |s| s.duration),
        ("llm_duration_count", "Answers", |s| s.answers),
    ];
    for (metric, help, figure) in families {
        let name = format!("route_upstream_model_consumer_metric_{metric}");
        head(out, &name, "counter", help);
        for ((route, cluster, model, consumer), figures) in served {
            let route = format!("ai-route-{route}.internal");
            let labels = [("ai_route", &*route), ("ai_cluster", &**cluster), ("ai_model", &**model), ("ai_consumer", &**consumer)];
            sample(out, &name, &labels, &figure(figures));
        }
    }
}

fn ours(out: &mut String, own: &BTreeMap<Labels, State>) {
    head(out, "agm_gateway_requests_total", "counter", "Finished requests by class of status");
    for (labels, state) in own {
        for (class, count) in state.classes.iter().enumerate().filter(|(_, count)| **count > 0) {
            let class = format!("{class}xx");
            sample(out, "agm_gateway_requests_total", &with(labels, &[("class", &class)]), count);
        }
    }
    head(out, "agm_gateway_broken_total", "counter", "Answers that did not reach their end, by who broke off");
    for (labels, state) in own {
        sample(out, "agm_gateway_broken_total", &with(labels, &[("by", "provider")]), &state.cut);
        sample(out, "agm_gateway_broken_total", &with(labels, &[("by", "client")]), &state.left);
    }
    head(out, "agm_gateway_end_unknown_total", "counter", "Answers that ended with their connection, whole or cut");
    for (labels, state) in own {
        sample(out, "agm_gateway_end_unknown_total", &with(labels, &[]), &state.unknown);
    }
    head(out, "agm_gateway_cached_tokens_total", "counter", "Input tokens that came from or went to the vendor's cache");
    for (labels, state) in own {
        sample(out, "agm_gateway_cached_tokens_total", &with(labels, &[("direction", "read")]), &state.cache_read);
        sample(out, "agm_gateway_cached_tokens_total", &with(labels, &[("direction", "write")]), &state.cache_write);
    }
    histogram(out, "agm_gateway_request_duration_seconds", "Time to the end of the answer", own, |s| &s.duration);
    histogram(out, "agm_gateway_first_byte_seconds", "Time to the first byte of the answer's body", own, |s| &s.first_byte);
}

fn histogram(out: &mut String, name: &str, help: &str, own: &BTreeMap<Labels, State>, pick: fn(&State) -> &Histogram) {
    head(out, name, "histogram", help);
    let (bucket, sum, count) = (format!("{name}_bucket"), format!("{name}_sum"), format!("{name}_count"));
    for (labels, state) in own {
        let histogram = pick(state);
        let mut below = 0;
        for (at, more) in histogram.buckets.iter().enumerate() {
            below += more;
            let le = BOUNDS_MS.get(at).map_or_else(|| "+Inf".to_owned(), |ms| seconds(ms * 1000));
            sample(out, &bucket, &with(labels, &[("le", &le)]), &below);
        }
        sample(out, &sum, &with(labels, &[]), &seconds(histogram.sum_us));
        sample(out, &count, &with(labels, &[]), &below);
    }
}

fn with<'a>((route, provider, consumer): &'a Labels, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<(&str, &str)> = vec![("route", route), ("provider", provider), ("consumer", consumer)];
    all.extend_from_slice(more);
    all
}

/// Microseconds as seconds, without the rounding of floats.
fn seconds(us: u64) -> String {
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}.\n# TYPE {name} {kind}");
}

fn sample(out: &mut String, name: &str, labels: &[(&str, &str)], value: &dyn fmt::Display) {
    out.push_str(name);
    for (at, (label, text)) in labels.iter().enumerate() {
        out.push(if at == 0 { '{' } else { ',' });
        let _ = write!(out, "{label}=\"");
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                '\n' => out.push_str("\\n"),
                c => out.push(c),
            }
        }
        out.push('"');
    }
    if !labels.is_empty() {
        out.push('}');
    }
    let _ = writeln!(out, " {value}");
}

impl Served {
    fn merge(&mut self, more: &Self) {
        self.input += more.input;
        self.output += more.output;
        self.total += more.total;
        self.first_token += more.first_token;
        self.streams += more.streams;
        self.duration += more.duration;
        self.answers += more.answers;
    }
}

impl State {
    fn merge(&mut self, more: &Self) {
        for (mine, theirs) in self.classes.iter_mut().zip(more.classes) {
            *mine += theirs;
        }
        self.duration.merge(&more.duration);
        self.first_byte.merge(&more.first_byte);
        self.cut += more.cut;
        self.left += more.left;
        self.unknown += more.unknown;
        self.cache_read += more.cache_read;
        self.cache_write += more.cache_write;
    }
}
