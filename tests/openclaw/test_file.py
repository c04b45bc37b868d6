"""Somebody's configuration file is changed where the model stands, and byte for byte nowhere else."""

import json
from typing import Any

from bed.vendors import Vendors
from bed.worker import Worker


def test_only_the_model_changes_in_the_file(alice: Worker, vendors: Vendors) -> None:
    before = alice.openclaw.config.read_text()
    # A model that no other test switches to: its entry is new in the file.
    vendor = vendors["moonshot"]
    assert vendor.model not in before
    alice.switch(vendor)

    assignment = alice.shown()["assignment"]
    entry = {
        "id": vendor.model,
        "name": vendor.model,
        "reasoning": assignment["reasoning"],
        "contextWindow": assignment["contextWindow"],
        "maxTokens": assignment["maxTokens"],
        "input": ["text", "image"],
    }
    # Each where its siblings stand, with their indentation and their commas.
    expected = before
    for place, replacement in [
        ("\n        ],\n", f"\n          {spaced(entry)},\n        ],\n"),
        (f'primary: "hiclaw-gateway/{alice.old.model}"', f'primary: "hiclaw-gateway/{vendor.model}"'),
        (", },\n    },\n", f', "hiclaw-gateway/{vendor.model}": {spaced({"alias": vendor.model})}, }},\n    }},\n'),
    ]:
        assert before.count(place) == 1
        expected = expected.replace(place, replacement)
    assert alice.openclaw.config.read_text() == expected


def spaced(entry: dict[str, Any]) -> str:
    """JSON as the file's author writes objects: with spaces inside the braces."""
    return "{ " + json.dumps(entry)[1:-1] + " }"
