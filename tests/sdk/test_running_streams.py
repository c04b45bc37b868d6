"""A switch leaves alone what is under way."""

import time
from collections.abc import Iterator

import openai
import pytest

from bed.agm import Agm
from bed.vendors import Vendors

QUESTION = [{"role": "user", "content": "tell me a long story"}]
FRAMES = 60
GAP = 0.1


@pytest.fixture
def storyteller(agm: Agm, client: openai.OpenAI) -> Iterator[openai.OpenAI]:
    """A Worker of its own, on a model that both vendors serve and nobody else runs on; all is as before afterwards."""
    agm.run("agent", "add", "storyteller")
    agm.set_model("worker:storyteller", "openai", "demo")
    yield client.with_options(api_key=agm.key("worker:storyteller"))
    agm.set_model("worker:storyteller", "openai", "demo")
    agm.run("agent", "rm", "worker:storyteller", "--yes")


def test_a_running_stream_is_untouched_by_a_switch(agm: Agm, storyteller: openai.OpenAI, vendors: Vendors) -> None:
    vendors["openai"].pace(frames=FRAMES, gap_ms=round(GAP * 1000))
    with storyteller.chat.completions.create(model="demo", messages=QUESTION, stream=True) as stream:
        began = time.monotonic()
        chunks = iter(stream)
        pieces = [next(chunks), next(chunks)]
        agm.set_model("worker:storyteller", "deepseek", "demo")
        # The very same request goes elsewhere now.
        during = storyteller.chat.completions.create(model="demo", messages=QUESTION)
        assert str(during.choices[0].message.content).startswith("deepseek answers as demo")
        assert time.monotonic() - began < FRAMES * GAP, "the stream ended before the switch was done: nothing is proven"
        pieces += chunks
    text = [choice.delta.content for chunk in pieces for choice in chunk.choices if choice.delta.content]
    assert text[0] == "openai "
    assert len(text) == FRAMES
    assert pieces[-1].choices[0].finish_reason == "stop"
