"""OpenClaw, started once with a configuration file that agm manages; each test finds it on the old model."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bed.agm import Agm
from bed.openclaw import OpenClaw
from bed.vendors import Vendors
from bed.worker import Worker

KEY = "gateway-key-of-alice-0123456789"


@pytest.fixture(scope="session")
def openclaw(agm: Agm, all_vendors: Vendors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClaw]:
    node, entry = Path(os.environ["AGM_TEST_NODE"]), Path(os.environ["AGM_TEST_OPENCLAW"])
    openclaw = OpenClaw(node, entry, tmp_path_factory.mktemp("openclaw"))
    openclaw.configure(base_url=f"{agm.gateway}/v1", key=KEY, model=all_vendors["qwen"].model)
    where = ["--config", str(openclaw.config), "--log", str(openclaw.log)]
    agm.run("agent", "add", "alice", *where, "--key-stdin", stdin=KEY)
    try:
        openclaw.start()
        yield openclaw
    finally:
        openclaw.stop()


@pytest.fixture
def alice(agm: Agm, openclaw: OpenClaw, vendors: Vendors) -> Worker:
    worker = Worker(agm, openclaw, old=vendors["qwen"], new=vendors["deepseek"])
    for vendor in (worker.old, worker.new):
        # OpenClaw's own words around a message name tools, which would make a scripted vendor call them.
        vendor.call_no_tools()
    worker.switch(worker.old)
    worker.wait_for("loaded")
    return worker
