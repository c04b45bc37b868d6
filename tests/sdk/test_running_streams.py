"""A switch leaves alone what is under way."""

import time

import openai

from bed.agm import Agm
from bed.vendors import Vendors

QUESTION = [{"role": "user", "content": "tell me a long story"}]
FRAMES = 50
GAP = 0.1


def test_a_running_stream_is_untouched_by_a_switch(agm: Agm, client: openai.OpenAI, vendors: Vendors) -> None:
    agm.run("agent", "add", "storyteller")
    worker = client.with_options(api_key=agm.key("worker:storyteller"))
    # Both vendors serve this model, and nobody else runs on it: the very same request goes elsewhere after the switch.
    agm.set_model("worker:storyteller", "openai", "demo")
    vendors["openai"].pace(frames=FRAMES, gap_ms=round(GAP * 1000))

    with worker.chat.completions.create(model="demo", messages=QUESTION, stream=True) as stream:
        began = time.monotonic()
        chunks = iter(stream)
        pieces = [next(chunks), next(chunks)]
        agm.set_model("worker:storyteller", "deepseek", "demo")

        during = worker.chat.completions.create(model="demo", messages=QUESTION)
        assert str(during.choices[0].message.content).startswith("deepseek answers as demo")
        assert time.monotonic() - began < FRAMES * GAP, "the stream ended before the switch was done: nothing is proven"
        pieces += chunks
    text = [choice.delta.content for chunk in pieces for choice in chunk.choices if choice.delta.content]
    assert text[0] == "openai "
    assert len(text) == FRAMES
    assert pieces[-1].choices[0].finish_reason == "stop"
