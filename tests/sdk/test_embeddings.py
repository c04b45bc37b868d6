"""Embeddings, as numbers and as base64 (which OpenAI's client asks for by itself)."""

import base64
import struct

import openai
import pytest

from bed.vendors import Vendors

MODEL = "text-embedding-3-small"
TEXTS = ["one text", "another text"]


def test_numbers_and_base64_mean_the_same(client: openai.OpenAI, vendors: Vendors) -> None:
    mark = vendors["openai"].mark()
    by_default = client.embeddings.create(model=MODEL, input=TEXTS)
    numbers = client.embeddings.create(model=MODEL, input=TEXTS, encoding_format="float")
    encoded = client.embeddings.create(model=MODEL, input=TEXTS, encoding_format="base64")
    asked = [request.body["encoding_format"] for request in vendors["openai"].requests(after=mark)]
    assert asked == ["base64", "float", "base64"]

    assert numbers.usage.prompt_tokens > 0
    for index in range(len(TEXTS)):
        vector = numbers.data[index].embedding
        assert len(vector) == 8
        assert by_default.data[index].embedding == pytest.approx(vector)
        raw = base64.b64decode(str(encoded.data[index].embedding))
        assert struct.unpack("<8f", raw) == pytest.approx(vector)
    assert numbers.data[0].embedding != numbers.data[1].embedding
