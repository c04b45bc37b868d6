"""The other APIs of OpenAI's client that a vendor here has."""

import openai

from bed.vendors import Vendors


def test_completions(client: openai.OpenAI, vendors: Vendors) -> None:
    model = vendors["openai"].model
    whole = client.completions.create(model=model, prompt="once upon a time")
    assert whole.choices[0].text == f"openai answers as {model}. You said: once upon a time"
    stream = client.completions.create(model=model, prompt="once upon a time", stream=True)
    assert "".join(choice.text for chunk in stream for choice in chunk.choices) == whole.choices[0].text


def test_responses(client: openai.OpenAI, vendors: Vendors) -> None:
    model = vendors["openai"].model
    whole = client.responses.create(model=model, input="once upon a time")
    assert whole.output_text == f"openai answers as {model}. You said: once upon a time"
    events = list(client.responses.create(model=model, input="once upon a time", stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole.output_text
    assert events[-1].type == "response.completed"
    assert events[-1].response.usage == whole.usage


def test_an_upload_is_routed_by_its_model(client: openai.OpenAI, vendors: Vendors) -> None:
    mark = vendors["openai"].mark()
    sound = bytes(range(256)) * 1024
    heard = client.audio.transcriptions.create(model="whisper-1", file=("speech.wav", sound, "audio/wav"))
    assert heard.text.startswith("openai heard as whisper-1: ")
    [request] = vendors["openai"].requests(after=mark)
    assert (request.path, request.model) == ("/v1/audio/transcriptions", "whisper-1")
