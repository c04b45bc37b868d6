"""A stream that breaks never looks like one that ended, and one that nobody reads any more is stopped at its source."""

import anthropic
import httpx2
import openai
import pytest

from bed.vendors import Request, Vendor, Vendors
from bed.wait import until

QUESTION = [{"role": "user", "content": "how is the weather in Reykjavik"}]


def newest(vendor: Vendor, mark: int) -> Request:
    return until("the request at the vendor", lambda: vendor.requests(after=mark))[-1]


@pytest.mark.parametrize("frames", [1, 3])
def test_a_cut_stream_raises_in_openais_client(client: openai.OpenAI, vendors: Vendors, frames: int) -> None:
    vendor = vendors["openai"]
    vendor.cut_next(after_frames=frames)
    pieces = []
    with pytest.raises(openai.APIConnectionError):
        for chunk in client.chat.completions.create(model=vendor.model, messages=QUESTION, stream=True):
            pieces += [choice.delta.content for choice in chunk.choices if choice.delta.content]
    # What was said before the break has arrived.
    assert len(pieces) == frames


@pytest.mark.parametrize("frames", [1, 3])
def test_a_cut_stream_raises_in_anthropics_client(claude: anthropic.Anthropic, vendors: Vendors, frames: int) -> None:
    vendor = vendors["anthropic"]
    vendor.cut_next(after_frames=frames)
    pieces = []
    # This client lets the error of its transport through.
    with pytest.raises((anthropic.APIConnectionError, httpx2.TransportError)):
        with claude.messages.stream(model=vendor.model, max_tokens=100, messages=QUESTION) as stream:
            pieces += stream.text_stream
    assert len(pieces) == frames


def test_a_client_that_leaves_stops_openais_vendor(client: openai.OpenAI, vendors: Vendors) -> None:
    vendor = vendors["openai"]
    mark = vendor.mark()
    vendor.pace(frames=10_000, gap_ms=20)
    with client.chat.completions.create(model=vendor.model, messages=QUESTION, stream=True) as stream:
        for _ in range(3):
            next(iter(stream))
    assert vendor.ended(newest(vendor, mark)) == "abandoned"


def test_a_client_that_leaves_stops_anthropics_vendor(claude: anthropic.Anthropic, vendors: Vendors) -> None:
    vendor = vendors["anthropic"]
    mark = vendor.mark()
    vendor.pace(frames=10_000, gap_ms=20)
    with claude.messages.stream(model=vendor.model, max_tokens=100_000, messages=QUESTION) as stream:
        next(iter(stream.text_stream))
    assert vendor.ended(newest(vendor, mark)) == "abandoned"
