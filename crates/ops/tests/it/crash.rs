//! `kill -9` at random moments during switches and changes of the default route: afterwards nothing is half done, and nothing that was
//! acknowledged is lost.
//!
//! `AGM_KILL_COUNT` is how often (10), `AGM_KILL_SEED` repeats a run.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use agm_domain::agent::AgentId;
use agm_domain::calling_point::CallingPoint;
use agm_domain::evidence::Level;
use agm_domain::switch::SwitchState;
use agm_domain::table::Table;
use agm_ops::{Agm, MemberReport, NewAgent, SwitchRequest};
use agm_simvendor::{Behaviour, On, Vendor};
use agm_testkit::dir::DataDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::switches::request;
use crate::world::{KEY, actor, new_provider, script, settings_at};

const AGENTS: [&str; 4] = ["manager", "alice", "bob", "carol"];
/// Switches to `gamma` fail at their streaming probe, after the routes were changed: kills also hit the way back.
const WISHES: [(&str, &str); 7] =
    [("alpha", "a1"), ("alpha", "a2"), ("beta", "b1"), ("beta", "b2"), ("beta", "b3"), ("gamma", "g1"), ("gamma", "g2")];
/// An id that both providers have; only alice runs on it, so that nobody else is moved.
const SHARED: [(&str, &str); 2] = [("alpha", "x"), ("beta", "x")];
/// For all Workers at once, going on after failures.
const BULK: [(&str, &str); 3] = [("alpha", "a3"), ("beta", "b4"), ("beta", "b5")];

const PROVIDERS: [&str; 3] = ["alpha", "beta", "gamma"];
/// What stands for the default route where agents stand otherwise.
const DEFAULT: &str = "default-ai-route";

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// A small generator: the test needs repeatable moments, not good randomness.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn of(&mut self, count: usize) -> usize {
        usize::try_from(self.roll(count as u64)).unwrap()
    }
}

async fn open(dir: &Path) -> Agm {
    let mut settings = settings_at(dir);
    // The agent's file keeps its gateway's address across restarts.
    settings.gateway_url = Some("http://gateway.example".to_owned());
    Agm::start(settings).await.unwrap()
}

/// What a child does until it is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Doing {
    /// Everything, at random.
    Anything,
    /// Gives the default route away.
    Defaults,
    /// Switches carol, whose OpenClaw refuses what was delivered, and is killed while that is taken back.
    Refused,
}

impl Doing {
    const ALL: [Self; 3] = [Self::Anything, Self::Refused, Self::Defaults];
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").unwrap();
    out.flush().unwrap();
}

fn carols(dir: &Path) -> (PathBuf, PathBuf) {
    (dir.join("carol.json"), dir.join("carol.log"))
}

/// Carol's OpenClaw refuses whatever is written into its file; only the way back it takes without a word.
fn refuse_everything(dir: &Path) {
    let (config, log) = carols(dir);
    let first = std::fs::read(&config).unwrap();
    drop(tokio::task::spawn_blocking(move || {
        let mut known = first.clone();
        loop {
            let now = std::fs::read(&config).unwrap();
            if now != known && now != first {
                let line = serde_json::json!({
                    "_meta": {"name": "{\"subsystem\":\"gateway/reload\"}"},
                    "message": "config reload skipped (invalid config)",
                    "time": agm_ops::stamp(jiff::Timestamp::now())
                });
                let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&log).unwrap();
                writeln!(file, "{line}").unwrap();
            }
            known = now;
            std::thread::yield_now();
        }
    }));
}

