use super::*;

#[test]
fn closing_lines_of_both_runners_are_counted() {
    for (line, passed, failed) in [
        ("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.02s", 12, 0),
        ("test result: FAILED. 11 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s", 11, 1),
        ("======================== 3 failed, 20 passed, 2 warnings in 4.31s ========================", 20, 3),
        ("=============================== 5 passed in 0.10s ================================", 5, 0),
        ("========================= 1 passed, 1 error in 0.10s ==========================", 1, 1),
        ("=========================== no tests ran in 0.00s ============================", 0, 0),
        ("passed", 0, 0),
    ] {
        assert_eq!(closing_line(line), Tally { passed, failed }, "{line}");
    }
}

#[test]
fn no_choice_means_every_part_in_order() {
    assert_eq!(Part::value_variants(), [Part::Unit, Part::S3, Part::Sdk, Part::Openclaw, Part::Api, Part::Page, Part::Browser]);
}
