"""The scripted vendors: one process, told over its standard input what to do (crates/simvendor/examples/vendors.rs)."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Request:
    """A request as a vendor saw it."""

    number: int
    path: str
    model: str | None
    stream: bool
    key: str | None
    headers: dict[str, str]
    body: Any


class Vendor:
    """One vendor. What it is told lasts until `reset`."""

    def __init__(self, process: "Vendors", name: str, url: str, key: str, models: list[str]) -> None:
        self._process = process
        self.name = name
        self.url = url
        self.key = key
        self.models = models

    @property
    def model(self) -> str:
        """The model that nobody else serves; all of them serve `demo`."""
        return next(model for model in self.models if model != "demo")

    def refuse_next(self, status: int) -> None:
        self._tell("error", status)

    def cut_next(self, after_frames: int) -> None:
        self._tell("cut", after_frames)

    def stall_next(self, after_frames: int) -> None:
        self._tell("stall", after_frames)

    def pace(self, frames: int, gap_ms: int) -> None:
        self._tell("pace", frames, gap_ms)

    def call_no_tools(self) -> None:
        self._tell("no-tools")

    def take_only(self, key: str) -> None:
        self._tell("key", key)

    def reset(self) -> None:
        self._tell("reset")

    def requests(self, after: int = 0) -> list[Request]:
        return [Request(**request) for request in self._tell("requests", after)]

    def mark(self) -> int:
        """The number of its last request, for `requests` later."""
        return max((request.number for request in self.requests()), default=0)

    def ended(self, request: Request) -> str:
        """Waits for the end of an exchange: answered, refused, cut, or abandoned by the other side."""
        return str(self._tell("ended", request.number))

    def _tell(self, *words: object) -> Any:
        return self._process.tell(" ".join(map(str, [self.name, *words])))


class Vendors:
    """All of them, by the name of whom they imitate."""

    def __init__(self, binary: Path) -> None:
        self._process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._all = {name: Vendor(self, name, **told) for name, told in self._line().items()}

    def __getitem__(self, name: str) -> Vendor:
        return self._all[name]

    def reset(self) -> None:
        for vendor in self._all.values():
            vendor.reset()

    def tell(self, command: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        answer = self._line()
        assert "ok" in answer, f"{command}: {answer['error']}"
        return answer["ok"]

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(timeout=10) == 0

    def _line(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the scripted vendors are gone"
        return json.loads(line)
