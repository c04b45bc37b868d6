//! The counters, under Higress's names and our own.

use std::time::Duration;

use agm_simvendor::Behaviour;

use crate::world::*;

fn sample(metrics: &str, beginning: &str) -> Option<u64> {
    metrics.lines().find_map(|line| line.strip_prefix(beginning)?.rsplit(' ').next()?.parse().ok())
}

#[tokio::test]
async fn higress_dashboards_find_their_series() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.pacing = agm_simvendor::Pacing { frames: Some(4), gap: Duration::from_millis(10), ..Default::default() });
    send(&gateway, &chat("gpt-4o")).await;
    send(&gateway, &stream("gpt-4o")).await;
    let seen = logged(&gateway, 2).await;
    let mut metrics = String::new();
    gateway.encode_metrics(&mut metrics);
    let figure = |name: &str| {
        let labels = "ai_route=\"ai-route-default-ai-route.internal\",ai_cluster=\"outbound|80||llm-alpha.internal.static\",ai_model=\"gpt-4o\",ai_consumer=\"manager\"";
        sample(&metrics, &format!("route_upstream_model_consumer_metric_{name}{{{labels}}}"))
            .unwrap_or_else(|| panic!("{name} in {metrics}"))
    };
    let sum = |pick: fn(&agm_gateway::Usage) -> u64| seen.iter().map(|s| pick(&s.usage.unwrap())).sum::<u64>();
    assert_eq!(figure("input_token"), sum(|u| u.input));
    assert_eq!(figure("output_token"), sum(|u| u.output));
    assert_eq!(figure("total_token"), sum(|u| u.total));
    assert_eq!((figure("llm_duration_count"), figure("llm_stream_duration_count")), (2, 1));
    assert!(figure("llm_service_duration") >= 30, "three gaps of ten milliseconds");
    assert!(figure("llm_first_token_duration") <= figure("llm_service_duration"));
}

#[tokio::test]
async fn our_own_families_add_up() {
    let (vendor, gateway) = simple().await;
    send(&gateway, &chat("m")).await;
    vendor.push(Behaviour::error(400));
    send(&gateway, &chat("m")).await;
    send(&gateway, &post("/v2/none")).await;
    vendor.push(Behaviour::CutMidBody);
    send(&gateway, &chat("m")).await;
    logged(&gateway, 4).await;
    let mut metrics = String::new();
    gateway.encode_metrics(&mut metrics);
    let own = "{route=\"default-ai-route\",provider=\"alpha\",consumer=\"manager\"";
    assert_eq!(sample(&metrics, &format!("agm_gateway_requests_total{own},class=\"2xx\"")), Some(2));
    assert_eq!(sample(&metrics, &format!("agm_gateway_requests_total{own},class=\"4xx\"")), Some(1));
    assert_eq!(sample(&metrics, "agm_gateway_requests_total{route=\"\",provider=\"\",consumer=\"manager\",class=\"4xx\""), Some(1));
    assert_eq!(sample(&metrics, &format!("agm_gateway_broken_total{own},by=\"provider\"")), Some(1));
    assert_eq!(sample(&metrics, &format!("agm_gateway_request_duration_seconds_count{own}")), Some(3));
    assert_eq!(sample(&metrics, &format!("agm_gateway_request_duration_seconds_bucket{own},le=\"+Inf\"")), Some(3));
    assert_eq!(sample(&metrics, "agm_gateway_key_out{provider=\"alpha\",key=\"0\"}"), Some(0));
    for family in metrics.lines().filter_map(|l| l.strip_prefix("# TYPE ")) {
        assert_eq!(metrics.matches(&format!("# TYPE {family}\n")).count(), 1, "{family} is declared once");
    }
}

#[tokio::test]
async fn made_up_models_are_written_safely() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.record = 0);
    let addr = gateway.addr();
    let tasks: Vec<_> = (0..8)
        .map(|part| {
            aside(async move {
                for number in 0..30 {
                    let name = format!("made-up \"{part}\\{number}\n");
                    assert_eq!(agm_testkit::http::send(addr, &chat(&name)).await.unwrap().status, 200);
                }
            })
        })
        .collect();
    for task in tasks {
        task.done().await;
    }
    logged(&gateway, 240).await;
    let mut metrics = String::new();
    gateway.encode_metrics(&mut metrics);
    assert!(metrics.contains("made-up \\\"0\\\\0\\n\""), "labels are escaped");
    assert!(gateway.last_seen("manager").len() >= 200);
}
