"""agm as its users have it: the server as a process, and its command line."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from bed.wait import until

EXIT_DONE = 0
EXIT_CONFLICT = 5
EXIT_NOT_REACHABLE = 6


class Agm:
    """A running agm in a throw-away directory, on free ports."""

    def __init__(self, binary: Path, directory: Path) -> None:
        self._binary = binary
        self.data = directory / "data"
        # Nothing of the surroundings: no settings, no credentials, no proxy. The background looks often, so that
        # nobody has to wait for it.
        self._env = {"PATH": os.environ["PATH"], "HOME": str(directory), "NO_COLOR": "1", "AGM_RECHECK": "1s"}
        self._secrets: set[str] = set()
        self._output = directory / "agm.out"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [binary, "up", "--data-dir", self.data, "--listen", "127.0.0.1:0", "--gateway-listen", "127.0.0.1:0"],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            endpoints = until("agm up", self._endpoints, seconds=30)
        except BaseException:
            self._process.kill()
            raise
        self.gateway: str = endpoints["gateway"].rstrip("/")
        self.management: str = endpoints["management"].rstrip("/")

    def run(self, *args: str, stdin: str = "", exits: int = EXIT_DONE) -> subprocess.CompletedProcess[str]:
        """Runs a command; any other exit code than the expected one is the test's failure."""
        done = subprocess.run(
            [self._binary, *args, "--data-dir", self.data],
            env=self._env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = f"agm {' '.join(args)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        assert done.returncode == exits, said
        return done

    def json(self, *args: str) -> Any:
        """What a command says as JSON."""
        return json.loads(self.run(*args, "-o", "json").stdout)

    def key(self, agent: str) -> str:
        """An agent's gateway key."""
        key = self.run("agent", "key", agent).stdout.strip()
        self._secrets.add(key)
        return key

    def add_provider(self, name: str, kind: str, base_url: str, key: str) -> None:
        self._secrets.add(key)
        self.run("provider", "add", name, "--type", kind, "--base-url", base_url, "--key-stdin", stdin=key)

    def set_model(
        self, target: str, provider: str, model: str, exits: int = EXIT_DONE
    ) -> subprocess.CompletedProcess[str]:
        """The switch."""
        return self.run("set-model", "--target", target, "--provider", provider, "--model", model, exits=exits)

    def stop(self) -> None:
        """Stops it as a user would, and looks over what it leaves behind."""
        self._process.send_signal(signal.SIGTERM)
        try:
            exit_code = self._process.wait(timeout=20)
        finally:
            self._process.kill()
        output = self._output.read_text()
        assert exit_code == 0, f"agm ended with {exit_code}:\n{output}"
        assert "panicked at" not in output, output
        left = [self._output, *(path for path in self.data.rglob("*") if path.is_file())]
        for path, secret in ((path, secret) for path in left for secret in self._secrets):
            assert secret.encode() not in path.read_bytes(), f"a key lies in {path} in the clear"

    def _endpoints(self) -> dict[str, str] | None:
        assert self._process.poll() is None, f"agm ended:\n{self._output.read_text()}"
        file = self.data / "run" / "endpoints.json"
        return json.loads(file.read_text()) if file.exists() else None
