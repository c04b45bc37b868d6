"""Anthropic's client on `/v1/messages`."""

import anthropic

from bed.vendors import Vendors

QUESTION = [{"role": "user", "content": "how is the weather in Reykjavik"}]


def test_a_message(claude: anthropic.Anthropic, vendors: Vendors) -> None:
    vendor = vendors["anthropic"]
    mark = vendor.mark()
    answer = claude.messages.create(model=vendor.model, max_tokens=100, messages=QUESTION)
    assert answer.content[0].type == "text"
    assert answer.content[0].text == f"anthropic answers as {vendor.model}. You said: {QUESTION[0]['content']}"
    assert answer.stop_reason == "end_turn"
    [request] = vendor.requests(after=mark)
    assert (request.path, request.key) == ("/v1/messages", vendor.key)
    assert request.headers["anthropic-version"] == claude.default_headers["anthropic-version"]
    assert claude.api_key and claude.api_key not in str(request)


def test_a_stream_says_the_same(claude: anthropic.Anthropic, vendors: Vendors) -> None:
    model = vendors["anthropic"].model
    whole = claude.messages.create(model=model, max_tokens=100, messages=QUESTION)
    with claude.messages.stream(model=model, max_tokens=100, messages=QUESTION) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 3
    assert "".join(pieces) == whole.content[0].text
    assert message.stop_reason == whole.stop_reason
    assert message.usage.output_tokens == whole.usage.output_tokens
    assert message.usage.input_tokens == whole.usage.input_tokens


def test_no_frame_waits_for_the_next_one(claude: anthropic.Anthropic, vendors: Vendors) -> None:
    vendor = vendors["anthropic"]
    vendor.stall_next(after_frames=2)
    with claude.messages.stream(model=vendor.model, max_tokens=100, messages=QUESTION) as stream:
        text = iter(stream.text_stream)
        # The vendor says nothing more after the second piece, so a late one would never come.
        assert [next(text), next(text)] == ["anthropic ", "answers "]
