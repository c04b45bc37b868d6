//! One round: everybody starts, every figure is taken from everybody in turn, everybody stops.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::bench::Plan;
use crate::bench::contender::{AGM, Contender, DIRECT, NGINX};
use crate::bench::figure::Figure;
use crate::bench::instruments::{Instruments, Load};
use crate::bench::live;
use crate::bench::results::{Moment, Results};
use crate::bench::running::Running;

/// Windows of the latency at one connection: they are short, so that direct and gateway see the same machine.
const LATENCY_WINDOWS: u32 = 5;
/// What a gateway still does right after its start is part of being idle: before this its memory is not looked at.
const REST: Duration = Duration::from_secs(5);
const WARM_UP: Duration = Duration::from_millis(300);
/// A stream lasts a second, and its clients start over a second: less would measure the start.
const STREAM_WINDOW: Duration = Duration::from_secs(2);

const SHORT: u32 = 1 << 10;
const LONG: u32 = 120 << 10;

/// A round under way.
struct Round<'a> {
    number: u32,
    plan: &'a Plan,
    instruments: &'a Instruments,
    contenders: &'a [Contender],
    /// In the order of the contenders; `None` for the direct way and for those that did not start.
    running: Vec<Option<Running>>,
    results: &'a mut Results,
}

pub(super) fn run(plan: &Plan, number: u32, instruments: &Instruments, contenders: &mut [Contender], results: &mut Results) -> Result<()> {
    let first = Moment { round: number, window: 0 };
    let mut running = Vec::new();
    for contender in contenders.iter_mut() {
        running.push(if contender.command.is_some() { start(contender, first, results)? } else { None });
    }
    let mut round = Round { number, plan, instruments, contenders, running, results };
    rest(REST);
    round.memory(Figure::MemoryIdle);
    round.in_turn("warm-up", Round::warm_up);
    round.in_turn("8 connections, 1 KiB", |round, place| round.cpu(place, SHORT, Figure::Cpu));
    round.in_turn("8 connections, 120 KiB", |round, place| round.cpu(place, LONG, Figure::CpuLongPrompt));
    round.in_turn("64 connections", Round::throughput);
    round.latency();
    round.in_turn("64 streams", Round::streams);
    round.in_turn("512 streams", Round::many_streams);
    round.in_turn("changes", Round::changes);
    round.memory(Figure::MemoryLoaded);
    if number + 1 == plan.rounds {
        round.settle();
    }
    round.stop();
    Ok(())
}

/// agm and nginx must start: without them there is nothing to compare.
fn start(contender: &mut Contender, moment: Moment, results: &mut Results) -> Result<Option<Running>> {
    match Running::start(contender) {
        Ok((running, took)) => {
            results.add(Figure::Start, contender.name, moment, millis(took));
            if let Some(size) = contender.size.filter(|_| moment.round == 0) {
                #[expect(clippy::cast_precision_loss, reason = "no executable has 2^52 bytes")]
                results.add(Figure::Size, contender.name, moment, size as f64 / f64::from(1 << 20));
            }
            Ok(Some(running))
        }
        Err(error) if [AGM, NGINX].contains(&contender.name) => Err(error),
        Err(error) => {
            results.void(contender.name, "the whole round", &error);
            Ok(None)
        }
    }
}

