use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::args::{Global, ServerArgs};

/// Resolves with what is given and nothing else.
fn resolved(args: &ServerArgs, env: &[(&str, &str)], file: &str) -> crate::error::Result<Settings> {
    let dir = tempfile::tempdir().unwrap();
    if !file.is_empty() {
        std::fs::write(dir.path().join("agm.toml"), file).unwrap();
    }
    let global = Global { data_dir: Some(dir.path().to_owned()), ..Global::default() };
    resolve(&global, args, &|name| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}

fn origin(settings: &Settings, key: &str) -> (String, String) {
    let found = settings.found.iter().find(|found| found.key == key).unwrap();
    (found.text.clone(), found.origin.to_string())
}

#[test]
fn nothing_given_is_what_the_documentation_says() {
    let settings = resolved(&ServerArgs::default(), &[], "").unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:18080");
    assert_eq!(settings.gateway_listen.to_string(), "127.0.0.1:8080");
    assert!(settings.loopback_only() && settings.gateway_ui);
    assert!(matches!(&settings.admin, agm_ops::AdminCredentials::Generated { user } if user == "admin"));
    assert!(settings.found.iter().all(|found| found.origin == Origin::Default));
}

/// The table's defaults and the gateway's own must not drift apart.
#[test]
fn defaults_are_the_gateways_own() {
    let settings = resolved(&ServerArgs::default(), &[], "").unwrap();
    let own = agm_gateway::Settings::default();
    assert_eq!(format!("{:?}", settings.gateway.limits), format!("{:?}", own.limits));
    assert_eq!(format!("{:?}", settings.gateway.timeouts), format!("{:?}", own.timeouts));
    assert_eq!(settings.gateway.log_capacity, own.log_capacity);
    assert_eq!(settings.gateway.idle_connections, own.idle_connections);
    assert_eq!(format!("{:?}", settings.patience), format!("{:?}", agm_ops::Patience::default()));
}

#[test]
fn flags_over_environment_over_file_over_platform_over_defaults() {
    let flag = ServerArgs { listen: Some("127.0.0.1:1".to_owned()), ..ServerArgs::default() };
    let none = ServerArgs::default();
    let (env, platform) = (("AGM_LISTEN", "127.0.0.1:2"), ("MONITOR_PORT", "4"));
    let file = "listen = \"127.0.0.1:3\"";
    let check = |args: &ServerArgs, env: &[(&str, &str)], file: &str, port: u16, from: &str| {
        let settings = resolved(args, env, file).unwrap();
        let (_, origin) = origin(&settings, "listen");
        assert_eq!(settings.listen.port(), port);
        assert!(origin.contains(from), "{origin}");
    };
    check(&flag, &[env, platform], file, 1, "--listen");
    check(&none, &[env, platform], file, 2, "AGM_LISTEN");
    check(&none, &[platform], file, 3, "agm.toml");
    check(&none, &[platform], "", 4, "MONITOR_PORT (platform)");
}

#[test]
fn admin_credentials_are_pairs() {
    let check = |env: &[(&str, &str)], file: &str, expected: Option<(&str, &str)>| {
        let settings = resolved(&ServerArgs::default(), env, file).unwrap();
        let found = match &settings.admin {
            agm_ops::AdminCredentials::Given { user, password } => Some((user.as_str(), password.expose())),
            agm_ops::AdminCredentials::Generated { .. } => None,
        };
        assert_eq!(found, expected, "{env:?} {file}");
    };
    let hiclaw = [("HICLAW_ADMIN_USER", "boss"), ("HICLAW_ADMIN_PASSWORD", "h")];
    let teams = ("AGENTTEAMS_ADMIN_PASSWORD", "t");
    let own = ("AGM_ADMIN_PASSWORD", "a");
    check(&hiclaw, "", Some(("boss", "h")));
    check(&[hiclaw[0], hiclaw[1], teams], "", Some(("admin", "t")));
    check(&[hiclaw[0], hiclaw[1], teams, own], "", Some(("admin", "a")));
    check(&[("AGM_ADMIN_USER", "alone"), hiclaw[0], hiclaw[1]], "", Some(("boss", "h")));
    let file = "[admin]\nuser = \"file\"\npassword = \"f\"";
    check(&hiclaw, file, Some(("file", "f")));
    check(&[own], file, Some(("admin", "a")));
    check(&[("AGM_ADMIN_USER", "alone")], "", None);
}

#[test]
fn half_a_pair_is_remarked_on() {
    let settings = resolved(&ServerArgs::default(), &[("AGM_ADMIN_USER", "alone")], "").unwrap();
    assert!(settings.remarks.iter().any(|r| r.contains("AGM_ADMIN_USER is set without AGM_ADMIN_PASSWORD")), "{:?}", settings.remarks);
}

#[test]
fn the_managers_key_has_documented_names() {
    for name in ["AGM_MANAGER_KEY", "HICLAW_MANAGER_GATEWAY_KEY", "AGENTTEAMS_MANAGER_GATEWAY_KEY"] {
        let settings = resolved(&ServerArgs::default(), &[(name, "0123456789abcdef0123")], "").unwrap();
        assert_eq!(settings.manager_key.as_ref().map(|key| key.expose().to_owned()).as_deref(), Some("0123456789abcdef0123"), "{name}");
        assert!(!format!("{:?}", settings.found).contains("0123456789abcdef0123"));
    }
}

#[test]
fn everything_wrong_is_told_at_once() {
    let env = [
        ("AGM_LISTEN", "nowhere"),
        ("AGM_DRAIN", "soon"),
        ("AGM_STORE", "s3"),
        ("AGM_MANAGER_ACCESS", "root"),
        ("AGM_PLATFORM", "classic"),
    ];
    let error = resolved(&ServerArgs::default(), &env, "").map(|_| ()).unwrap_err();
    assert_eq!(error.exit, crate::error::Exit::Usage);
    for part in [
        "`listen` is `nowhere` (AGM_LISTEN)",
        "`drain`",
        "`s3.bucket` is missing",
        "`s3.secret-key` is missing",
        "`manager-access`",
        "`classic` yet",
    ] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
}

#[test]
fn a_bucket_is_settled() {
    let env = [
        ("AGM_STORE", "s3"),
        ("AGM_S3_ENDPOINT", "http://127.0.0.1:9000/"),
        ("AGM_S3_BUCKET", "team"),
        ("AGM_S3_PREFIX", "agm/"),
        ("AGM_S3_ACCESS_KEY", "id"),
        ("AGM_S3_SECRET_KEY", "planted-secret-planted-secret"),
    ];
    let settings = resolved(&ServerArgs::default(), &env, "").unwrap();
    let agm_ops::Storage::S3(config) = &settings.storage else { panic!("no bucket") };
    assert_eq!((config.endpoint.as_deref(), config.bucket.as_str(), config.path_style), (Some("http://127.0.0.1:9000"), "team", true));
    assert!(!format!("{:?}", settings.found).contains("planted-secret-planted-secret"));
}

#[test]
fn the_master_key_is_a_text_or_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    std::fs::write(&path, "from-the-file\n").unwrap();
    let path = path.to_str().unwrap();
    let of = |env: &[(&str, &str)]| resolved(&ServerArgs::default(), env, "").map(|s| s.master_key.map(|k| k.expose().to_owned()));
    assert_eq!(of(&[("AGM_MASTER_KEY", "text")]).unwrap().as_deref(), Some("text"));
    assert_eq!(of(&[("AGM_MASTER_KEY_FILE", path)]).unwrap().as_deref(), Some("from-the-file"));
    assert!(of(&[("AGM_MASTER_KEY", "text"), ("AGM_MASTER_KEY_FILE", path)]).unwrap_err().message.contains("give one of them"));
    assert!(of(&[("AGM_MASTER_KEY_FILE", "/nowhere/at/all")]).is_err());
}

