//! Which role an operation needs: the one table, for the door and for the OpenAPI document.

use agm_ops::Role;
use http::Method;

/// The role that a request of this method and path needs; the path may be a template. Whoever may not, learns nothing about what is there.
pub(crate) fn needed(method: &Method, path: &str) -> Role {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let Some(inside) = segments.strip_prefix(&["api", "v1"]) else {
        return if super::reads(method) { Role::Viewer } else { Role::Operator };
    };
    match inside {
        ["tokens" | "master-key", ..] | ["agents", _, "key"] | ["backups", _, "restore"] => Role::Admin,
        // Whoever logged in may log out, and a plan changes nothing.
        ["session"] | ["switches", "plan"] => Role::Viewer,
        _ if super::reads(method) => Role::Viewer,
        _ => Role::Operator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_the_table() {
        let cases = [
            (Method::GET, "/api/v1/providers", Role::Viewer),
            (Method::HEAD, "/ni_status/metrics", Role::Viewer),
            (Method::GET, "/metrics", Role::Viewer),
            (Method::POST, "/api/v1/providers", Role::Operator),
            (Method::PUT, "/ni_status/assignment/manager", Role::Operator),
            (Method::POST, "/api/v1/switches/plan", Role::Viewer),
            (Method::POST, "/api/v1/switches", Role::Operator),
            (Method::DELETE, "/api/v1/session", Role::Viewer),
            (Method::GET, "/api/v1/tokens", Role::Admin),
            (Method::DELETE, "/api/v1/tokens/{id}", Role::Admin),
            (Method::POST, "/api/v1/agents/worker:alice/key", Role::Admin),
            (Method::POST, "/api/v1/agents/{id}/key", Role::Admin),
            (Method::POST, "/api/v1/agents/{id}/key/rotate", Role::Operator),
            (Method::POST, "/api/v1/backups/7/restore", Role::Admin),
            (Method::GET, "/api/v1/backups/7/diff", Role::Viewer),
            (Method::POST, "/api//v1/tokens/", Role::Admin),
        ];
        for (method, path, role) in cases {
            assert_eq!(needed(&method, path), role, "{method} {path}");
        }
    }
}
