//! Testing a provider: every way in which a vendor can fail has its own reason and cure.

use std::time::Duration;

use agm_domain::code::Code;
use agm_domain::new_provider::NewProvider;
use agm_ops::{Fault, ProviderTest, TestRequest};
use agm_simvendor::{Behaviour, Flavour, On, Script, Vendor};

use crate::world::{KEY, World, actor, new_provider, script};

/// Tests an unsaved provider at the first vendor.
async fn test(world: &World, key: &str, model: Option<&str>) -> ProviderTest {
    let unsaved = new_provider("fresh", "openai", key, &world.vendors[0]);
    test_form(world, unsaved, model).await
}

async fn test_form(world: &World, unsaved: NewProvider, model: Option<&str>) -> ProviderTest {
    let request = TestRequest { provider: None, unsaved: Some(unsaved), model: model.map(str::to_owned) };
    world.agm.test_provider(&request).await.unwrap()
}

/// The cause, the message and whether nothing of the vendor answered.
fn failure(test: &ProviderTest) -> (Code, String, bool) {
    assert!(!test.success, "{test:?}");
    let failure = test.failure.clone().expect("a failed test has a reason");
    assert!(!failure.hint.is_empty(), "a failure has a cure: {failure:?}");
    (failure.cause, failure.message, failure.network)
}

#[tokio::test]
async fn a_good_provider_passes_and_nothing_is_stored() {
    let world = World::of(vec![script("one").key(KEY).models(["gpt-4o", "gpt-4o-mini"])]).await;
    let before = world.revision();
    let passed = test(&world, KEY, Some("gpt-4o")).await;
    assert!(passed.success && passed.key_checked, "{passed:?}");
    assert_eq!((passed.models, passed.listed.as_deref().unwrap().len()), (Some(2), 2));
    let completion = passed.completion.unwrap();
    assert_eq!((completion.status, completion.model.as_deref()), (Some(200), Some("gpt-4o")));
    assert_eq!(world.revision(), before);
    assert_eq!(world.agm.providers(), []);
}

#[tokio::test]
async fn a_wrong_key_is_named_as_the_cause_in_every_vendors_manner() {
    for flavour in Flavour::ALL {
        let world = World::of(vec![Script::new("one", flavour).key(KEY).echo_key()]).await;
        let wrong = "sk-wrong-0123456789abcdef";
        let (cause, message, network) = failure(&test(&world, wrong, None).await);
        assert_eq!((cause, network), (Code::VendorKeyRefused, false), "{flavour:?}: {message}");
        assert!(message.contains("fresh") && message.contains("401"), "{flavour:?}: {message}");
        assert!(!message.contains(wrong), "a vendor that quotes the key is not repeated: {message}");
    }
}

#[tokio::test]
async fn an_unknown_model_is_named_as_the_cause_in_every_vendors_manner() {
    for flavour in Flavour::ALL {
        let world = World::of(vec![Script::new("one", flavour).key(KEY).model("known-1")]).await;
        let tested = test(&world, KEY, Some("unheard-of-2")).await;
        let (cause, message, _) = failure(&tested);
        assert_eq!(cause, Code::VendorModelUnknown, "{flavour:?}: {message}");
        assert!(message.contains("`unheard-of-2`"), "{flavour:?}: {message}");
        assert_eq!(tested.models, Some(1), "the list was fine");
    }
}