#[test]
fn data_directories() {
    let check = |given: Option<&str>, env: &[(&str, &str)], root: bool, expected: Option<&str>| {
        let lookup = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(data_dir(given.map(Path::new), &lookup, root).ok().as_deref(), expected.map(Path::new), "{given:?} {env:?} {root}");
    };
    check(Some("/given"), &[("AGM_DATA_DIR", "/env")], true, Some("/given"));
    check(None, &[("AGM_DATA_DIR", "/env")], true, Some("/env"));
    check(None, &[("HOME", "/home/u")], true, Some("/var/lib/agm"));
    check(None, &[("XDG_DATA_HOME", "/xdg"), ("HOME", "/home/u")], false, Some("/xdg/agm"));
    check(None, &[("XDG_DATA_HOME", "relative"), ("HOME", "/home/u")], false, Some("/home/u/.local/share/agm"));
    check(None, &[], false, None);
}

#[test]
fn every_setting_has_one_name_of_each_kind_and_a_description() {
    let mut seen = BTreeSet::new();
    for setting in TABLE {
        assert!(seen.insert(setting.key), "{} twice", setting.key);
        assert!(seen.insert(setting.variable), "{} twice", setting.variable);
        for name in [setting.variable].iter().chain(setting.platform) {
            assert!(!variables::about(name).is_empty(), "{name} is not described");
        }
    }
}

/// Nobody must recognise these: of a password, or of a key that nobody types, no character is shown.
#[test]
fn what_nobody_has_to_recognise_is_not_shown_in_part() {
    let env = [
        ("AGM_ADMIN_PASSWORD", "Correct-horse-battery-9"),
        ("AGM_MASTER_KEY", "Uzw0123456789abcdefghijklmnopqrstuvwxyz0x4k="),
        ("AGM_S3_SECRET_KEY", "secret-0123456789abcdef0123456789"),
        ("AGM_S3_SESSION_TOKEN", "token-0123456789abcdef0123456789"),
        ("AGM_MANAGER_KEY", "manager-key-0123456789abcdef"),
    ];
    let settings = resolved(&ServerArgs::default(), &env, "").unwrap();
    let shown = |key: &str| settings.found.iter().find(|found| found.key == key).unwrap().shown();
    for key in ["admin.password", "master-key", "s3.secret-key", "s3.session-token"] {
        assert_eq!(shown(key), "(set)", "{key}");
    }
    assert_eq!(shown("manager-key"), "man…cdef", "an operator compares it with what the team has");
}

#[test]
fn values_with_which_nothing_works_are_refused_together() {
    let env = [
        ("AGM_GATEWAY_MAX_CONNECTIONS", "0"),
        ("AGM_RECHECK", "0s"),
        ("AGM_GATEWAY_WORKERS", "100000"),
        ("AGM_GATEWAY_HEADER_TIMEOUT", "0"),
        ("AGM_GATEWAY_MAX_BODY", "0"),
    ];
    let Err(error) = resolved(&ServerArgs::default(), &env, "") else { panic!("accepted") };
    for (key, least, most) in [
        ("gateway.max-connections", "1", "1000000"),
        ("recheck", "1s", "24h"),
        ("gateway.workers", "0", "256"),
        ("gateway.header-timeout", "100ms", "24h"),
        ("gateway.max-body", "1KiB", "16GiB"),
    ] {
        assert!(error.message.contains(&format!("`{key}`")), "{key}: {}", error.message);
        assert!(error.message.contains(&format!("from {least} to {most}")), "{key}: {}", error.message);
    }
}
