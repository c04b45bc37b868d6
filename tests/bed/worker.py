"""A Worker of agm that is a real OpenClaw, from all three sides: agm, its process, and the vendors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bed.agm import EXIT_DONE, Agm
from bed.openclaw import OpenClaw
from bed.vendors import Request, Vendor
from bed.wait import until

WORKER = "worker:alice"


@dataclass(frozen=True)
class Worker:
    """It starts every test on the model of the `old` vendor; providers have the names of their vendors."""

    agm: Agm
    openclaw: OpenClaw
    old: Vendor
    new: Vendor

    @property
    def model_file(self) -> Path:
        """The published assignment."""
        return self.agm.data / "agents" / "alice" / "model.json"

    def shown(self) -> dict[str, Any]:
        view: dict[str, Any] = self.agm.json("agent", "show", WORKER)
        return view

    def proof(self, level: str) -> dict[str, Any] | None:
        """The fact that proves a level, if one does."""
        proofs = self.shown()["evidence"]["proofs"]
        return next((proof for proof in proofs if proof["level"] == level and proof["verdict"] == "proven"), None)

    def wait_for(self, level: str) -> dict[str, Any]:
        return until(f"evidence `{level}`", lambda: self.proof(level), seconds=20)

    def switch(self, vendor: Vendor, model: str | None = None, exits: int = EXIT_DONE) -> str:
        """`agm set-model`; gives what it said on stderr."""
        return self.agm.set_model(WORKER, vendor.name, model or vendor.model, exits=exits).stderr

    def turn(self, vendor: Vendor) -> Request:
        """A turn that has to reach this vendor and nobody else; gives the request as the vendor saw it."""
        marks = {one.name: one.mark() for one in (self.old, self.new)}
        said = self.openclaw.turn("hi")
        assert said.text.startswith(f"{vendor.name} answers as {vendor.model}")
        assert (said.provider, said.model) == ("hiclaw-gateway", vendor.model)
        seen = {one.name: one.requests(after=marks[one.name]) for one in (self.old, self.new)}
        [request] = seen.pop(vendor.name)
        assert list(seen.values()) == [[]]
        assert (request.path, request.model, request.stream) == ("/v1/chat/completions", vendor.model, True)
        # OpenClaw has the gateway's key, the vendor gets its own.
        assert request.key == vendor.key
        return request
