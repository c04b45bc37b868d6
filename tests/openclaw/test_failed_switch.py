"""A switch that fails leaves no trace at the agent."""

import pytest

from bed.agm import EXIT_NOT_REACHABLE
from bed.worker import Worker


@pytest.mark.parametrize("fault", ["wrong key", "unknown model"])
def test_it_is_as_if_nobody_had_switched(alice: Worker, fault: str) -> None:
    before = (alice.openclaw.config.read_bytes(), alice.model_file.read_bytes(), alice.openclaw.identity())
    model = alice.new.model
    if fault == "wrong key":
        alice.new.take_only("sk-another-one")
    else:
        model = "deepseek-nonsense"

    said = alice.switch(alice.new, model, exits=EXIT_NOT_REACHABLE)

    assert alice.new.name in said, said
    assert alice.new.key not in said
    assert (alice.openclaw.config.read_bytes(), alice.model_file.read_bytes(), alice.openclaw.identity()) == before
    assert alice.shown()["assignment"]["provider"] == alice.old.name
    alice.turn(alice.old)
