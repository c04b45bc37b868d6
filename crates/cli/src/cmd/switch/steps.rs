//! The steps of a switch on a terminal.

use std::io::{IsTerminal as _, Write as _};

use agm_domain::code::Code;
use agm_domain::switch::{Step, StepReport, StepState};
use agm_ops::SwitchReport;

use crate::error::Result;
use crate::output::{Tint, sentence};

/// What has been shown of a switch. Steps go to stderr: they are talk, the report is the data.
pub(super) struct Steps {
    wanted: bool,
    /// The step that runs is shown on a line that is written over; only a terminal can do that.
    live: bool,
    shown: Vec<(Step, StepState)>,
    /// Whether such a line stands there.
    open: bool,
}

impl Steps {
    pub(super) fn new(wanted: bool) -> Self {
        Self { wanted, live: std::io::stderr().is_terminal(), shown: Vec::new(), open: false }
    }

    /// Shows what is new. A step stands on its line once those before it are settled, so that lines come in order.
    pub(super) fn show(&mut self, report: &SwitchReport) -> Result<()> {
        if !self.wanted {
            return Ok(());
        }
        for step in &report.steps {
            match step.state {
                StepState::Pending => break,
                StepState::Running => {
                    self.running(step)?;
                    break;
                }
                state if self.shown.contains(&(step.step, state)) => {}
                state => {
                    self.shown.push((step.step, state));
                    self.line(&settled(step))?;
                    for warning in &step.warnings {
                        self.line(&format!("  {}           {}", Tint::Warn.paint("!"), sentence(warning)))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self) -> Result<()> {
        self.close(&mut anstream::stderr().lock())?;
        Ok(())
    }

    fn running(&mut self, step: &StepReport) -> Result<()> {
        if self.live {
            let mut stderr = anstream::stderr().lock();
            self.close(&mut stderr)?;
            write!(stderr, "  {} {:<10}", Tint::Dim.paint("…"), step.step.as_str())?;
            stderr.flush()?;
            self.open = true;
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> Result<()> {
        let mut stderr = anstream::stderr().lock();
        self.close(&mut stderr)?;
        writeln!(stderr, "{line}")?;
        Ok(())
    }

    fn close(&mut self, stderr: &mut impl std::io::Write) -> Result<()> {
        if std::mem::take(&mut self.open) {
            // Back to the margin, and the line is empty again.
            write!(stderr, "\r{:<40}\r", "")?;
        }
        Ok(())
    }
}

/// The line of a step that is settled.
fn settled(step: &StepReport) -> String {
    let (sign, tint) = if unproven(step) { ("!", Tint::Warn) } else { sign(step.state) };
    let undone = match step.state {
        StepState::Undone => "taken back: ",
        StepState::UndoIncomplete => "not wholly taken back: ",
        _ => "",
    };
    let text = format!("{undone}{}", step.sentence);
    let text = if tint == Tint::Dim { tint.paint(&text) } else { text };
    format!("  {} {:<10} {text}", tint.paint(sign), step.step.as_str())
}

/// Whether a step went on without having seen what it looks for: that gets no tick.
fn unproven(step: &StepReport) -> bool {
    step.state == StepState::Done && step.warnings.iter().any(|warning| warning.code == Code::VendorUnreachable)
}

/// The line of a step in a plan.
pub(crate) fn planned(step: &StepReport) -> String {
    match step.state {
        StepState::Skipped => settled(step),
        _ => format!("  · {}", step.step.as_str()),
    }
}

fn sign(state: StepState) -> (&'static str, Tint) {
    match state {
        StepState::Done => ("✓", Tint::Good),
        StepState::Failed | StepState::UndoIncomplete => ("✗", Tint::Bad),
        StepState::Skipped => ("–", Tint::Dim),
        StepState::Undone => ("↶", Tint::Warn),
        StepState::Pending | StepState::Running => ("·", Tint::Dim),
    }
}
