"""One agm with a provider for every vendor, shared by all tests of a run; each test finds the vendors well-behaved."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bed.agm import Agm
from bed.vendors import Vendors

# agm's provider, its type, and the vendor behind it. The first one gets the default route.
PROVIDERS = [
    ("openai", "openai", "openai"),
    ("qwen", "qwen", "qwen"),
    ("deepseek", "deepseek", "deepseek"),
    ("moonshot", "moonshot", "moonshot"),
    ("zhipu", "zhipuai", "zhipu"),
    ("claude", "claude", "anthropic"),
]


@pytest.fixture(scope="session")
def all_vendors() -> Iterator[Vendors]:
    vendors = Vendors(Path(os.environ["AGM_VENDORS_BIN"]))
    yield vendors
    vendors.stop()


@pytest.fixture
def vendors(all_vendors: Vendors) -> Iterator[Vendors]:
    yield all_vendors
    all_vendors.reset()


@pytest.fixture(scope="session")
def agm(all_vendors: Vendors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agm]:
    agm = Agm(Path(os.environ["AGM_BIN"]), tmp_path_factory.mktemp("agm"))
    try:
        for name, kind, vendor in PROVIDERS:
            agm.add_provider(name, kind, all_vendors[vendor].url, all_vendors[vendor].key)
        yield agm
    finally:
        agm.stop()
