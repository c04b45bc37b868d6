//! What holds whatever is wished.

use proptest::prelude::*;

use super::*;

const PROVIDERS: [(&str, &str); 5] =
    [("qwen", "qwen"), ("ds", "deepseek"), ("moonshot", "moonshot"), ("a", "openrouter"), ("b", "openrouter")];
const MODELS: [&str; 7] = ["qwen-max", "deepseek-chat", "kimi-k2.5", "m", "n", "meta/llama", "qwen-2"];

proptest! {
    /// Whatever is wished in whatever order: a wish comes true or is refused, and nobody else moves.
    #[test]
    fn nobody_else_moves(steps in prop::collection::vec((0_usize..3, 0_usize..5, 0_usize..7, any::<bool>()), 1..12)) {
        let mut document = scene(&PROVIDERS);
        for (agent, provider, model, move_others) in steps {
            let agent = ["manager", "alice", "bob"][agent];
            let wish = wish(agent, PROVIDERS[provider].0, MODELS[model]);
            let before = document.clone();
            let Ok(routing) = route_wishes(&document, &at(), std::slice::from_ref(&wish), &[], move_others, NOW) else { continue };
            take(&mut document, &routing);
            let members: Vec<AgentId> = routing.joined.iter().map(|w| w.agent.clone()).chain([wish.agent.clone()]).collect();
            prop_assert_eq!(moved(&before, &document, &at(), &[], &members), vec![]);
            for member in routing.joined.iter().chain([&wish]) {
                let reach = Table::compile(&document).0.reach(&at(), &consumer_of(&member.agent, member.agent.name()), &member.model);
                prop_assert_eq!(reach.only_provider(), Some(&member.provider));
                prop_assert!(reach.allowed);
                let assignment = Assignment {
                    provider: member.provider.clone(), model: member.model.clone(), context_window: 1, max_tokens: 1,
                    reasoning: true, updated_at: NOW.to_owned(), rest: serde_json::Map::new(),
                };
                document.assignments.insert(member.agent.clone(), assignment);
            }
            prop_assert_eq!(findings(&document, &[], &[]).iter().filter(|f| f.diagnostic.refuses()).count(), 0);
        }
    }

    /// Taking edits back in reverse leaves nothing behind.
    #[test]
    fn routing_can_be_taken_back(agent in 0_usize..3, provider in 0_usize..5, model in 0_usize..7) {
        let document = scene(&PROVIDERS);
        let wish = wish(["manager", "alice", "bob"][agent], PROVIDERS[provider].0, MODELS[model]);
        if let Ok(routing) = route(&document, &wish) {
            let mut changed = document.clone();
            take(&mut changed, &routing);
            for edit in routing.edits.iter().rev() {
                prop_assert_eq!(edit.inverse().apply(&mut changed), Outcome::Applied);
            }
            for route in changed.routes.values_mut() {
                route.version.clone_from(&document.routes[route.name.as_str()].version);
            }
            prop_assert_eq!(changed, document);
        }
    }
}
