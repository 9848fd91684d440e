"""Runs every block of a page as a reader does: in order, in one shell, on its own stack.

```sh                a block that is run; after a first line `# on AWS` only its syntax is checked
```text              what the block before it prints, word for word; any number for a number,
                     anything for …
```text exactly      the same, with the very numbers
```text of make …    what a target prints that cannot be run from here; tests/wiring/readme.rs
                     checks it

`make test` itself is what runs this, and is not run again.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tools import HERE, LOCAL, ROOT, Environment, StackError, clean_environment, locked, say

README_VENV = Environment(LOCAL / "venv-readme", HERE / "requirements-readme.txt")
# Where the README's shell has its stack, so that a developer's own goes on.
PLACE = LOCAL / "readme"
ON_AWS = "# on AWS"
THE_RUN_ITSELF = re.compile(r"^make test\b")
# A dot or a dash in a table is a number too: none.
NUMBER = re.compile(r"[0-9](?:[0-9.,:]*[0-9])?|[\u2013·]")
ELLIPSIS = "…"


class Page:
    """Which page is run, for what is said of its lines."""

    name = "README.md"


page = Page()


class Differs(Exception):
    """What a block does otherwise than the README says."""


@dataclass(frozen=True)
class Block:
    line: int
    kind: str
    text: str


def blocks(readme: str) -> list[Block]:
    found: list[Block] = []
    inside: tuple[int, str, list[str]] | None = None
    for number, line in enumerate(readme.splitlines(), start=1):
        if not line.startswith("```"):
            if inside is not None:
                inside[2].append(line)
        elif inside is None:
            inside = (number, line.removeprefix("```").strip(), [])
        else:
            found.append(Block(inside[0], inside[1], "\n".join(inside[2])))
            inside = None
    return found


def pattern(told: str, exactly: bool) -> str:
    """What is told: any white space between its words, anything of a line for an ellipsis."""

    def of(word: str) -> str:
        parts, last = [], 0
        for number in [] if exactly else NUMBER.finditer(word):
            parts += [literal(word[last : number.start()]), f"(?:{NUMBER.pattern})"]
            last = number.end()
        return "".join([*parts, literal(word[last:])])

    def literal(text: str) -> str:
        return r"[^\n]*?".join(re.escape(piece) for piece in text.split(ELLIPSIS))

    return r"\s+".join(of(word) for word in told.split())


def compare(told: Block, printed: str) -> None:
    """Piece by piece: where an ellipsis has a line of its own, lines are left out."""
    exactly, place, piece = told.kind.endswith("exactly"), 0, ""
    for count, line in enumerate([*told.text.splitlines(), ELLIPSIS], start=1):
        if line.strip() == ELLIPSIS:
            piece = ""
            continue
        piece += line + "\n"
        # From where the piece before it ended; a longer piece begins where a shorter one does, or
        # later.
        found = re.search(pattern(piece, exactly), printed[place:])
        if found is None:
            place_in_file = f"{page.name}:{told.line + count}"
            raise Differs(f"{place_in_file}: not printed so:\n  {line}\nprinted:\n{printed}")
        if told.text.splitlines()[count : count + 1] in ([], [ELLIPSIS]):
            place += found.end()


class Shell:
    """One shell for all blocks: what one sets the next one has."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(README_VENV.path / "bin"), os.environ.get("PATH", os.defpath)])
        # Make hands its own settings down, with which a make within would not be a reader's.
        kept = {
            name: value
            for name, value in clean_environment().items()
            if name not in ("MAKEFLAGS", "MAKELEVEL")
        }
        environment = {**kept, "PATH": path, "STACK_DIR": str(PLACE), "NO_COLOR": "1"}
        environment.pop("STACK_ENV", None)
        self.process = subprocess.Popen(
            ["bash"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, block: Block) -> str:
        text = block.text.replace(".local/stack.env", str(PLACE.relative_to(ROOT) / "stack.env"))
        text = "\n".join(line for line in text.splitlines() if not THE_RUN_ITSELF.match(line))
        end = f"end of the block in line {block.line}"
        assert self.process.stdin is not None and self.process.stdout is not None
        # What a command reads is not the next block.
        self.process.stdin.write(f"set -e\n{{\n{text}\n}} </dev/null\nset +e\necho '{end}'\n")
        self.process.stdin.flush()
        printed = []
        for line in self.process.stdout:
            # After what did not end its line, as curl does.
            if line.rstrip("\n").endswith(end):
                printed.append(line.rstrip("\n").removesuffix(end))
                return "".join(printed)
            printed.append(line)
        raise Differs(
            f"{page.name}:{block.line}: the block ended with an error:\n{''.join(printed)}"
        )

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def syntax(block: Block) -> None:
    if subprocess.run(["bash", "-n"], check=False, input=block.text, text=True).returncode:
        raise Differs(f"{page.name}:{block.line}: bash does not read it")


def play(found: list[Block]) -> None:
    shell, printed = Shell(), ""
    try:
        for block in found:
            began = time.monotonic()
            if block.kind == "sh":
                syntax(block)
                if block.text.startswith(ON_AWS):
                    say(f"{page.name}:{block.line}: is for AWS, and reads")
                    continue
                printed = shell.run(block)
                say(f"{page.name}:{block.line}: ran in {time.monotonic() - began:.0f} s")
            elif block.kind in ("text", "text exactly"):
                compare(block, printed)
                say(f"{page.name}:{block.line}: was printed")
            elif not block.kind.startswith("text of make "):
                raise Differs(
                    f"{page.name}:{block.line}: a block of no kind: {block.kind or 'none'}"
                )
    finally:
        shell.close()
        # Whatever block did not come to its end.
        command = [sys.executable, str(HERE / "stack.py"), "down", "--dir", str(PLACE)]
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    asked = parser.parse_args()
    page.name = asked.readme.name
    with locked(LOCAL / "readme.lock"):
        README_VENV.prepare()
        play(blocks(asked.readme.read_text()))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Differs, StackError) as error:
        sys.exit(f"readme: {error}")
