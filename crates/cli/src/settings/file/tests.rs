use super::*;

#[test]
fn tables_become_dotted_names() {
    let text = "listen = \"127.0.0.1:0\"\ndomain = [\"a.example\", \"b.example\"]\n[gateway]\nworkers = 2\nui = false\n";
    let found = parse(text).unwrap();
    let shown: Vec<String> = found.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(shown, ["domain=a.example,b.example", "gateway.ui=false", "gateway.workers=2", "listen=127.0.0.1:0"]);
}

#[test]
fn what_is_wrong_is_named_and_no_line_is_quoted() {
    let check = |text: &str, expected: &str| {
        let problem = parse(text).unwrap_err();
        assert!(problem.contains(expected), "{text}: {problem}");
        assert!(!problem.contains("planted"), "{problem}");
    };
    check("lisen = \"x\"", "there is no setting `lisen`");
    check("[gateway]\nworkers = 1.5", "gateway.workers");
    check("listen = \"a\"\nmaster-key = \"planted", "line 2");
    check("domain = [1]", "`domain` is a list");
}
