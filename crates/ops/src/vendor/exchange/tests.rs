#![allow(clippy::unwrap_used)]
use agm_domain::endpoint;
use agm_domain::provider::Provider;
use reqwest::dns::{Name, Resolve, Resolving};
use serde_json::json;

use super::*;

/// A name server that knows one address for every name.
struct Poisoned(&'static str);

impl Resolve for Poisoned {
    fn resolve(&self, name: Name) -> Resolving {
        // As the resolver in use does once it has the addresses.
        let refused = refused_host(self.0);
        let host = name.as_str().to_owned();
        Box::pin(async move { Err(refused.map_or_else(|| host.into(), Into::into)) })
    }
}

async fn ask(resolver: Poisoned) -> Failure {
    let mut provider = Provider::new("mine".into(), "openai", vec![Secret::from("sk-0123456789abcdefghij")]);
    provider.raw_configs.insert("openaiCustomUrl".into(), json!("http://vendor.example/v1"));
    let endpoint = endpoint::resolve(&provider).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().dns_resolver(resolver).build().unwrap();
    let asked = Asked { endpoint: &endpoint, target: "/v1/models", api: Api::Models, key: provider.tokens.first(), body: None };
    send(&client, asked, &Subject::of(&provider), Patience::default()).await.err().unwrap()
}

#[tokio::test]
async fn a_name_that_leads_to_a_metadata_address_is_told_from_one_that_leads_nowhere() {
    let refused = ask(Poisoned("169.254.169.254")).await;
    assert_eq!((refused.cause, refused.network), (Code::AddressRefused, false), "{refused:?}");
    let unknown = ask(Poisoned("127.0.0.1")).await;
    assert_eq!((unknown.cause, unknown.network), (Code::VendorUnreachable, true), "{unknown:?}");
    assert!(unknown.message.contains("vendor.example:80 cannot be found"), "{unknown:?}");
}

#[test]
fn a_redirect_shows_its_host_and_nothing_else() {
    let to = |location: &'static str| {
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(location))]);
        Heard { status: 307, headers, body: Vec::new() }.points_to()
    };
    assert_eq!(to("https://user:secret@other.example:8443/v1?key=secret#x").as_deref(), Some("other.example:8443"));
    assert_eq!(to("//other.example/x").as_deref(), Some("other.example"));
    assert_eq!(to("/login?key=secret"), None);
}
