use super::*;

#[test]
fn auto_says_what_it_found() {
    let check = |text: &str, set: &[&str], expected: Result<(), &str>| {
        let chosen = choose(text, &|name| set.contains(&name).then(|| "x".to_owned()));
        match (chosen, expected) {
            (Ok(_), Ok(())) => {}
            (Err(reason), Err(part)) => assert!(reason.contains(part), "{text} {set:?}: {reason}"),
            (chosen, expected) => panic!("{text} {set:?}: {chosen:?}, not {expected:?}"),
        }
    };
    check("standalone", &["AGENTTEAMS_CONTROLLER_URL"], Ok(()));
    check("auto", &[], Ok(()));
    // The documented local test sets these, and is no team.
    check("auto", &["HICLAW_ADMIN_USER", "HICLAW_ADMIN_PASSWORD", "HIGRESS_COOKIE_FILE"], Ok(()));
    check("auto", &["HICLAW_STORAGE_PREFIX"], Err("HICLAW_STORAGE_PREFIX is set, so this is `classic`"));
    check("auto", &["HICLAW_DEFAULT_MODEL", "HICLAW_AUTH_TOKEN"], Err("`controller`"));
    check("auto", &["AGENTTEAMS_AUTH_TOKEN_FILE"], Err("`controller`"));
    check("controller", &[], Err("does not manage `controller` yet"));
    check("kubernetes", &[], Err("write `standalone`"));
}

#[test]
fn auto_remarks_on_standalone() {
    let remark = choose("auto", &|_| None).unwrap();
    assert!(remark.unwrap().contains("no variable of HiClaw, AgentTeams or Higress is set"));
}
