"""The main job: a running agent is moved to another provider, and there is proof of it."""

from bed.worker import Worker

ALL_LEVELS = ["recorded", "routable", "reachable", "delivered", "loaded", "observed"]


def test_a_running_openclaw_is_moved_without_a_restart(alice: Worker) -> None:
    alice.turn(alice.old)
    alice.wait_for("observed")
    process = alice.openclaw.identity()

    alice.switch(alice.new)
    assert alice.proof("observed") is None, "nobody has asked for anything yet"
    loaded = alice.wait_for("loaded")
    assert "agents.defaults.model.primary" in loaded["fact"]
    assert loaded["source"] == str(alice.openclaw.log)

    alice.turn(alice.new)
    observed = alice.wait_for("observed")
    assert alice.new.model in observed["fact"] and alice.new.name in observed["fact"]
    assert alice.openclaw.identity() == process

    shown = alice.shown()
    assert (shown["assignment"]["provider"], shown["assignment"]["model"]) == (alice.new.name, alice.new.model)
    assert [proof["level"] for proof in shown["evidence"]["proofs"] if proof["verdict"] == "proven"] == ALL_LEVELS
    assert "drift" not in shown["evidence"]
