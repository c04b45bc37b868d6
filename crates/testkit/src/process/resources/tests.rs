use super::*;

#[test]
fn a_name_with_brackets_does_not_move_the_fields() {
    let stat = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 5 1 20 0 9 0 123 1000 50 0";
    let row = row(stat).unwrap();
    assert_eq!((row.parent, row.ticks, row.threads), (7, 126, 9));
    assert!(super::row("nonsense").is_none());
}

#[test]
fn a_tree_has_grandchildren_and_nobody_else() {
    let row = |parent| Row { parent, ticks: 0, threads: 1 };
    let table = HashMap::from([(1, row(0)), (2, row(1)), (3, row(2)), (4, row(3)), (9, row(1))]);
    assert_eq!(tree(2, &table), BTreeSet::from([2, 3, 4]));
}
