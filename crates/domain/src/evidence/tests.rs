use super::*;

fn proof(level: Level, verdict: Verdict) -> Proof {
    Proof { level, verdict, time: "2026-01-01T00:00:00Z".to_owned(), source: "test".to_owned(), fact: String::new() }
}

fn evidence(facts: &[(Level, Verdict)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (level, verdict) in facts {
        evidence.put(proof(*level, *verdict));
    }
    evidence
}

#[test]
fn the_strongest_proven_level_counts() {
    use Level::{Delivered, Loaded, Observed, Reachable, Recorded, Routable};
    use Verdict::{Contradicted, NotApplicable, Proven};
    let check = |facts: &[(Level, Verdict)], proven: Option<Level>, good: bool| {
        let evidence = evidence(facts);
        assert_eq!((evidence.proven(), evidence.is_good()), (proven, good), "{facts:?}");
    };
    check(&[], None, false);
    check(&[(Recorded, Proven)], Some(Recorded), false);
    check(&[(Recorded, Proven), (Routable, Contradicted)], Some(Recorded), false);
    let until_delivered = [(Recorded, Proven), (Routable, Proven), (Reachable, Proven), (Delivered, Proven)];
    check(&until_delivered, Some(Delivered), true);
    check(&[until_delivered[0], until_delivered[1], until_delivered[2], (Delivered, NotApplicable)], Some(Reachable), true);
    check(&[until_delivered[0], until_delivered[1], until_delivered[2], (Delivered, Contradicted)], Some(Reachable), false);
    check(&[(Recorded, Proven), (Loaded, Verdict::Unknown), (Observed, Proven)], Some(Observed), false);
}

#[test]
fn a_newer_proof_takes_the_place_of_an_older_one() {
    let evidence =
        evidence(&[(Level::Routable, Verdict::Proven), (Level::Recorded, Verdict::Proven), (Level::Routable, Verdict::Contradicted)]);
    assert_eq!(evidence.proofs.len(), 2);
    assert_eq!(evidence.proofs[0].level, Level::Recorded);
    assert_eq!(evidence.verdict(Level::Routable), Verdict::Contradicted);
}
