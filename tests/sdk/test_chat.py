"""Chat completions, whole and streamed."""

import openai
import pytest

from bed.vendors import Vendors

QUESTION = [{"role": "user", "content": "how is the weather in Reykjavik"}]
VENDORS = ["openai", "qwen", "deepseek", "moonshot", "zhipu", "anthropic"]


@pytest.mark.parametrize("name", VENDORS)
def test_the_model_decides_who_answers(client: openai.OpenAI, vendors: Vendors, name: str) -> None:
    vendor = vendors[name]
    mark = vendor.mark()
    answer = client.chat.completions.create(model=vendor.model, messages=QUESTION)
    assert answer.choices[0].message.content == f"{name} answers as {vendor.model}. You said: {QUESTION[0]['content']}"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == vendor.model
    assert answer.usage and answer.usage.completion_tokens == len(answer.choices[0].message.content.split())
    # The vendor got its own key, and never the gateway's.
    [request] = vendor.requests(after=mark)
    assert request.key == vendor.key
    assert client.api_key not in str(request)


@pytest.mark.parametrize("name", VENDORS)
def test_a_stream_says_the_same_as_a_whole_answer(client: openai.OpenAI, vendors: Vendors, name: str) -> None:
    model = vendors[name].model
    whole = client.chat.completions.create(model=model, messages=QUESTION)
    stream = client.chat.completions.create(
        model=model, messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert not chunks[-1].choices


def test_usage_that_was_not_asked_for_does_not_show(client: openai.OpenAI, vendors: Vendors) -> None:
    mark = vendors["openai"].mark()
    chunks = list(client.chat.completions.create(model=vendors["openai"].model, messages=QUESTION, stream=True))
    # The gateway asks for it on its own account, and keeps the frame that only carries it.
    [request] = vendors["openai"].requests(after=mark)
    assert request.body["stream_options"] == {"include_usage": True}
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_no_frame_waits_for_the_next_one(client: openai.OpenAI, vendors: Vendors) -> None:
    vendor = vendors["openai"]
    vendor.stall_next(after_frames=3)
    with client.chat.completions.create(model=vendor.model, messages=QUESTION, stream=True) as stream:
        pieces: list[str] = []
        # The vendor says nothing more after the third piece, so a late one would never come.
        for chunk in stream:
            pieces += [choice.delta.content for choice in chunk.choices if choice.delta.content]
            if len(pieces) == 3:
                break
    assert pieces == ["openai ", "answers ", "as "]
