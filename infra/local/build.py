"""Builds with cargo behind one line of progress: how many crates there are is no news.

What the compiler has to say about our own code is shown as it stands. On a terminal the line is
written over; elsewhere it comes again now and then, so that a log shows that something goes on.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable

from tools import ROOT, clean_environment

# Seconds between two lines where nothing can be written over.
QUIET = 30


def diagnostics(message: dict[str, object]) -> str:
    """What the compiler says, as it would have printed it."""
    said = message.get("message")
    rendered = said.get("rendered") if isinstance(said, dict) else None
    return rendered if isinstance(rendered, str) else ""


class Progress:
    """How many crates are built, on one line."""

    def __init__(self) -> None:
        self.built = 0
        self.begun = time.monotonic()
        self.shown_at = self.begun
        self.over = sys.stderr.isatty()
        self.is_line_open = False

    def line(self) -> str:
        return f"  building: {self.built} crates, {time.monotonic() - self.begun:.0f} s"

    def reach(self) -> None:
        self.built += 1
        if self.over:
            print(f"\r{self.line()}", end="", file=sys.stderr, flush=True)
            self.is_line_open = True
        elif time.monotonic() - self.shown_at >= QUIET:
            self.shown_at = time.monotonic()
            print(self.line(), file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        self.close()
        print(text, end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.is_line_open:
            print(file=sys.stderr)
            self.is_line_open = False


def follow(lines: Iterable[str], progress: Progress) -> None:
    for line in lines:
        message = json.loads(line)
        match message.get("reason"):
            case "compiler-artifact" if not message.get("fresh"):
                progress.reach()
            case "compiler-message":
                progress.say(diagnostics(message))
            case _:
                pass


def main(arguments: list[str]) -> int:
    command = ["cargo", "build", "--quiet", "--message-format=json-diagnostic-rendered-ansi"]
    progress = Progress()
    with subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as cargo:
        if cargo.stdout is not None:
            follow(cargo.stdout, progress)
    progress.close()
    if cargo.returncode == 0 and progress.built:
        print(f"{progress.line().replace('building', 'built')}", file=sys.stderr)
    return cargo.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
