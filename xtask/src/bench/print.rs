//! The figures for people, and all samples for programs.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::bench::Plan;
use crate::bench::contender::{Contender, NGINX};
use crate::bench::figure::{Figure, Shown};
use crate::bench::machine::Machine;
use crate::bench::results::{Results, Summary};
use crate::bench::routes::Routes;

impl Results {
    /// A block for each figure: the median, the range over all windows, and the ratio to nginx.
    pub(super) fn print(&self, contenders: &[Contender]) {
        println!("\nmeasured: {}", names(contenders));
        for figure in Figure::ALL {
            let rows: Vec<_> = contenders.iter().filter_map(|contender| Some((contender.name, self.of(figure, contender.name)?))).collect();
            if rows.is_empty() {
                continue;
            }
            let Shown { title, unit, decimals, aim } = figure.shown();
            let aim = if aim.is_empty() { String::new() } else { format!("  (aim of agm: {aim})") };
            println!("\n{title}, {unit}{aim}");
            for (name, summary) in rows {
                println!("  {name:<10}{}", row(&summary, decimals, name == NGINX));
            }
        }
        for void in self.voids() {
            println!("\ndoes not count: {void}");
        }
    }
}

fn row(summary: &Summary, decimals: usize, control: bool) -> String {
    let Summary { median, least, most, .. } = summary;
    let ratio = summary.to_nginx.filter(|_| !control).map(|ratio| format!("  {ratio:.*} × nginx", usize::from(ratio < 100.0) * 2));
    let ratio = ratio.unwrap_or_default();
    let range = format!("({least:.decimals$} – {most:.decimals$})");
    format!("{median:>10.decimals$}  {range:<24}{ratio}").trim_end().to_owned()
}

fn names(contenders: &[Contender]) -> String {
    let names: Vec<_> = contenders.iter().map(|contender| format!("{} {}", contender.name, contender.version).trim().to_owned()).collect();
    names.join(", ")
}

/// Everything, for programs.
pub(super) fn document(plan: &Plan, machine: [&Machine; 2], contenders: &[Contender], results: &Results, routes: &Routes) -> Value {
    let figures = Figure::ALL.map(|figure| {
        let Shown { title, unit, aim, .. } = figure.shown();
        let measured: Map<_, _> = contenders
            .iter()
            .filter_map(|contender| Some((contender.name.to_owned(), summary(&results.of(figure, contender.name)?))))
            .collect();
        json!({"figure": format!("{figure:?}"), "title": title, "unit": unit, "aim": aim, "measured": measured})
    });
    let versions: Map<_, _> = contenders.iter().map(|contender| (contender.name.to_owned(), contender.version.clone().into())).collect();
    json!({
        "rounds": plan.rounds,
        "windowSeconds": plan.window.as_secs_f64(),
        "settleSeconds": plan.settle.as_secs(),
        "layout": if plan.pinned { "pinned" } else { "shared" },
        "machine": {"before": machine[0].json(), "after": machine[1].json()},
        "versions": versions,
        "figures": figures,
        "routes": routes.json(),
        "void": results.voids(),
    })
}

fn summary(summary: &Summary) -> Value {
    let Summary { samples, median, least, most, to_nginx } = summary;
    json!({"median": median, "least": least, "most": most, "toNginx": to_nginx, "samples": samples})
}

/// Writes it where the next run, or somebody's script, finds it.
pub(super) fn write(file: &Path, document: &Value) -> Result<()> {
    let directory = file.parent().context("the file has no directory")?;
    std::fs::create_dir_all(directory).context("cannot make room for the figures")?;
    std::fs::write(file, format!("{document:#}\n")).with_context(|| format!("cannot write {}", file.display()))
}
