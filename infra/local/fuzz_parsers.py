"""Feeds each parser of outside text with inputs that coverage guides, from the kept ones on.

The parsers and what holds of them stand in tests/fuzz. Inputs that reached something new stay in
.local/fuzz-parsers, so that the next run begins where this one ended. One that breaks something is
left there as well; with its fault mended it belongs into tests/fuzz/corpus, under a name that says
what it is, where `cargo test` plays it for ever.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from tools import LOCAL, ROOT, StackError, say

CORPUS = ROOT / "tests" / "fuzz" / "corpus"
# Larger inputs find little that small ones do not, and take long.
BYTES_MAX = 4096
SECONDS_OF_AN_INPUT_MAX = 10
MEGABYTES_MAX = 2048
DONE = re.compile(r"^#(\d+)\s+DONE\s+cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)


def built() -> Path:
    """The instrumented program."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    wrapper = {"RUSTC_WORKSPACE_WRAPPER": str(ROOT / "infra" / "local" / "instrumented.sh")}
    # Of the whole workspace, so that what we depend on is what everything else was built with.
    command = ["cargo", "build", "--workspace", "--bin", "fuzz", "--features", "fuzz/libfuzzer"]
    command += ["--locked", "--quiet"]
    outcome = subprocess.run(command, check=False, cwd=ROOT, env={**os.environ, **wrapper})
    if outcome.returncode:
        raise StackError("the fuzzer was not built")
    return target / "debug" / "fuzz"


def run(program: Path, parser: str, budget: list[str], found: Path) -> tuple[int, str]:
    """Runs one parser; its exit code and what libFuzzer printed."""
    found.mkdir(parents=True, exist_ok=True)
    command = [str(program), str(found), str(CORPUS / parser), *budget]
    command += [f"-max_len={BYTES_MAX}", f"-timeout={SECONDS_OF_AN_INPUT_MAX}"]
    command += [f"-rss_limit_mb={MEGABYTES_MAX}", "-print_final_stats=0"]
    command += [f"-artifact_prefix={found.parent}/{parser}-"]
    environment = {**os.environ, "FUZZ_PARSER": parser}
    outcome = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
    )
    return outcome.returncode, outcome.stderr


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--parser", help="one of the folders of tests/fuzz/corpus; all of them")
    arguments.add_argument(
        "--runs", type=int, help="inputs of each parser; as many as there is time"
    )
    arguments.add_argument("--seconds", type=int, default=10, help="the most time of each parser")
    arguments.add_argument("--seed", type=int, default=20261128)
    asked = arguments.parse_args()
    parsers = [asked.parser] if asked.parser else sorted(path.name for path in CORPUS.iterdir())
    program = built()
    budget = [f"-seed={asked.seed}", f"-max_total_time={asked.seconds}"]
    budget += [f"-runs={asked.runs}"] if asked.runs else []
    say(f"seed {asked.seed}, at most {asked.seconds} s for each parser")
    print(f"{'parser':<12} {'inputs':>9} {'edges':>7} {'kept':>6}")
    broken = 0
    for parser in parsers:
        found = LOCAL / "fuzz-parsers" / parser
        code, printed = run(program, parser, budget, found)
        done = DONE.search(printed)
        if code or not done:
            broken += 1
            print(
                f"{parser:<12} broken by an input in {found.parent}:",
                *printed.splitlines()[-25:],
                sep="\n",
            )
            continue
        inputs, edges, _, corpus = done.groups()
        print(f"{parser:<12} {inputs:>9} {edges:>7} {corpus:>6}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        sys.exit(f"fuzz: {error}")
