"""A real OpenClaw: its own gateway process, and turns of its main agent through it."""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from bed.wait import until

# As a person keeps it: JSON5, with comments, spaces and commas of their own.
CONFIG = """\
{
  // kept by hand; agm may change the model, and nothing else
  gateway: { mode: "local", port: %(port)d, bind: "loopback", auth: { mode: "token", token: "only-on-loopback" } },
  logging: { file: "%(log)s", level: "info" },
  models: {
    mode: 'merge',
    providers: {
      "hiclaw-gateway": {
        baseUrl: "%(base_url)s",
        apiKey: "%(key)s",  /* from `agm agent key` */
        api: "openai-completions",
        models: [
          { id: "%(model)s", name: "%(model)s", reasoning: true, contextWindow: 150000, maxTokens: 8000, input: ["text"] },
        ],
      },
    },
  },
  agents: {
    defaults: {
      workspace: "%(workspace)s",
      skipBootstrap: true,
      model: { primary: "hiclaw-gateway/%(model)s" }, // the one in use
      models: { "hiclaw-gateway/%(model)s": { alias: "%(model)s" }, },
    },
  },
}
"""


@dataclass(frozen=True)
class Turn:
    """What the agent said, and what it says it ran on."""

    text: str
    provider: str
    model: str


class OpenClaw:
    """Nothing of it lies outside its directory."""

    def __init__(self, node: Path, entry: Path, directory: Path) -> None:
        self._command = [node, entry]
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._output = directory / "openclaw.out"
        self._workspace = directory / "workspace"
        self._workspace.mkdir()
        self.config = directory / "openclaw.json"
        self.log = directory / "openclaw.log"
        self._env = {
            "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(directory / "home"),
            "OPENCLAW_STATE_DIR": str(directory / "state"),
            "OPENCLAW_CONFIG_PATH": str(self.config),
            "OPENCLAW_NO_RESPAWN": "1",
            "NO_COLOR": "1",
        }

    def configure(self, base_url: str, key: str, model: str) -> None:
        """Writes its configuration, with this gateway as its only provider."""
        own = {"port": self._port, "log": self.log, "workspace": self._workspace}
        self.config.write_text(CONFIG % {**own, "base_url": base_url, "key": key, "model": model})

    def start(self) -> None:
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [*self._command, "gateway", "run"],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        until("OpenClaw is ready", self._is_ready, seconds=90)

    def turn(self, message: str) -> Turn:
        """One turn of the agent, in its one session."""
        done = subprocess.run(
            [*self._command, "agent", "--agent", "main", "--message", message, "--json", "--timeout", "60"],
            env=self._env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 0, f"the turn failed: {done.stdout}{done.stderr}"
        answer = json.loads(done.stdout)
        assert answer["status"] == "ok", done.stdout
        meta = answer["result"]["meta"]["agentMeta"]
        return Turn(answer["result"]["payloads"][0]["text"], meta["provider"], meta["model"])

    def reloads(self) -> int:
        """How often it has said that it took a change of its file."""
        return self.log.read_text().count('"message":"config hot reload applied (')

    def identity(self) -> tuple[int, str]:
        """Process id and start time: the same pair is the same process, never restarted."""
        assert self._process is not None and self._process.poll() is None, self._output.read_text()
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        # The name before it may hold spaces; the start time is the 22nd field, in ticks since boot.
        return self._process.pid, stat.rpartition(")")[2].split()[19]

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        finally:
            self._process.kill()

    def _is_ready(self) -> bool:
        assert self._process is not None and self._process.poll() is None, self._output.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/ready", timeout=5) as answer:
                return json.load(answer).get("ready") is True
        except (URLError, OSError, ValueError):
            return False


def free_port() -> int:
    """OpenClaw takes no port 0."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