impl Round<'_> {
    /// Takes a window from each of those present; who begins changes from round to round. A failure voids only its own window.
    fn in_turn(&mut self, what: &str, mut window: impl FnMut(&mut Self, usize) -> Result<()>) {
        let count = self.contenders.len();
        for step in 0..count {
            let place = (step + self.number as usize) % count;
            if !self.present(place) {
                continue;
            }
            if let Err(error) = window(self, place) {
                self.results.void(self.contenders[place].name, &format!("{what}, round {}", self.number + 1), &error);
            }
        }
    }

    fn present(&self, place: usize) -> bool {
        self.contenders[place].command.is_none() || self.running[place].is_some()
    }

    fn add(&mut self, figure: Figure, place: usize, window: u32, value: f64) {
        self.results.add(figure, self.contenders[place].name, Moment { round: self.number, window }, value);
    }

    fn warm_up(&mut self, place: usize) -> Result<()> {
        let load = Load { connections: 8, prompt: SHORT };
        self.instruments.load(&self.contenders[place], load, WARM_UP)?.valid().map(drop)
    }

    /// The CPU time of the gateway's whole process tree, by the requests it answered meanwhile.
    fn cpu(&mut self, place: usize, prompt: u32, figure: Figure) -> Result<()> {
        let Some(running) = &self.running[place] else { return Ok(()) };
        let before = running.used()?;
        let outcome = self.instruments.load(&self.contenders[place], Load { connections: 8, prompt }, self.plan.window)?.valid()?;
        let used = running.used()?.cpu_since(before);
        let answered = outcome.number("/answered")?;
        ensure!(answered > 0.0, "nothing was answered");
        self.add(figure, place, 0, micros(used) / answered);
        Ok(())
    }

    fn throughput(&mut self, place: usize) -> Result<()> {
        let load = Load { connections: 64, prompt: SHORT };
        let outcome = self.instruments.load(&self.contenders[place], load, self.plan.window)?.valid()?;
        self.add(Figure::Throughput, place, 0, outcome.number("/per_second")?);
        Ok(())
    }

    /// Short windows, everybody in each, and the difference to the direct way of the same moment.
    fn latency(&mut self) {
        for window in 0..LATENCY_WINDOWS {
            let mut direct = None;
            let mut others = Vec::new();
            self.in_turn("1 connection", |round, place| {
                let load = Load { connections: 1, prompt: SHORT };
                let length = round.plan.window / LATENCY_WINDOWS;
                let outcome = round.instruments.load(&round.contenders[place], load, length)?.valid()?;
                let latency = (outcome.number("/latency/p50")?, outcome.number("/latency/p99")?);
                match round.contenders[place].name {
                    DIRECT => direct = Some(latency),
                    _ => others.push((place, latency)),
                }
                Ok(())
            });
            let Some((median, tail)) = direct else { continue };
            for (place, latency) in others {
                self.add(Figure::AddedMedian, place, window, latency.0 - median);
                self.add(Figure::AddedTail, place, window, latency.1 - tail);
            }
        }
    }

    fn streams(&mut self, place: usize) -> Result<()> {
        let outcome = self.instruments.streams(&self.contenders[place], 64, self.plan.window.max(STREAM_WINDOW))?.valid()?;
        self.add(Figure::FirstToken, place, 0, outcome.number("/first_token/p50")? / 1e3);
        self.add(Figure::FirstTokenTail, place, 0, outcome.number("/first_token/p99")? / 1e3);
        self.add(Figure::Frame, place, 0, outcome.number("/delay/p50")? / 1e3);
        Ok(())
    }

    /// Frames are counted even where streams failed: that they are lost is what this window is about.
    fn many_streams(&mut self, place: usize) -> Result<()> {
        let outcome = self.instruments.streams(&self.contenders[place], 512, self.plan.window.max(STREAM_WINDOW))?;
        let (lost, late) = (outcome.number("/lost")?, outcome.number("/late")?);
        let frames = outcome.number("/frames")? + lost;
        ensure!(frames > 0.0, "no stream was opened");
        self.add(Figure::FramesLost, place, 0, lost / frames * 1e4);
        self.add(Figure::FramesLate, place, 0, late / frames * 1e4);
        let outcome = outcome.valid()?;
        self.add(Figure::FirstTokenMany, place, 0, outcome.number("/first_token/p50")? / 1e3);
        self.add(Figure::FirstTokenManyTail, place, 0, outcome.number("/first_token/p99")? / 1e3);
        Ok(())
    }

    fn changes(&mut self, place: usize) -> Result<()> {
        let Some(management) = &self.contenders[place].management else { return Ok(()) };
        for (window, change) in (0..).zip(live::measure(self.instruments, &self.contenders[place], management)?) {
            self.add(Figure::Saved, place, window, millis(change.saved));
            self.add(Figure::Live, place, window, millis(change.live));
        }
        Ok(())
    }

    fn memory(&mut self, figure: Figure) {
        self.in_turn("memory", |round, place| {
            let Some(running) = &round.running[place] else { return Ok(()) };
            let used = running.used().context("cannot look at it")?;
            round.add(figure, place, 0, used.megabytes());
            Ok(())
        });
    }

    fn settle(&mut self) {
        println!("waiting {:?}, then looking at the memory again", self.plan.settle);
        rest(self.plan.settle);
        self.memory(Figure::MemoryLater);
    }

    fn stop(&mut self) {
        for place in 0..self.contenders.len() {
            let Some(running) = self.running[place].take() else { continue };
            match running.stop(Signal::TERM) {
                Ok(took) => self.add(Figure::Stop, place, 0, millis(took)),
                Err(error) => self.results.void(self.contenders[place].name, "the stop", &error),
            }
        }
    }
}

/// Lets everybody who runs be idle.
#[expect(clippy::disallowed_methods, reason = "what is looked at afterwards is what passes by itself, and no async task runs here")]
fn rest(time: Duration) {
    std::thread::sleep(time);
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
