use anyhow::{anyhow, bail};

use super::*;

#[test]
fn a_failed_step_is_remembered_and_the_next_one_still_runs() {
    let mut report = Report::default();
    report.step("first", || bail!("no"));
    let mut ran = false;
    report.step("second", || {
        ran = true;
        Ok(())
    });
    assert!(ran);
    assert!(!report.passed());
    assert_eq!(report.sum(), None);
}

#[test]
fn the_sum_is_over_all_parts() {
    let mut report = Report::default();
    for passed in [3, 4] {
        report.part("some", |tally| {
            tally.passed = passed;
            Ok(())
        });
    }
    assert!(report.passed());
    assert_eq!(report.sum(), Some(Tally { passed: 7, failed: 0 }));
}

#[test]
fn a_part_that_breaks_without_counting_is_one_failure() {
    let mut report = Report::default();
    report.part("broken", |_| Err(anyhow!("did not compile")));
    assert!(!report.passed());
    assert_eq!(report.sum(), Some(Tally { passed: 0, failed: 1 }));
}

#[test]
fn counted_failures_fail_the_report_even_without_an_error() {
    let mut report = Report::default();
    report.part("red", |tally| {
        *tally = Tally { passed: 1, failed: 2 };
        Ok(())
    });
    assert!(!report.passed());
}
