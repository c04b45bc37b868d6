"""The gateway's own refusals, as the clients' typed errors."""

import anthropic
import openai
import pytest

from bed.vendors import Vendors

QUESTION = [{"role": "user", "content": "hello"}]


def test_a_wrong_key(client: openai.OpenAI, claude: anthropic.Anthropic, vendors: Vendors) -> None:
    wrong = "sk-planted-0123456789abcdef"
    with pytest.raises(openai.AuthenticationError) as caught:
        client.with_options(api_key=wrong).chat.completions.create(model=vendors["openai"].model, messages=QUESTION)
    assert set(caught.value.body) == {"message", "type", "code", "param"}
    assert (caught.value.type, caught.value.code) == ("authentication_error", "invalid_api_key")
    assert wrong not in caught.value.response.text

    with pytest.raises(anthropic.AuthenticationError) as caught:
        claude.with_options(api_key=wrong).messages.create(
            model=vendors["anthropic"].model, max_tokens=9, messages=QUESTION
        )
    assert caught.value.body["type"] == "error"
    assert caught.value.body["error"]["type"] == "authentication_error"
    assert wrong not in caught.value.response.text


def test_a_route_that_is_not_for_this_caller(client: openai.OpenAI, vendors: Vendors, outsider_key: str) -> None:
    outsider = client.with_options(api_key=outsider_key)
    vendor = vendors["deepseek"]
    mark = vendor.mark()
    with pytest.raises(openai.PermissionDeniedError) as caught:
        outsider.chat.completions.create(model=vendor.model, messages=QUESTION)
    assert caught.value.code == "consumer_not_allowed"
    assert "deepseek-ai-route" in caught.value.message and "worker-outsider" in caught.value.message
    assert vendor.requests(after=mark) == []
    # What is for everybody still is.
    assert outsider.chat.completions.create(model=vendors["qwen"].model, messages=QUESTION).choices


def test_an_api_that_the_provider_has_not(client: openai.OpenAI, vendors: Vendors) -> None:
    vendor = vendors["anthropic"]
    mark = vendor.mark()
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model=vendor.model, input="hello")
    assert caught.value.code == "unsupported_api"
    for told in ["claude", "embeddings", "chat/completions", "messages"]:
        assert told in caught.value.message
    assert vendor.requests(after=mark) == []
