"""Somebody's configuration file is changed where the model stands, and byte for byte nowhere else."""

from conftest import Alice


def test_only_the_model_changes_in_the_file(alice: Alice) -> None:
    before = alice.openclaw.config.read_text()
    alice.switch(alice.new)
    after = alice.openclaw.config.read_text()
    assert after == expected
