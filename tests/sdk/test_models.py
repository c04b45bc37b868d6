"""The list of models: those that the caller reaches, no more and no fewer."""

import openai
import pytest

from bed.vendors import Vendors
from bed.wait import until

NAMES = ["openai", "qwen", "deepseek", "moonshot", "zhipu", "anthropic"]


def ids(client: openai.OpenAI) -> list[str]:
    return sorted(model.id for model in client.models.list())


def everything(vendors: Vendors) -> list[str]:
    """Every vendor's models, each once; agm asks for them by itself."""
    return sorted({model for name in NAMES for model in vendors[name].models})


def test_the_union_of_what_is_reached(client: openai.OpenAI, vendors: Vendors) -> None:
    until("the list is the union", lambda: ids(client) == everything(vendors))


def test_what_is_not_allowed_is_not_listed(client: openai.OpenAI, vendors: Vendors, outsider_key: str) -> None:
    outsider = client.with_options(api_key=outsider_key)
    without = [model for model in everything(vendors) if model != vendors["deepseek"].model]
    until("the outsider's list lacks one", lambda: ids(outsider) == without)


def test_one_model(client: openai.OpenAI, vendors: Vendors) -> None:
    until("the list is the union", lambda: ids(client) == everything(vendors))
    assert client.models.retrieve(vendors["qwen"].model).owned_by == "qwen"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("no-such-model")
    assert caught.value.code == "model_not_found"
