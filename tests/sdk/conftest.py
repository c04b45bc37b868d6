"""The official clients, as a user sets them up: the gateway's address and an agent's key, nothing else."""

import anthropic
import openai
import pytest

from bed.agm import Agm

PATIENCE = 10.0


@pytest.fixture(scope="session")
def manager_key(agm: Agm) -> str:
    return agm.key("manager")


@pytest.fixture(scope="session")
def outsider_key(agm: Agm) -> str:
    """The key of a Worker that may use everything but DeepSeek's route."""
    agm.run("agent", "add", "outsider")
    everybody = agm.json("route", "show", "deepseek-ai-route")["auth"]["consumers"]
    others = [f"--consumer={name}" for name in everybody if name != "worker-outsider"]
    assert len(others) == len(everybody) - 1
    agm.run("route", "set", "deepseek-ai-route", *others)
    return agm.key("worker:outsider")


@pytest.fixture(scope="session")
def client(agm: Agm, manager_key: str) -> openai.OpenAI:
    """OpenAI's client with the Manager's key. It does not retry unless a test lets it."""
    return openai.OpenAI(base_url=f"{agm.gateway}/v1", api_key=manager_key, max_retries=0, timeout=PATIENCE)


@pytest.fixture(scope="session")
def claude(agm: Agm, manager_key: str) -> anthropic.Anthropic:
    """Anthropic's client, the same way; it sends the key as `x-api-key`."""
    return anthropic.Anthropic(base_url=agm.gateway, api_key=manager_key, max_retries=0, timeout=PATIENCE)
