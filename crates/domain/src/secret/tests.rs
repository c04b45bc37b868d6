use super::*;

#[test]
fn masks_show_only_long_keys() {
    for (key, shown) in [
        ("sk-0123456789abcdefa1b2", "sk-…a1b2"),
        ("short-key", "…"),
        ("0123456789012345678", "…"),
        ("01234567890123456789", "012…6789"),
        ("", "…"),
        ("${vendor.key}", "${vendor.key}"),
    ] {
        assert_eq!(mask(key), shown);
    }
}

#[test]
fn debug_shows_the_mask() {
    let secret = Secret::from("sk-0123456789abcdefa1b2");
    assert_eq!(format!("{secret:?}"), "Secret(sk-…a1b2)");
}

#[test]
fn secret_names() {
    for name in [
        "apiTokens",
        "awsSecretKey",
        "vertexAuthKey",
        "api_key",
        "password",
        "credentials",
        "accessToken",
        "private_key",
        "Authorization",
        "x-auth",
        "oauth",
        "Set-Cookie",
    ] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in [
        "maxTokens",
        "keyboard",
        "vertexTokenRefreshAhead",
        "type",
        "openaiCustomUrl",
        "tokenFailoverConfig",
        "max_tokens",
        "author",
        "authors",
    ] {
        assert!(!is_secret_name(name), "{name}");
    }
}
