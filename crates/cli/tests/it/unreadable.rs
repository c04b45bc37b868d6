//! A start without the right master key: refused, or for reading only when that is asked for.

use std::path::Path;

use serde_json::{Value, json};

use crate::bed::{Agm, FREE, KEY, Place, files};

/// Another key than the one the store was made with.
const OTHER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

async fn up_for_reading(place: Place) -> Agm {
    let process = place.start(&[&FREE[..], &["--unreadable-secrets"]].concat()).await;
    let read = std::fs::read(place.data().join("run/endpoints.json")).unwrap();
    let endpoints: Value = serde_json::from_slice(&read).unwrap();
    let url = |name: &str| endpoints[name].as_str().unwrap().to_owned();
    Agm { management: url("management"), gateway: url("gateway"), place, process }
}

/// Everything that is stored, sealed as it is.
fn stored(data: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    ["agm/revisions", "agm/objects", "agents"].iter().flat_map(|folder| files(data, folder)).collect()
}

async fn ask_gateway(agm: &Agm, key: &str) -> u16 {
    let body = json!({ "model": "qwen3.5-plus", "messages": [{ "role": "user", "content": "hi" }] });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = client.post(format!("{}/v1/chat/completions", agm.gateway)).bearer_auth(key).json(&body);
    asked.send().await.unwrap().status().as_u16()
}

/// Nothing changes, and what needs a secret says so.
async fn changes_nothing(agm: &Agm) {
    let writes = [
        "agent add bob",
        "provider rm deepseek --yes",
        "agent key manager",
        "agent key manager --rotate --yes",
        "agent repair manager",
        "key rotate --yes",
    ];
    for write in writes {
        agm.run(&write.split(' ').collect::<Vec<_>>()).await.exits(1).says("SECRET_UNREADABLE");
    }
    let switch = ["set-model", "--target", "manager", "--provider", "deepseek", "--model", "deepseek-chat"];
    agm.run(&switch).await.exits(1).says("SECRET_UNREADABLE").says("master key");
    agm.run(&["provider", "test", "qwen"]).await.exits(1).says("SECRET_UNREADABLE");
}

#[tokio::test]
async fn a_wrong_master_key_shows_everything_but_the_secrets_and_changes_nothing() {
    let agm = Agm::up().await;
    let (qwen, _deepseek) = agm.with_vendors().await;
    agm.run(&["agent", "add", "alice"]).await.exits(0);
    agm.run(&["set-model", "--target", "manager", "--provider", "qwen", "--model", "qwen3.5-plus"]).await.exits(0);
    let key = agm.run(&["agent", "key", "manager"]).await.exits(0).stdout.trim().to_owned();
    assert_eq!(ask_gateway(&agm, &key).await, 200);
    let data = agm.place.data();
    let Agm { place, mut process, .. } = agm;
    process.terminate().await.unwrap();
    process.wait(crate::bed::PATIENCE).await.unwrap();
    let right = std::fs::read_to_string(data.join("master.key")).unwrap();
    std::fs::write(data.join("master.key"), OTHER).unwrap();
    let before = stored(&data);

    // Unasked, it is one clear error.
    let refused = place.run(&[&["up"], &FREE[..]].concat()).await.exits(1);
    let refused = refused.says("wrong master key").says("--unreadable-secrets");
    assert_eq!(refused.stderr.matches("error").count(), 1, "{refused:#?}");

    let agm = up_for_reading(place).await;
    for read in
        ["provider list", "provider show qwen", "agent list", "agent show manager", "route list", "backup list", "status", "config show"]
    {
        agm.run(&read.split(' ').collect::<Vec<_>>()).await.exits(0);
    }
    let provider = agm.json(&["provider", "show", "qwen"]).await;
    assert_eq!(provider["keys"][0]["mask"], "(unreadable)", "{provider:#}");
    let newest = agm.json(&["backup", "list"]).await["items"][0]["id"].to_string();
    let backup = agm.json(&["backup", "show", &newest]).await;
    assert!(backup.to_string().contains("(unreadable)") && !backup.to_string().contains("enc"), "{backup:#}");

    changes_nothing(&agm).await;

    // Neither the true key nor what stands for it opens the gateway, and the vendor is not asked with a sealed text.
    let sealed = before.iter().find_map(|(_, bytes)| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let at = text.find("enc:v1:")?;
        Some(text[at..].split('"').next()?.to_owned())
    });
    let asked = qwen.request_count();
    for key in [key.as_str(), "(unreadable)", "", KEY, &sealed.unwrap()] {
        let status = ask_gateway(&agm, key).await;
        assert!(status >= 400, "{status} for `{key}`");
        let manager = reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{}/api/v1/status", agm.management));
        assert_eq!(manager.bearer_auth(key).send().await.unwrap().status().as_u16(), 401, "{key}");
    }
    assert_eq!(qwen.request_count(), asked);
    let Agm { place, mut process, .. } = agm;
    process.terminate().await.unwrap();
    assert_eq!(process.wait(crate::bed::PATIENCE).await.unwrap().code(), Some(0));
    assert!(process.output().iter().any(|line| line.text.contains("secrets cannot be read")), "{:?}", process.output());
    assert_eq!(stored(&data), before, "not a byte of what is stored was changed");

    // With the right key all is as before, also where reading would have done.
    std::fs::write(data.join("master.key"), right).unwrap();
    let agm = up_for_reading(place).await;
    assert_eq!(ask_gateway(&agm, &key).await, 200);
    agm.run(&["agent", "add", "bob"]).await.exits(0);
    agm.stop().await;
}
