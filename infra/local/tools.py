"""What every script here uses: places, pinned tools, words for the person at the terminal."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
HERE = ROOT / "infra" / "local"

STARTED = time.monotonic()


class StackError(Exception):
    """What went wrong, in words for the person at the terminal."""


def say(text: str) -> None:
    print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", file=sys.stderr, flush=True)


def shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def clean_environment() -> dict[str, str]:
    """Without the developer's own AWS account in it: nothing here may reach a real one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


@dataclass(frozen=True)
class Environment:
    """A virtual environment that holds exactly what its requirements file says."""

    path: Path
    requirements: Path

    def program(self, name: str) -> str:
        return str(self.path / "bin" / name)

    def prepare(self) -> None:
        wanted = hashlib.sha256(self.requirements.read_bytes() + sys.version.encode()).hexdigest()
        stamp = self.path / "requirements.sha256"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        say(f"installing {self.requirements.relative_to(ROOT)}")
        venv.create(self.path, clear=True, with_pip=True)
        command = [
            self.program("python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        outcome = subprocess.run([*command, "--requirement", str(self.requirements)], check=False)
        if outcome.returncode:
            raise StackError(f"could not install {self.requirements.name}")
        stamp.write_text(wanted)
        say(f"installed {self.requirements.relative_to(ROOT)}")


STACK_VENV = Environment(LOCAL / "venv", HERE / "requirements-stack.txt")
TOOLS_VENV = Environment(LOCAL / "venv-tools", HERE / "requirements-tools.txt")


def setup() -> None:
    with locked(LOCAL / "setup.lock"), ThreadPoolExecutor() as pool:
        for _ in pool.map(Environment.prepare, (STACK_VENV, TOOLS_VENV)):
            pass


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run to release {shown(path)}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
