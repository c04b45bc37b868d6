"""What a vendor refuses reaches the client as the vendor said it."""

import anthropic
import openai
import pytest

from bed.vendors import Vendor, Vendors

QUESTION = [{"role": "user", "content": "hello"}]


def directly(client: openai.OpenAI, vendor: Vendor) -> openai.OpenAI:
    return client.with_options(base_url=f"{vendor.url}/v1", api_key=vendor.key)


@pytest.mark.parametrize(
    ("name", "model", "error"),
    [
        ("openai", "no-such-model", openai.NotFoundError),
        ("deepseek", "deepseek-nonsense", openai.BadRequestError),
        ("zhipu", "glm-nonsense", openai.BadRequestError),
    ],
)
def test_a_wrong_model(
    client: openai.OpenAI, vendors: Vendors, name: str, model: str, error: type[openai.APIStatusError]
) -> None:
    with pytest.raises(error) as through_agm:
        client.chat.completions.create(model=model, messages=QUESTION)
    with pytest.raises(error) as told_directly:
        directly(client, vendors[name]).chat.completions.create(model=model, messages=QUESTION)
    assert through_agm.value.response.content == told_directly.value.response.content


def test_a_wrong_model_for_anthropic(claude: anthropic.Anthropic, vendors: Vendors) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        claude.messages.create(model="claude-nonsense", max_tokens=9, messages=QUESTION)
    assert caught.value.body["error"] == {"type": "not_found_error", "message": "model: claude-nonsense"}
    assert caught.value.body["request_id"]


def test_too_many_requests(client: openai.OpenAI, vendors: Vendors) -> None:
    vendor = vendors["openai"]
    vendor.refuse_next(429)
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model=vendor.model, messages=QUESTION)
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["retry-after"] == "1"


def test_the_clients_retry_as_the_vendor_asks(
    client: openai.OpenAI, claude: anthropic.Anthropic, vendors: Vendors
) -> None:
    vendor = vendors["openai"]
    mark = vendor.mark()
    vendor.refuse_next(429)
    answer = client.with_options(max_retries=2).chat.completions.with_raw_response.create(
        model=vendor.model, messages=QUESTION
    )
    # The second request is the client's: the gateway does not ask again where the vendor asked for patience.
    assert (answer.retries_taken, len(vendor.requests(after=mark))) == (1, 2)

    vendor = vendors["anthropic"]
    mark = vendor.mark()
    vendor.refuse_next(429)
    message = claude.with_options(max_retries=2).messages.with_raw_response.create(
        model=vendor.model, max_tokens=9, messages=QUESTION
    )
    assert (message.retries_taken, len(vendor.requests(after=mark))) == (1, 2)


def test_a_vendor_that_fails_once_is_asked_again_by_the_gateway(client: openai.OpenAI, vendors: Vendors) -> None:
    vendor = vendors["openai"]
    mark = vendor.mark()
    vendor.refuse_next(503)
    answer = client.chat.completions.create(model=vendor.model, messages=QUESTION)
    assert answer.choices[0].finish_reason == "stop"
    assert len(vendor.requests(after=mark)) == 2
