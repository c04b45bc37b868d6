"""The list of models: those that the caller reaches, no more and no fewer."""

import openai
import pytest

from bed.vendors import Vendors

NAMES = ["openai", "qwen", "deepseek", "moonshot", "zhipu", "anthropic"]


def test_the_union_of_what_is_reached(client: openai.OpenAI, vendors: Vendors) -> None:
    everything = {model for name in NAMES for model in vendors[name].models}
    listed = [model.id for model in client.models.list()]
    assert len(listed) == len(set(listed))
    assert set(listed) == everything


def test_what_is_not_allowed_is_not_listed(client: openai.OpenAI, vendors: Vendors, outsider_key: str) -> None:
    everything = {model.id for model in client.models.list()}
    outsiders = {model.id for model in client.with_options(api_key=outsider_key).models.list()}
    assert everything - outsiders == {vendors["deepseek"].model}


def test_one_model(client: openai.OpenAI, vendors: Vendors) -> None:
    assert client.models.retrieve(vendors["qwen"].model).owned_by == "qwen"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("no-such-model")
    assert caught.value.code == "model_not_found"
