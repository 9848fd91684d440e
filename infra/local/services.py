"""Processes that outlive the run that starts them, each with a record and a log of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT, StackError

READY_SECONDS = 30
STOP_SECONDS = 5


@dataclass(frozen=True)
class Process:
    group: int
    # When the kernel started it: tells it from a later process that got the same id.
    started: str


def process(pid: int) -> Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in brackets may hold spaces; a zombie has ended, even if nobody has asked for its
    # exit code.
    state, _, group, *rest = stat.rpartition(")")[2].split()
    return None if state == "Z" else Process(int(group), rest[16])


def group_ends(group: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        running = (
            process(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()
        )
        if all(each is None or each.group != group for each in running):
            return True
        time.sleep(0.1)
    return False


@dataclass(frozen=True)
class Service:
    """A process of a stack, leader of a group of its own.

    Its record survives the run that started it.
    """

    name: str
    directory: Path

    @property
    def record(self) -> Path:
        return self.directory / "run" / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        return self.directory / "log" / f"{self.name}.log"

    def pid(self) -> int | None:
        try:
            pid, started = self.record.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        leader = process(int(pid))
        return int(pid) if leader is not None and leader.started == started else None

    def start(self, command: list[str], environment: Mapping[str, str]) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.record.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            leader = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        known = process(leader.pid)
        self.record.write_text(f"{leader.pid} {known.started if known else None}\n")

    def wait_ready(self, url: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.pid() is None:
                raise StackError(f"{self.name} ended at its start:\n{self.log_tail()}")
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1):
                return
            time.sleep(0.05)
        raise StackError(f"{self.name} did not answer within {READY_SECONDS} s:\n{self.log_tail()}")

    def log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def stop(self) -> None:
        """Ends the whole group: MiniStack's function processes are in it."""
        pid = self.pid()
        if pid is not None:
            for sign, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, sign)
                if group_ends(pid, patience):
                    break
            else:
                raise StackError(f"{self.name} (process group {pid}) does not end")
        self.record.unlink(missing_ok=True)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
