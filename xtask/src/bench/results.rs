//! The samples of all rounds, and what they come to.

use std::collections::BTreeMap;

use crate::bench::contender::NGINX;
use crate::bench::figure::Figure;

/// When a sample was taken. Those of one moment were taken side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) round: u32,
    pub(super) window: u32,
}

/// Everything measured so far.
#[derive(Default)]
pub(super) struct Results {
    samples: BTreeMap<(Figure, &'static str), Vec<(Moment, f64)>>,
    voids: Vec<String>,
}

/// The samples of one figure and one contender.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) samples: Vec<f64>,
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
    /// Against nginx at the same moments; the median of the ratios.
    pub(super) to_nginx: Option<f64>,
}

impl Results {
    pub(super) fn add(&mut self, figure: Figure, contender: &'static str, moment: Moment, value: f64) {
        self.samples.entry((figure, contender)).or_default().push((moment, value));
    }

    /// Notes, and says at once, that something does not count.
    pub(super) fn void(&mut self, contender: &str, what: &str, why: &anyhow::Error) {
        let text = format!("{contender}, {what}: {why:#}");
        println!("does not count: {text}");
        self.voids.push(text);
    }

    pub(super) fn voids(&self) -> &[String] {
        &self.voids
    }

    pub(super) fn of(&self, figure: Figure, contender: &'static str) -> Option<Summary> {
        let taken = self.samples.get(&(figure, contender))?;
        let samples: Vec<f64> = taken.iter().map(|(_, value)| *value).collect();
        let control = self.samples.get(&(figure, NGINX)).filter(|_| figure.compares());
        let control: BTreeMap<Moment, f64> = control.into_iter().flatten().copied().collect();
        let ratios: Vec<f64> = taken
            .iter()
            .filter_map(|(moment, value)| control.get(moment).filter(|other| **other > 0.0).map(|other| value / other))
            .collect();
        Some(Summary {
            median: median(&samples)?,
            least: samples.iter().copied().fold(f64::INFINITY, f64::min),
            most: samples.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            to_nginx: median(&ratios),
            samples,
        })
    }
}

/// The middle value; of an even number, the middle between the two.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().saturating_sub(1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests;
