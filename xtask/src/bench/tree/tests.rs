use super::*;

#[test]
fn a_line_is_read_whatever_the_process_is_called() {
    let line = "42 (a) b (c) S 7 42 42 0 -1 4194560 100 200 0 0 11 22 33 44 20 0 3 0 5 1000000 250 18446744073709551615";
    assert_eq!(parse(line), Some(Stat { pid: 42, parent: 7, used: Tree { ticks: 110, pages: 250 } }));
    assert_eq!(parse(""), None);
    assert_eq!(parse("42 (a) S 7"), None);
}

#[test]
fn a_tree_is_everything_below_and_nothing_beside() {
    let family = [(1, 0), (10, 1), (11, 10), (12, 11), (20, 1)];
    let stat = |(pid, parent)| (pid, Stat { pid, parent, used: Tree::default() });
    let all: BTreeMap<u32, Stat> = family.into_iter().map(stat).collect();
    assert_eq!(below(10, &all), [11, 12]);
    assert_eq!(below(12, &all), [0u32; 0]);
}

#[test]
fn we_have_memory_ourselves() {
    assert!(Tree::of(std::process::id()).is_ok_and(|tree| tree.megabytes() > 0.5));
}