#[tokio::test]
async fn each_fault_of_a_vendor_has_its_own_words() {
    let cases = [
        (Behaviour::NotJson, Code::VendorFaulty, "web page"),
        (Behaviour::EmptyChoices, Code::VendorFaulty, "without a single choice"),
        (Behaviour::CutMidBody, Code::VendorFaulty, "broke off in the middle"),
        (Behaviour::WrongContentLength, Code::VendorFaulty, "broke off in the middle"),
        (Behaviour::CutBeforeHeaders, Code::VendorFaulty, "broke off before it answered"),
        (Behaviour::HugeBody { bytes: 5 << 20 }, Code::VendorFaulty, "more than 1 MiB"),
        (Behaviour::error(429), Code::UpstreamError, "429"),
        (Behaviour::error(500), Code::UpstreamError, "500"),
        (
            Behaviour::Error { status: 402, body: Some(r#"{"error":{"message":"Insufficient Balance"}}"#.into()), retry_after: None },
            Code::UpstreamError,
            "used up",
        ),
        (
            Behaviour::Error { status: 404, body: Some("<html>no</html>".into()), retry_after: None },
            Code::UpstreamError,
            "nothing at the address",
        ),
    ];
    let world = World::of(vec![script("one").key(KEY)]).await;
    for (behaviour, cause, words) in cases {
        world.vendors[0].push_on(On::Inference, behaviour.clone());
        let (found, message, network) = failure(&test(&world, KEY, Some("gpt-4o")).await);
        assert_eq!((found, network), (cause, false), "{behaviour:?}: {message}");
        assert!(message.contains(words), "{behaviour:?}: {message}");
    }
}

#[tokio::test]
async fn no_key_follows_a_redirect() {
    let thief = Vendor::start(script("thief")).await.unwrap();
    let world = World::of(vec![script("one").key(KEY)]).await;
    let location = format!("http://user:pass@{}/v1/chat/completions?x=1", thief.addr());
    world.vendors[0].push_on(On::Inference, Behaviour::Redirect { location });
    let (cause, message, network) = failure(&test(&world, KEY, Some("gpt-4o")).await);
    assert_eq!((cause, network), (Code::VendorFaulty, false));
    assert!(message.contains(&format!("to {}", thief.addr())), "it says where to: {message}");
    assert!(!message.contains("pass"), "and no more than that: {message}");
    assert_eq!(thief.request_count(), 0);
}

#[tokio::test]
async fn a_silent_vendor_is_given_up() {
    let world = World::set(vec![script("one").key(KEY)], |s| s.patience.request = Duration::from_millis(300)).await;
    world.vendors[0].update(|s| *s = s.clone().always_on(On::Every, Behaviour::Hang));
    let (cause, message, network) = failure(&test(&world, KEY, None).await);
    assert_eq!((cause, network), (Code::VendorTimeout, true));
    assert!(message.contains("within 300 ms"), "{message}");
    let error = test(&world, KEY, None).await.into_result().unwrap_err();
    assert_eq!((error.fault, error.code), (Fault::PeerSilent, Code::VendorTimeout));
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_by_stage() {
    let gone = Vendor::start(script("gone")).await.unwrap();
    let refused = format!("{}/v1", gone.url());
    gone.stop().await;
    let plain = Vendor::start(script("plain")).await.unwrap();
    let world = World::with(1).await;
    let cases = [
        (refused, "does not take connections"),
        ("http://no-such-host.invalid/v1".to_owned(), "cannot be found"),
        (format!("https://{}/v1", plain.addr()), "cannot be spoken to securely"),
    ];
    for (url, words) in cases {
        let mut form = new_provider("fresh", "openai", KEY, &world.vendors[0]);
        form.base_url = Some(url.clone());
        let (cause, message, network) = failure(&test_form(&world, form, None).await);
        assert_eq!((cause, network), (Code::VendorUnreachable, true), "{url}: {message}");
        assert!(message.contains(words), "{url}: {message}");
    }
}

#[tokio::test]
async fn metadata_addresses_are_not_contacted() {
    let world = World::with(1).await;
    for host in ["169.254.169.254", "[fe80::1]", "100.100.100.200", "[fd00:ec2::254]"] {
        let mut form = new_provider("fresh", "openai", KEY, &world.vendors[0]);
        form.base_url = Some(format!("http://{host}/v1"));
        let (cause, message, network) = failure(&test_form(&world, form.clone(), None).await);
        assert_eq!((cause, network), (Code::AddressRefused, false), "{host}: {message}");
        let error = world.agm.add_provider(&actor(), &form, false).await.unwrap_err();
        assert_eq!(error.code, Code::AddressRefused, "{host}");
    }
}

#[tokio::test]
async fn a_test_that_proves_nothing_is_no_success() {
    // No list and no model: nothing was tested.
    let world = World::of(vec![script("one").key(KEY).always_on(On::Api(agm_simvendor::Api::Models), Behaviour::error(404))]).await;
    let (cause, message, _) = failure(&test(&world, KEY, None).await);
    assert_eq!(cause, Code::UpstreamError);
    assert!(message.contains("no list of models"), "{message}");
    let with_model = test(&world, KEY, Some("gpt-4o")).await;
    assert!(with_model.success, "a completion is a proof: {with_model:?}");

    // A list for everybody says nothing about the key, and the test says so.
    let open = World::of(vec![script("one")]).await;
    let listed = test(&open, KEY, None).await;
    assert!(listed.success && !listed.key_checked, "{listed:?}");
}

#[tokio::test]
async fn the_limit_is_asked_for_in_the_way_the_model_wants() {
    let world = World::of(vec![script("one").key(KEY).refuse_max_tokens()]).await;
    let tested = test(&world, KEY, Some("o1")).await;
    assert!(tested.success, "{tested:?}");
    let last = world.vendors[0].requests().pop().unwrap().json();
    assert_eq!(last["max_completion_tokens"], 1);
    assert_eq!(last.get("max_tokens"), None);
}

#[tokio::test]
async fn an_edit_borrows_the_stored_key_for_the_same_address_only() {
    let world = World::with(2).await;
    world.provider("mine", "openai", 0).await;
    let form = |vendor: usize| {
        let mut form = new_provider("mine", "openai", KEY, &world.vendors[vendor]);
        form.keys.clear();
        form
    };
    let ask = |unsaved: NewProvider| TestRequest { provider: Some("mine".into()), unsaved: Some(unsaved), model: None };
    assert!(world.agm.test_provider(&ask(form(0))).await.unwrap().success);
    let error = world.agm.test_provider(&ask(form(1))).await.unwrap_err();
    assert_eq!(error.code, Code::KeyRequired);
    assert_eq!(world.vendors[1].request_count(), 0, "the key went nowhere");
    // Naming it in the form is enough.
    let error = world.agm.test_provider(&TestRequest { provider: None, unsaved: Some(form(1)), model: None }).await.unwrap_err();
    assert_eq!(error.code, Code::KeyRequired);
    let mut with_key = form(1);
    with_key.keys = vec![KEY.into()];
    assert!(world.agm.test_provider(&ask(with_key)).await.unwrap().success);
}

#[tokio::test]
async fn every_key_is_tried() {
    let world = World::with(1).await;
    let mut form = new_provider("fresh", "openai", KEY, &world.vendors[0]);
    form.keys.push("sk-wrong-0123456789abcdef".into());
    let tested = test_form(&world, form, None).await;
    let (cause, message, _) = failure(&tested);
    assert_eq!(cause, Code::VendorKeyRefused);
    assert!(message.contains("sk-…cdef"), "{message}");
    let verdicts: Vec<bool> = tested.keys.iter().map(|key| key.success).collect();
    assert_eq!(verdicts, [true, false]);
}

#[tokio::test]
async fn a_test_of_nothing_is_refused() {
    let world = World::with(1).await;
    let error = world.agm.test_provider(&TestRequest::default()).await.unwrap_err();
    assert_eq!(error.fault, Fault::Invalid);
    let unknown = TestRequest { provider: Some("nobody".into()), ..TestRequest::default() };
    assert_eq!(world.agm.test_provider(&unknown).await.unwrap_err().code, Code::ProviderNotFound);
    let spaced = TestRequest { model: Some("two words".into()), ..unknown };
    assert_eq!(world.agm.test_provider(&spaced).await.unwrap_err().code, Code::InvalidModel);
}

#[tokio::test]
async fn only_a_refusal_shows_that_a_key_is_needed() {
    let world = World::of(vec![script("one").key(KEY)]).await;
    assert!(test(&world, KEY, None).await.key_checked);
    // Whether the list takes a key stays open when the vendor is out of order just then.
    for (kind, flavour) in [("openai", Flavour::OpenAi), ("claude", Flavour::Anthropic)] {
        let world = World::of(vec![Script::new("two", flavour)]).await;
        let models = On::Api(agm_simvendor::Api::Models);
        world.vendors[0].push_on(models.clone(), Behaviour::Answer);
        world.vendors[0].push_on(models, Behaviour::error(500));
        let tested = test_form(&world, new_provider("fresh", kind, KEY, &world.vendors[0]), None).await;
        assert!(!tested.key_checked, "{kind}");
        // Where the type needs a key, that is not enough.
        if kind == "claude" {
            let (_, message, _) = failure(&tested);
            assert!(message.contains("could not be seen"), "{message}");
        }
    }
}
