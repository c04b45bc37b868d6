//! A gateway in front of one OpenAI-compatible address: `cargo run -p agm-gateway --example serve -- http://127.0.0.1:9000/v1 [listen] [routes]`.
//! The consumer `manager` has the key `demo`.

use std::net::SocketAddr;
use std::time::Duration;

use agm_domain::consumer::Consumer;
use agm_domain::document::Document;
use agm_domain::name::{ConsumerName, ProviderName, RouteName};
use agm_domain::provider::Provider;
use agm_domain::route::{AiRoute, AuthConfig, ModelPredicate, Predicate};
use agm_domain::secret::Secret;
use agm_gateway::{Gateway, Settings, system_clock};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let vendor = arguments.next().ok_or("give the vendor's base URL, as in http://127.0.0.1:9000/v1")?;
    let listen: SocketAddr = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned()).parse()?;
    let routes: usize = arguments.next().map_or(Ok(1), |count| count.parse())?;
    let gateway = Gateway::start(Settings::default(), listen, &document(&vendor, routes), system_clock())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::signal::ctrl_c().await?;
        gateway.shutdown(Duration::from_secs(5)).await;
        Ok(())
    })
}

/// The default route, and others before it that take one model each.
fn document(vendor: &str, routes: usize) -> Document {
    let mut document = Document::default();
    let name = ProviderName::from("vendor");
    let mut provider = Provider::new(name.clone(), "openai", vec![Secret::from("sk-vendor")]);
    provider.raw_configs.insert("openaiCustomUrl".to_owned(), vendor.into());
    document.providers.insert(name.clone(), provider);
    let manager = ConsumerName::from("manager");
    document.consumers.insert(manager.clone(), Consumer::bearer(manager.clone(), Secret::from("demo")));
    let mut add = |route_name: String, models: Vec<ModelPredicate>| {
        let mut route = AiRoute::new(RouteName::from(route_name), name.clone());
        route.path_predicate = Some(Predicate::path("/v1"));
        route.auth_config = Some(AuthConfig { enabled: true, allowed_consumers: vec![manager.clone()], ..AuthConfig::default() });
        route.model_predicates = models;
        document.routes.insert(route.name.clone(), route);
    };
    add("default-ai-route".to_owned(), Vec::new());
    for number in 1..routes {
        add(format!("route-{number}"), vec![ModelPredicate::equal(&format!("model-{number}"))]);
    }
    document
}