/// The process that is killed: it switches agents and gives the default route away, and says so, until it dies.
async fn change_until_killed(dir: &Path) {
    let agm = open(dir).await;
    refuse_everything(dir);
    let (mut dice, doing) = (Dice(number("AGM_CRASH_SEED", 1)), Doing::ALL[usize::try_from(number("AGM_CRASH_DOING", 0)).unwrap()]);
    say("ready");
    loop {
        let agents = match doing {
            Doing::Defaults => DEFAULT,
            Doing::Refused => "carol",
            Doing::Anything => ["manager", "alice", "bob", "carol", "alice,bob,carol", DEFAULT][dice.of(6)],
        };
        if agents == DEFAULT {
            let provider = PROVIDERS[dice.of(3)];
            say(&format!("begin {DEFAULT} {provider}"));
            let given = agm.set_default(&actor(), provider, None, false).await;
            say(&format!("{} {DEFAULT} {provider}", if given.is_ok() { "done" } else { "failed" }));
            continue;
        }
        let all = agents.contains(',');
        let (provider, model) = match agents {
            _ if all => BULK[dice.of(BULK.len())],
            "alice" if dice.of(2) == 0 => SHARED[dice.of(SHARED.len())],
            _ => WISHES[dice.of(WISHES.len())],
        };
        say(&format!("begin {agents} {provider}/{model}"));
        let request = SwitchRequest { keep_going: all, ..request(if all { "worker:*" } else { agents }, provider, model) };
        let id = agm.start_switch(&actor(), request).await.unwrap();
        let mut following = agm.follow_switch(&id).unwrap();
        if following.wait_for(|r| r.failure.is_some() || r.state.is_final()).await.is_ok_and(|r| r.failure.is_some()) {
            say("undoing");
        }
        let report = agm.wait_for_switch(&id, Duration::from_secs(30)).await.unwrap();
        assert!(report.left.is_empty(), "{report:#?}");
        assert!(provider != "gamma" || report.error().is_some(), "{report:#?}");
        assert!(agents == "carol" || all || provider == "gamma" || report.error().is_none(), "{report:#?}");
        let done = |m: &&MemberReport| matches!(m.state, SwitchState::Done | SwitchState::PendingRestart);
        let done: Vec<&str> = report.members.iter().filter(done).map(|m| m.agent.name()).collect();
        say(&format!("{} {} {provider}/{model}", if done.is_empty() { "failed" } else { "done" }, done.join(",")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_changes() {
    // It starts itself again as the process that is killed.
    if let Some(dir) = std::env::var_os("AGM_CRASH_DIR") {
        return change_until_killed(Path::new(&dir)).await;
    }
    let (count, seed) = (number("AGM_KILL_COUNT", 10), number("AGM_KILL_SEED", 20_261_120));
    println!("AGM_KILL_COUNT={count} AGM_KILL_SEED={seed}");
    let (dir, mut dice) = (DataDir::new("crash").unwrap(), Dice(seed));
    let cut = script("three").key(KEY).always_on(On::Streaming(true), Behaviour::CutStream { after_frames: 0 });
    let mut vendors = Vec::new();
    for script in [script("one").key(KEY), script("two").key(KEY), cut] {
        vendors.push(Vendor::start(script).await.unwrap());
    }
    let config = set_up(&dir, &vendors).await;
    let mut acknowledged = BTreeMap::from([(DEFAULT.to_owned(), PROVIDERS[0].to_owned())]);
    let mut hits: BTreeMap<&str, u64> = ["a switch", "a bulk switch", "taking back", "the default route"].map(|what| (what, 0)).into();
    let mut round = 0;
    while round < count || (hits.iter().any(|(what, hits)| *what != "a bulk switch" && *hits == 0) && round < 10 * count) {
        // Switches take longer, so chance alone would hit little else.
        let doing = round % 3;
        round += 1;
        let begun = run_and_kill(&dir, &mut dice, doing, &mut acknowledged).await;
        *hits.entry("taking back").or_default() += u64::from(taking_back(dir.path()));
        let told = newest_default_change(dir.path());
        let agm = open(dir.path()).await;
        let unfinished = agm.switches(None, 50).await.unwrap().into_iter().filter(|s| !s.state.is_final()).count();
        assert_eq!(unfinished, 0);
        assert!(newest_default_change(dir.path()).is_none_or(|told| told.ended), "a change of the default route did not come to its end");
        check_default(&agm, &acknowledged, begun.as_ref(), told);
        check(&agm, &dir, &config, &acknowledged, begun.as_ref()).await;
        // What was finished at the start is as good as acknowledged from now on.
        let finished = agm.assignments().into_iter().map(|(id, a)| (id.name().to_owned(), format!("{}/{}", a.provider, a.model)));
        acknowledged.extend(finished);
        acknowledged.insert(DEFAULT.to_owned(), owner(&agm));
        if let Some((what, _)) = begun {
            let what = if what == DEFAULT { "the default route" } else { ["a switch", "a bulk switch"][usize::from(what.contains(','))] };
            *hits.entry(what).or_default() += 1;
        }
        agm.shutdown(Duration::from_secs(5)).await;
    }
    println!("of {round} kills, this many hit: {hits:?}");
    assert!(hits["a switch"] > 0 && hits["taking back"] > 0 && hits["the default route"] > 0, "of {round} kills: {hits:?}");
}

async fn set_up(dir: &DataDir, vendors: &[Vendor]) -> PathBuf {
    let agm = open(dir.path()).await;
    for (name, kind, vendor) in [("alpha", "qwen", &vendors[0]), ("beta", "openrouter", &vendors[1]), ("gamma", "openrouter", &vendors[2])]
    {
        agm.add_provider(&actor(), &new_provider(name, kind, KEY, vendor), false).await.unwrap();
    }
    let config = dir.path().join("openclaw.json");
    std::fs::write(&config, "{ agents: { defaults: {} } } // alice's\n").unwrap();
    let path = Some(config.display().to_string());
    agm.add_agent(&actor(), NewAgent { name: "alice".to_owned(), config: path, ..NewAgent::default() }, false).await.unwrap();
    agm.add_agent(&actor(), NewAgent { name: "bob".to_owned(), ..NewAgent::default() }, false).await.unwrap();
    let (carols, log) = carols(dir.path());
    std::fs::write(&carols, "{}\n").unwrap();
    std::fs::write(&log, "").unwrap();
    let (path, log) = (Some(carols.display().to_string()), Some(log.display().to_string()));
    agm.add_agent(&actor(), NewAgent { name: "carol".to_owned(), config: path, log, ..NewAgent::default() }, false).await.unwrap();
    agm.shutdown(Duration::from_secs(5)).await;
    config
}

/// Whether a switch that had begun to deliver was being taken back when the process died.
fn taking_back(dir: &Path) -> bool {
    let journals = std::fs::read_dir(dir.join("agm/switches")).into_iter().flatten().map(|entry| entry.unwrap().path());
    let has = |journal: &Path, name: &str| journal.join(format!("{name}.json")).exists();
    journals.into_iter().any(|journal| has(&journal, "deliver") && has(&journal, "failure") && !has(&journal, "end"))
}

/// Lets a child change things for a random while and kills it. Returns the change that was under way, and takes down what was acknowledged.
async fn run_and_kill(dir: &DataDir, dice: &mut Dice, doing: u64, acknowledged: &mut BTreeMap<String, String>) -> Option<(String, String)> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::killed_during_changes", "--nocapture"]);
    command.env("AGM_CRASH_DIR", dir.path()).env("AGM_CRASH_SEED", dice.roll(1 << 30).to_string());
    command.env("AGM_CRASH_DOING", doing.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut begun = None;
    while lines.next_line().await.unwrap().unwrap() != "ready" {}
    let refused = Doing::ALL[usize::try_from(doing).unwrap()] == Doing::Refused;
    let soon = |most: u64, dice: &mut Dice| tokio::time::Instant::now() + Duration::from_millis(dice.roll(most));
    let mut moment = if refused { soon(1, dice) + Duration::from_secs(20) } else { soon(250, dice) };
    let mut undoing = false;
    while let Ok(line) = tokio::time::timeout_at(moment, lines.next_line()).await {
        let line = line.unwrap().expect("the child ended by itself");
        if refused && !undoing && line == "undoing" {
            (undoing, moment) = (true, soon(8, dice));
        }
        hear(&line, &mut begun, acknowledged);
    }
    child.kill().await.unwrap();
    // What it said before it died counts.
    while let Some(line) = lines.next_line().await.unwrap() {
        hear(&line, &mut begun, acknowledged);
    }
    begun
}

fn hear(line: &str, begun: &mut Option<(String, String)>, acknowledged: &mut BTreeMap<String, String>) {
    let mut words = line.split(' ');
    match (words.next(), words.next(), words.next()) {
        (Some("begin"), Some(agent), Some(wish)) => *begun = Some((agent.to_owned(), wish.to_owned())),
        (Some("done"), Some(agents), Some(wish)) => {
            acknowledged.extend(agents.split(',').map(|agent| (agent.to_owned(), wish.to_owned())));
            *begun = None;
        }
        (Some("failed"), ..) => *begun = None,
        _ => {}
    }
}

fn owner(agm: &Agm) -> String {
    agm.current().document.default_owner().unwrap().to_string()
}

/// What the newest journal of a change of the default route tells.
#[derive(Debug, PartialEq)]
struct Told {
    provider: String,
    /// Whether it had been proven, so that it is finished.
    proven: bool,
    ended: bool,
}

fn newest_default_change(dir: &Path) -> Option<Told> {
    let mut journals: Vec<_> =
        std::fs::read_dir(dir.join("agm/switches")).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    journals.sort();
    journals.into_iter().rev().find_map(|journal| {
        let request: serde_json::Value = serde_json::from_slice(&std::fs::read(journal.join("request.json")).ok()?).unwrap();
        let provider = request["entry"]["default"]["provider"].as_str()?.to_owned();
        Some(Told { provider, proven: journal.join("record.json").exists(), ended: journal.join("end.json").exists() })
    })
}

/// The default is what the journal says, and otherwise what was acknowledged.
fn check_default(agm: &Agm, acknowledged: &BTreeMap<String, String>, begun: Option<&(String, String)>, told: Option<Told>) {
    let owner = owner(agm);
    if acknowledged.get(DEFAULT) != Some(&owner) {
        assert_eq!(begun, Some(&(DEFAULT.to_owned(), owner.clone())), "somebody else's, acknowledged {acknowledged:?}");
        assert!(told.as_ref().is_some_and(|told| told.proven && told.provider == owner), "not proven: {told:?}");
    } else if let Some(Told { provider, proven: true, ended: false }) = told {
        assert_eq!(provider, owner, "it was proven");
    }
}

async fn check(agm: &Agm, dir: &DataDir, config: &Path, acknowledged: &BTreeMap<String, String>, begun: Option<&(String, String)>) {
    let current = agm.current();
    assert!(current.document.routes.keys().all(|r| !r.is_probe()), "a temporary route is left");
    let (table, wrong) = Table::compile(&current.document);
    assert!(wrong.is_empty(), "{wrong:?}");
    for agent in AGENTS {
        let id = AgentId::parse(agent).unwrap();
        let Some(assignment) = current.document.assignments.get(&id) else {
            assert_eq!(acknowledged.get(agent), None, "what was acknowledged for {agent} is lost");
            continue;
        };
        let has = format!("{}/{}", assignment.provider, assignment.model);
        let finished =
            begun.is_some_and(|(who, wish)| who.split(',').any(|who| who == agent) && *wish == has && !wish.starts_with("gamma"));
        assert!(acknowledged.get(agent) == Some(&has) || finished, "{agent} has {has}, acknowledged {acknowledged:?}, begun {begun:?}");
        let reach = table.reach(&CallingPoint::below(&agm.gateway_url()), &current.document.agents[&id].consumer, &assignment.model);
        assert_eq!((reach.only_provider(), reach.allowed), (Some(&assignment.provider), true), "{agent}");
        let published = std::fs::read(dir.path().join(format!("agents/{agent}/model.json"))).unwrap();
        assert_eq!(serde_json::from_slice::<agm_domain::assignment::Assignment>(&published).unwrap(), *assignment, "{agent}");
        let file = match agent {
            "alice" => Some(config.to_owned()),
            "carol" => Some(carols(dir.path()).0),
            _ => None,
        };
        if let Some(text) = file.map(|file| std::fs::read_to_string(file).unwrap()) {
            let reading = agm_agents::openclaw::read(&text).unwrap();
            assert_eq!(reading.model.as_ref(), Some(&assignment.model), "{text}");
            assert!(agent != "alice" || text.contains("// alice's"));
        }
        let evidence = agm.check_agent(&id, false).await.unwrap();
        assert!(evidence.drift.is_empty() && evidence.of(Level::Recorded).is_some(), "{agent}: {evidence:?}");
    }
}
