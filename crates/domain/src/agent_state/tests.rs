#![allow(clippy::unnecessary_wraps, reason = "the table's columns are optional")]

use super::*;

const NOW: Moment = 1_000_000_000;

fn word(condition: Condition, said_ago: Moment) -> Option<Process> {
    Some(Process { condition, since: NOW - 5_000_000, said: NOW - said_ago })
}

/// A request that took a second and ended so long ago.
fn ended(ago: Moment) -> Option<(Moment, Moment)> {
    Some((NOW - ago - 1_000, NOW - ago))
}

#[test]
fn a_state_is_what_facts_show() {
    use Condition::{Asleep, Running, Stopped};
    use Doing::{Busy, Idle, Offline, Sleeping, Unknown};
    let long = NOW - 5_000_000;
    let cases = [
        ("nothing is known", 0, None, None, Unknown, None, Reason::Never),
        ("it asks for the first time", 1, None, None, Busy, Some(NOW), Reason::Asking),
        ("it has asked before", 2, ended(3_600_000), None, Busy, Some(NOW), Reason::Asking),
        ("it asked just now", 0, ended(0), None, Busy, Some(NOW - 1_000), Reason::Asking),
        ("it asks again", 1, ended(2_999), None, Busy, Some(NOW - 3_999), Reason::Asking),
        ("it stopped asking", 0, ended(3_000), None, Idle, Some(NOW - 3_000), Reason::Seen),
        ("it asked minutes ago", 0, ended(599_999), None, Idle, Some(NOW - 599_999), Reason::Seen),
        ("its silence tells nothing", 0, ended(600_000), None, Unknown, Some(NOW - 600_000), Reason::Silent),
        ("its clock was set back", 0, ended(-60_000), None, Busy, Some(NOW), Reason::Asking),
        ("it is said to run", 0, None, word(Running, 0), Idle, Some(long), Reason::Platform),
        ("it runs, and is silent", 0, ended(700_000), word(Running, 0), Idle, Some(NOW - 700_000), Reason::Platform),
        ("it runs, and asks", 1, None, word(Running, 0), Busy, Some(NOW), Reason::Asking),
        ("it was put to sleep", 0, ended(700_000), word(Asleep, 60_000), Sleeping, Some(long), Reason::Platform),
        ("it is gone", 0, None, word(Stopped, 60_000), Offline, Some(long), Reason::Platform),
        ("it is gone, but asks", 1, None, word(Stopped, 0), Busy, Some(NOW), Reason::Asking),
        ("it was gone, and asked since", 0, ended(10_000), word(Stopped, 20_000), Idle, Some(NOW - 10_000), Reason::Seen),
        ("it slept, and asked since", 0, ended(10_000), word(Asleep, 20_000), Idle, Some(NOW - 10_000), Reason::Seen),
        ("it asked, and is gone since", 0, ended(20_000), word(Stopped, 10_000), Offline, Some(long), Reason::Platform),
        ("an old word is no word", 0, None, word(Stopped, 600_000), Unknown, None, Reason::Never),
        ("an old word, and silence", 0, ended(800_000), word(Running, 600_000), Unknown, Some(NOW - 800_000), Reason::Silent),
    ];
    for (case, in_flight, last, process, doing, since, reason) in cases {
        let state = AgentState::of(&Facts { in_flight, last, process }, None, NOW);
        assert_eq!(state, AgentState { doing, since, reason }, "{case}");
        assert!(!state.evidence().is_empty());
    }
}

#[test]
fn only_a_platform_says_that_somebody_sleeps_or_is_gone() {
    for in_flight in [0, 1] {
        for last in [None, ended(0), ended(10_000), ended(10_000_000), ended(NOW)] {
            let state = AgentState::of(&Facts { in_flight, last, process: None }, None, NOW);
            assert!(!matches!(state.doing, Doing::Sleeping | Doing::Offline), "{state:?}");
        }
    }
}

#[test]
fn a_task_of_many_requests_is_one_time_of_work() {
    let begun = AgentState::of(&Facts { in_flight: 1, ..Facts::default() }, None, NOW);
    let mut state = begun;
    for step in 1..50 {
        let now = NOW + step * 1_000;
        let facts = Facts { in_flight: u32::from(step % 2 == 0), last: Some((now - 500, now - 200)), process: None };
        state = AgentState::of(&facts, Some(&state), now);
        assert_eq!(state, begun, "a change that nobody sees is no change");
    }
    let rest = Facts { last: Some((NOW, NOW + 50_000)), ..Facts::default() };
    let idle = AgentState::of(&rest, Some(&state), NOW + 60_000);
    assert_eq!((idle.doing, idle.since), (Doing::Idle, Some(NOW + 50_000)));
    // Time alone changes nothing else until nothing is known any more.
    assert_eq!(AgentState::of(&rest, Some(&idle), NOW + 649_999), idle);
    assert_eq!(AgentState::of(&rest, Some(&idle), NOW + 650_000).doing, Doing::Unknown);
}
