"""Somebody edits the file: agm says so, says why, and mends it."""

from bed.wait import until
from bed.worker import WORKER, Worker


def test_an_edited_file_is_seen_and_repaired(alice: Worker) -> None:
    as_agm_wrote_it = alice.openclaw.config.read_text()
    ours, theirs = f'primary: "hiclaw-gateway/{alice.old.model}"', 'primary: "hiclaw-gateway/by-somebody"'
    assert ours in as_agm_wrote_it
    reloads = alice.openclaw.reloads()
    alice.openclaw.config.write_text(as_agm_wrote_it.replace(ours, theirs))
    # OpenClaw says nothing of an edit that is taken back before it was noticed.
    until("OpenClaw follows the edit", lambda: alice.openclaw.reloads() > reloads)

    [drift] = until("drift", lambda: alice.shown()["evidence"].get("drift"))
    assert (drift["level"], drift["cause"], drift["repairable"]) == ("delivered", "file-edited", True)
    assert "/agents/defaults/model/primary" in drift["message"] and "by-somebody" in drift["message"]
    # People are told the same.
    assert drift["message"] in alice.agm.run("agent", "show", WORKER).stdout

    alice.agm.run("agent", "repair", WORKER)
    assert alice.openclaw.config.read_text() == as_agm_wrote_it
    assert "drift" not in alice.shown()["evidence"]
    alice.wait_for("loaded")
    alice.turn(alice.old)
