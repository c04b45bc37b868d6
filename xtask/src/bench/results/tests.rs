use anyhow::anyhow;

use super::*;

#[test]
fn the_median_is_in_the_middle() {
    for (values, expected) in [(&[3.0, 1.0, 2.0][..], 2.0), (&[4.0, 1.0, 2.0, 3.0], 2.5), (&[7.0], 7.0)] {
        assert_eq!(median(values), Some(expected));
    }
    assert_eq!(median(&[]), None);
}

#[test]
fn ratios_compare_what_was_measured_side_by_side() {
    let mut results = Results::default();
    // The machine was three times as slow in the second round, and nginx's third window did not count.
    for (round, nginx, agm) in [(0, Some(10.0), 14.0), (1, Some(30.0), 45.0), (2, None, 90.0), (3, Some(10.0), 16.0)] {
        let moment = Moment { round, window: 0 };
        if let Some(nginx) = nginx {
            results.add(Figure::Cpu, NGINX, moment, nginx);
        }
        results.add(Figure::Cpu, "agm", moment, agm);
    }
    let summary = results.of(Figure::Cpu, "agm").unwrap();
    assert_eq!(summary, Summary { samples: vec![14.0, 45.0, 90.0, 16.0], median: 30.5, least: 14.0, most: 90.0, to_nginx: Some(1.5) });
    assert_eq!(results.of(Figure::Cpu, "direct"), None);
}

#[test]
fn what_does_not_count_is_remembered_with_its_reason() {
    let mut results = Results::default();
    results.void("agm", "64 streams", &anyhow!("3 × status 502"));
    assert_eq!(results.voids(), ["agm, 64 streams: 3 × status 502"]);
}
