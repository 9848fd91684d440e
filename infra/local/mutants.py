"""Breaks the code in one place at a time and shows which breaks no test notices.

What is broken and how is cargo-mutants' list (`.cargo/mutants.toml` says what is left out). The
breaks are not built one by one, which would take a night: a copy of the workspace in .local holds
each function once whole and once for each of its mutants, and the environment of a test's process
says which of them answers. So the whole crate is built once. Before that, each test says which
functions it reaches; a mutant is tried on those alone, the one first that noticed its neighbour.

A survivor that tests/mutants/survivors.toml does not name with its reason fails the run, and so
does one that is named there and is noticed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import LOCAL, ROOT, StackError, locked, say

VERSION = "27.1.0"
PLACE = LOCAL / "mutants"
TREE = PLACE / "tree"
SURVIVORS = ROOT / "tests" / "mutants" / "survivors.toml"
# Of its own: cargo names what it builds by places within the workspace, so that it would take the
# copy's crates for ours.
TARGET = PLACE / "target"
# A function that does not end: so many times what the test takes otherwise, and never less.
PATIENCE_FACTOR = 10
PATIENCE_SECONDS_MIN = 5.0
SECONDS_OF_A_TEST_MAX = 600.0
# Tests that have a process each, before the others share one.
ALONE = 4
QUICK_SECONDS_MAX = 1.0
# One that fills memory before its time is up.
KILOBYTES_MAX = 6_000_000
# Errors of types come before those of borrowing, and one may hide another.
ROUNDS_MAX = 12
SEED = 20261128
LEFT = ("survived", "unreached")


@dataclass(frozen=True)
class Crate:
    """A crate of the workspace, judged by its own tests."""

    folder: str
    # Of its mutants, so many in a hundred are to be noticed.
    share: int

    @property
    def package(self) -> str:
        return Path(self.folder).name


# Tests of functions are in the crate `tests`, by subject and not by function: they are no row here
# until somebody has said which are whose.
CRATES = {"domain": Crate("shared/domain", share=95)}

# A break may be one that the compiler foresees.
ALLOWED = "#![allow(warnings, arithmetic_overflow, unconditional_panic)]"
SWITCH = """
#[doc(hidden)]
pub mod mutants {
    use std::io::Write;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    static CHOSEN: LazyLock<usize> = LazyLock::new(|| {
        std::env::var("MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(0)
    });
    static REACHED: LazyLock<Option<std::fs::File>> = LazyLock::new(|| {
        let path = std::env::var_os("MUTANTS_REACHED")?;
        std::fs::OpenOptions::new().append(true).create(true).open(path).ok()
    });
    static KNOWN: [AtomicBool; FUNCTIONS] = [const { AtomicBool::new(false) }; FUNCTIONS];

    pub fn chosen(function: usize) -> usize {
        if !KNOWN[function].swap(true, Ordering::Relaxed) {
            if let Some(mut file) = REACHED.as_ref() {
                file.write_all(format!("{function}\n").as_bytes()).unwrap();
            }
        }
        *CHOSEN
    }

    pub enum Either<A, B> {
        Left(A),
        Right(B),
    }

    impl<A: Iterator, B: Iterator<Item = A::Item>> Iterator for Either<A, B> {
        type Item = A::Item;
        fn next(&mut self) -> Option<A::Item> {
            match self {
                Self::Left(one) => one.next(),
                Self::Right(other) => other.next(),
            }
        }
    }

    impl<A: DoubleEndedIterator, B: DoubleEndedIterator<Item = A::Item>> DoubleEndedIterator
        for Either<A, B>
    {
        fn next_back(&mut self) -> Option<A::Item> {
            match self {
                Self::Left(one) => one.next_back(),
                Self::Right(other) => other.next_back(),
            }
        }
    }

    impl<A: Clone, B: Clone> Clone for Either<A, B> {
        fn clone(&self) -> Self {
            match self {
                Self::Left(one) => Self::Left(one.clone()),
                Self::Right(other) => Self::Right(other.clone()),
            }
        }
    }
}
"""


@dataclass(eq=False)
class Mutant:
    """One break, as cargo-mutants describes it; places are offsets into the file's text."""

    number: int
    file: str
    text: str
    line: str
    place: str
    start: int
    end: int
    replacement: str
    # The outermost function around it; none for a constant.
    function: Function | None = None

    def shown(self) -> str:
        return f"{self.file}:{self.place}: {self.text}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same when lines are added above it."""
        return (self.file, self.text, self.line)


@dataclass(eq=False)
class Function:
    """A function with a body, and all that can be broken in it."""

    number: int
    file: str
    # Of what is between the braces.
    start: int
    end: int
    # Returns `impl Iterator`: each of its bodies has a type of its own.
    iterates: bool
    mutants: list[Mutant] = field(default_factory=list)


@dataclass(frozen=True)
class Test:
    """One test, run as a process of its own."""

    program: str
    folder: str
    name: str


@dataclass
class Known:
    """A test, how long it takes, and what it reaches."""

    test: Test
    seconds: float
    reached: set[int]


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: `caught`, `endless`, `survived`, `unreached` or `unviable`."""

    mutant: Mutant
    kind: str
    by: str = ""


def program() -> Path:
    """cargo-mutants in the pinned version."""
    installed = PLACE / "bin" / "cargo-mutants"
    if installed.exists():
        asked = [str(installed), "mutants", "--version"]
        if answered(asked, "cargo-mutants does not run").split()[-1:] == [VERSION]:
            return installed
    say(f"installing cargo-mutants {VERSION}")
    build = PLACE / "build"
    command = ["cargo", "install", "cargo-mutants", "--version", VERSION, "--locked", "--quiet"]
    command += ["--force", "--root", str(PLACE)]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(build)}
    outcome = subprocess.run(command, check=False, cwd=ROOT, env=environment)
    shutil.rmtree(build, ignore_errors=True)
    if outcome.returncode:
        raise StackError("cargo-mutants was not installed")
    return installed


def listed(crate: Crate, files: Sequence[str], since: str | None) -> list[dict[str, Any]]:
    """cargo-mutants' own list."""
    command = [str(program()), "mutants", "--list", "--json", "--dir", str(ROOT)]
    for file in files or [f"{crate.folder}/**"]:
        command += ["--file", file]
    with tempfile.NamedTemporaryFile("w", suffix=".diff") as diff:
        if since is not None:
            asked = ["git", "diff", since, "--", crate.folder]
            diff.write(answered(asked, "git knows no such commit"))
            diff.flush()
            if not Path(diff.name).stat().st_size:
                return []
            command += ["--in-diff", diff.name]
        printed = answered(command, "cargo-mutants listed nothing")
    found: list[dict[str, Any]] = json.loads(printed) if printed.strip().startswith("[") else []
    return found


def answered(command: list[str], otherwise: str) -> str:
    outcome = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    if outcome.returncode:
        raise StackError(f"{otherwise}: {outcome.stderr.strip()[-2000:]}")
    return outcome.stdout


class Text:
    """A file's text, whose places are lines and columns in characters, from 1 on."""

    def __init__(self, file: str) -> None:
        self.text = (ROOT / file).read_text(encoding="utf-8")
        self.lines = [0, *(found.end() for found in re.finditer("\n", self.text))]

    def offset(self, place: dict[str, int]) -> int:
        return self.lines[place["line"] - 1] + place["column"] - 1

    def line(self, number: int) -> str:
        return self.text[self.lines[number - 1] :].split("\n", 1)[0].strip()


def body(text: str, name: str, start: int, end: int) -> tuple[int, int, str] | None:
    """Where a function's body is, and what stands between its name and the body."""
    named = re.compile(r"\bfn\s+" + re.escape(name.rsplit("::", 1)[-1]) + r"\b")
    found = named.search(text, start, end)
    if not found:
        return None
    depth = 0
    for at in range(found.end(), end):
        if text[at] in "([":
            depth += 1
        elif text[at] in ")]":
            depth -= 1
        elif text[at] == "{" and not depth:
            return at + 1, end - 1, text[found.end() : at]
    return None


def mutants_of(found: list[dict[str, Any]]) -> list[Mutant]:
    """The list, with each mutant in its outermost function."""
    texts: dict[str, Text] = {}
    functions: dict[tuple[str, int], Function] = {}
    mutants = []
    spans: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for entry in found:
        file = entry["file"]
        text = texts.setdefault(file, Text(file))
        if entry["function"]:
            span = entry["function"]["span"]
            around = (text.offset(span["start"]), text.offset(span["end"]))
            spans[file].append((*around, entry["function"]["function_name"]))
    for number, entry in enumerate(found, 1):
        text = texts[entry["file"]]
        start, end = (text.offset(entry["span"][edge]) for edge in ("start", "end"))
        _, line, column, described = re.split(r":(\d+):(\d+): ", entry["name"], maxsplit=1)
        mutant = Mutant(
            number,
            entry["file"],
            described,
            text.line(int(line)),
            f"{line}:{column}",
            start,
            end,
            entry["replacement"],
        )
        mutants.append(mutant)
        around_it = [span for span in spans[mutant.file] if span[0] <= start and end <= span[1]]
        if not around_it:
            continue
        outermost = min(around_it, key=lambda span: span[0] - span[1])
        place = body(text.text, outermost[2], outermost[0], outermost[1])
        constant = re.search(r"\bconst\s+fn\b", text.text[outermost[0] : place[0]]) if place else 1
        if not place or constant:
            continue
        own = (mutant.file, place[0])
        if own not in functions:
            iterates = re.search(r"->\s*impl\b[^{]*Iterator", place[2]) is not None
            functions[own] = Function(len(functions) + 1, mutant.file, place[0], place[1], iterates)
        mutant.function = functions[own]
        functions[own].mutants.append(mutant)
    return mutants


def in_place_of(text: str, mutant: Mutant, start: int, end: int) -> str:
    return text[start : mutant.start] + mutant.replacement + text[mutant.end : end]


def switched(text: str, functions: Iterable[Function], dropped: set[int]) -> str:
    """A file whose functions ask which of their bodies answers."""
    for function in sorted(functions, key=lambda function: -function.start):
        whole = text[function.start : function.end]
        arms = [
            (mutant.number, in_place_of(text, mutant, function.start, function.end))
            for mutant in function.mutants
            if mutant.number not in dropped
        ]
        if not arms:
            continue
        lines = [f"\nmatch crate::mutants::chosen({function.number}) {{"]
        for place, (number, broken) in enumerate([*arms, (0, whole)]):
            open_, close = "", ""
            if function.iterates:
                last = place == len(arms)
                open_ = "crate::mutants::Either::Right(" * place
                open_ += "" if last else "crate::mutants::Either::Left("
                close = ")" * (place + (0 if last else 1))
            lines.append(f"// mutant {number}")
            lines.append(f"{number or '_'} => {open_}{{\n{broken}\n}}{close}")
            lines.append("// mutant end")
        lines.append("}\n")
        text = text[: function.start] + "\n".join(lines) + text[function.end :]
    return text


def write(path: Path, content: bytes) -> None:
    """Only what differs, so that cargo does not build again what is as it was."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def copy(but: set[str]) -> None:
    """The workspace as it is now, without the files that are written broken."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    files = set(filter(None, answered(asked, "git lists no files").split("\0")))
    files = {file for file in files if (ROOT / file).is_file()}
    for path in [path for path in TREE.rglob("*") if path.is_file()]:
        if str(path.relative_to(TREE)) not in files:
            path.unlink()
    for file in files - but:
        write(TREE / file, (ROOT / file).read_bytes())


def cargo(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Runs cargo in the copy; its exit code, its messages, its words."""
    command = ["cargo", *arguments, "--locked", "--message-format", "json"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET)}
    outcome = subprocess.run(
        command, check=False, cwd=TREE, env=environment, capture_output=True, text=True
    )
    messages = [json.loads(line) for line in outcome.stdout.splitlines() if line.startswith("{")]
    return outcome.returncode, messages, outcome.stderr


def blamed(message: dict[str, Any]) -> Iterator[int]:
    """The mutants in whose bodies the compiler sees an error."""
    if message.get("reason") != "compiler-message" or message["message"]["level"] != "error":
        return
    spans = sorted(message["message"]["spans"], key=lambda span: not span["is_primary"])
    for span in spans:
        path = TREE / span["file_name"]
        if not path.is_file():
            continue
        lines = path.read_text(encoding="utf-8").split("\n")[: span["line_start"]]
        markers = (line for line in reversed(lines) if line.startswith("// mutant "))
        number = next(markers, "").removeprefix("// mutant ")
        if number.isdecimal() and number != "0":
            yield int(number)
            return


def said(messages: list[dict[str, Any]]) -> str:
    errors = (message["message"] for message in messages if "message" in message)
    return "\n".join(error["rendered"] for error in errors if error["level"] == "error")[:4000]


def prepare(crate: Crate, mutants: list[Mutant], guessed: set[int]) -> set[int]:
    """Writes the copy so that it compiles; the mutants that do not."""
    functions = {id(mutant.function): mutant.function for mutant in mutants if mutant.function}
    by_file: dict[str, list[Function]] = defaultdict(list)
    for function in functions.values():
        by_file[function.file].append(function)
    entry = f"{crate.folder}/src/lib.rs"
    copy({*by_file, entry})
    texts = {file: Text(file).text for file in {*by_file, entry}}
    most = max((function.number for function in functions.values()), default=0)
    switch = SWITCH.replace("FUNCTIONS", str(most + 1))
    dropped = set(guessed)
    for _ in range(ROUNDS_MAX):
        for file, text in texts.items():
            broken = switched(text, by_file.get(file, ()), dropped)
            if file == entry:
                broken = f"{ALLOWED}\n{broken}{switch}"
            write(TREE / file, broken.encode())
        code, messages, words = cargo("check", "-p", crate.package, "--lib")
        if not code:
            return dropped
        guilty = {number for message in messages for number in blamed(message)}
        if not guilty - dropped:
            raise StackError(f"the copy does not compile: {said(messages) or words}")
        say(f"{len(guilty)} mutants do not compile")
        dropped |= guilty
    raise StackError(f"the copy does not compile after {ROUNDS_MAX} rounds")


def tests_of(crate: Crate) -> list[Test]:
    """Builds the tests and lists them."""
    code, messages, words = cargo("test", "--no-run", "--tests", "-p", crate.package)
    if code:
        raise StackError(f"the tests do not compile: {said(messages) or words}")
    found = []
    for message in messages:
        executable = message.get("executable")
        if message.get("reason") != "compiler-artifact" or not executable:
            continue
        if not message["profile"]["test"]:
            continue
        folder = str(Path(message["manifest_path"]).parent)
        names = answered([executable, "--list", "--format", "terse"], "a test lists nothing")
        found += [
            Test(executable, folder, line.removesuffix(": test"))
            for line in names.splitlines()
            if line.endswith(": test")
        ]
    return found


def noticed_by(
    tests: Sequence[Known], number: int, reached: Path | None = None
) -> tuple[str, str] | None:
    """Runs tests of one program in one process, and which was the first to fail, and how.

    `caught` by what failed, or `endless` where the time ran out.
    """
    first = tests[0].test
    environment = {
        **os.environ,
        "CARGO_MANIFEST_DIR": first.folder,
        "MUTANT": str(number),
        # What is drawn is drawn again, what fails is not made small, and nothing is kept of it.
        "PROPTEST_RNG_SEED": str(SEED),
        "PROPTEST_MAX_SHRINK_ITERS": "0",
        "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "true",
        "RUST_BACKTRACE": "0",
    }
    if reached:
        environment["MUTANTS_REACHED"] = str(reached)
    limited = f'ulimit -v {KILOBYTES_MAX} && exec "$@"'
    command = ["sh", "-c", limited, "sh", first.program, "--test-threads=1", "--exact"]
    command += [entry.test.name for entry in tests]
    patience = PATIENCE_SECONDS_MIN + PATIENCE_FACTOR * sum(entry.seconds for entry in tests)
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=first.folder, env=environment, stdout=subprocess.PIPE, stderr=quiet, text=True
    ) as process:
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(patience, end)
        timer.start()
        last = ""
        for line in process.stdout or ():
            last = line.removeprefix("test ").split(" ... ")[0] if " ... " in line else last
            if line.rstrip().endswith("... FAILED"):
                process.kill()
                break
        code = process.wait()
        timer.cancel()
    if late.is_set():
        return "endless", last
    return ("caught", last) if code else None


def reached_by(tests: list[Test], jobs: int) -> list[Known]:
    """Runs every test with nothing broken, and reads what it reached."""

    def one(test: Test) -> Known:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "reached"
            started = time.monotonic()
            if noticed_by([Known(test, SECONDS_OF_A_TEST_MAX / PATIENCE_FACTOR, set())], 0, path):
                raise StackError(f"{test.name} fails with nothing broken")
            seconds = time.monotonic() - started
            lines = path.read_text().split() if path.exists() else []
            return Known(test, seconds, {int(line) for line in lines})

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, tests))


def judge(mutant: Mutant, tests: list[Known], number: int, noticed: Counter[str]) -> Outcome:
    """One mutant on these tests, those first that noticed its neighbours, then the quick ones."""
    ordered = sorted(tests, key=lambda entry: (-noticed[entry.test.name], entry.seconds))
    # A process costs more than most tests do: the likely ones alone, the other quick ones together,
    # and only then what draws a thousand cases.
    portions = [[entry] for entry in ordered[:ALONE]]
    for is_slow in (False, True):
        of_program = defaultdict(list)
        for entry in ordered[ALONE:]:
            if (entry.seconds > QUICK_SECONDS_MAX) == is_slow:
                of_program[entry.test.program].append(entry)
        portions += of_program.values()
    for portion in portions:
        found = noticed_by(portion, number)
        if found:
            kind, by = found
            noticed[by] += 1
            return Outcome(mutant, kind, by)
    return Outcome(mutant, "survived" if tests else "unreached")


def tried(
    mutants: list[Mutant], known: list[Known], jobs: int, keep: Callable[[Outcome], None]
) -> None:
    """Each mutant on the tests that reach its function, until one notices."""
    noticed: dict[int, Counter[str]] = defaultdict(Counter)
    done = itertools.count(1)

    def one(mutant: Mutant) -> None:
        function = mutant.function.number if mutant.function else 0
        tests = [entry for entry in known if function in entry.reached]
        keep(judge(mutant, tests, mutant.number, noticed[function]))
        count = next(done)
        if not count % 100:
            say(f"{count} of {len(mutants)}")

    with ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(one, mutants):
            pass


def alone(
    crate: Crate, mutants: list[Mutant], known: list[Known], keep: Callable[[Outcome], None]
) -> None:
    """What no process can choose, as constants: each is built, and tried on every test."""
    copy(set())
    for mutant in mutants:
        text = Text(mutant.file).text
        write(TREE / mutant.file, in_place_of(text, mutant, 0, len(text)).encode())
        code, _, _ = cargo("test", "--no-run", "--tests", "-p", crate.package)
        keep(Outcome(mutant, "unviable") if code else judge(mutant, known, 0, Counter()))
        write(TREE / mutant.file, text.encode())


def judged(outcomes: list[Outcome], share: int) -> int:
    """Prints what came of it; how much of it is not as the list of survivors says."""
    listed_ = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("survivor", [])
    reasons = {(entry["file"], entry["mutant"], entry["line"]): entry for entry in listed_}
    kinds = Counter(outcome.kind for outcome in outcomes)
    left = [outcome for outcome in outcomes if outcome.kind in LEFT]
    left_keys = {outcome.mutant.key for outcome in left}
    unknown = [outcome for outcome in left if outcome.mutant.key not in reasons]
    tried_keys = {outcome.mutant.key for outcome in outcomes}
    stale = [key for key in reasons if key in tried_keys and key not in left_keys]
    by_file: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        by_file[outcome.mutant.file][outcome.kind] += 1
    print(f"{'file':<52} {'mutants':>7} {'noticed':>7} {'left':>5}")
    for file, of_file in sorted(by_file.items()):
        viable = of_file.total() - of_file["unviable"]
        caught = of_file["caught"] + of_file["endless"]
        print(f"{file:<52} {viable:>7} {caught:>7} {viable - caught:>5}")
    viable = len(outcomes) - kinds["unviable"]
    caught = kinds["caught"] + kinds["endless"]
    for outcome in unknown:
        print(f"{outcome.kind}: {outcome.mutant.shown()}\n    {outcome.mutant.line}")
    for file, text, line in stale:
        print(f"noticed by now, yet listed as a survivor: {file}: {text}\n    {line}")
    print(
        f"{caught} of {viable} noticed ({100 * caught / max(1, viable):.1f} %, {kinds['endless']} "
        f"by their time), {len(left)} left, of which {len(left) - len(unknown)} with a reason; "
        f"{kinds['unviable']} do not compile"
    )
    below = 100 * caught < share * viable
    if below and viable >= 100:
        print(f"less than {share} %")
    return len(unknown) + len(stale) + (1 if below and viable >= 100 else 0)


def digest(crate: Crate) -> str:
    """Of what the compiler sees of the crate."""
    hashed = hashlib.sha256(VERSION.encode())
    for path in sorted((ROOT / crate.folder).glob("src/**/*.rs")):
        hashed.update(str(path).encode() + path.read_bytes())
    return hashed.hexdigest()


class Kept:
    """What came of each mutant, in a file for the next run."""

    def __init__(self, name: str) -> None:
        self.path = PLACE / f"{name}.json"
        self.before: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            self.before = json.loads(self.path.read_text(encoding="utf-8"))

    def unviable(self, of: str) -> set[str]:
        """What did not compile when the crate was as it is now."""
        return set(self.before.get("unviable", ())) if self.before.get("digest") == of else set()

    def left(self) -> set[str]:
        """What nobody noticed the last time."""
        return set(self.before.get("left", ()))

    def write(self, of: str, outcomes: list[Outcome]) -> None:
        tried_now = {outcome.mutant.shown() for outcome in outcomes}
        left = {outcome.mutant.shown() for outcome in outcomes if outcome.kind in LEFT}
        unviable = {outcome.mutant.shown() for outcome in outcomes if outcome.kind == "unviable"}
        if self.before.get("digest") == of:
            left |= self.left() - tried_now
            unviable |= self.unviable(of)
        kept = {"digest": of, "left": sorted(left), "unviable": sorted(unviable)}
        self.path.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def chosen(mutants: list[Mutant], asked: argparse.Namespace, kept: Kept) -> list[Mutant]:
    """Those that are asked for, also in their functions."""
    numbers = set(range(1, len(mutants) + 1))
    if asked.again:
        numbers = {mutant.number for mutant in mutants if mutant.shown() in kept.left()}
    if asked.shard:
        first, step = (int(part) for part in asked.shard.split("/"))
        numbers = set(sorted(numbers)[first::step])
    for mutant in mutants:
        if mutant.function:
            own = mutant.function.mutants
            own[:] = [other for other in own if other.number in numbers]
    return [mutant for mutant in mutants if mutant.number in numbers]


def run(crate: Crate, asked: argparse.Namespace) -> int:
    kept = Kept(asked.crate)
    of = digest(crate)
    mutants = chosen(mutants_of(listed(crate, asked.file or [], asked.since)), asked, kept)
    if not mutants:
        say("nothing here can be broken")
        return 0
    constants = [mutant for mutant in mutants if not mutant.function]
    say(f"{len(mutants)} mutants, {len(constants)} of them in constants")
    known_unviable = kept.unviable(of)
    guessed = {mutant.number for mutant in mutants if mutant.shown() in known_unviable}
    dropped = prepare(crate, mutants, guessed)
    outcomes = [Outcome(mutant, "unviable") for mutant in mutants if mutant.number in dropped]
    tests = tests_of(crate)
    say(f"{len(tests)} tests are built")
    known = reached_by(tests, asked.jobs)
    say(f"each alone takes {sum(entry.seconds for entry in known):.0f} s")

    def keep(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if outcome.kind in LEFT:
            say(f"{outcome.kind}: {outcome.mutant.shown()}")

    whole = [mutant for mutant in mutants if mutant.function and mutant.number not in dropped]
    try:
        tried(whole, known, asked.jobs, keep)
        alone(crate, [mutant for mutant in constants if mutant.number not in dropped], known, keep)
    finally:
        kept.write(of, outcomes)
    return judged(outcomes, crate.share)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--crate", choices=sorted(CRATES), default="domain")
    arguments.add_argument("--file", action="append", help="a file or glob; the whole crate")
    arguments.add_argument("--since", help="only what changed since this commit")
    arguments.add_argument("--shard", help="k/n: every n-th mutant, from the k-th on (from 0)")
    arguments.add_argument("--again", action="store_true", help="only what the last run left")
    arguments.add_argument("--jobs", type=int, default=1)
    asked = arguments.parse_args()
    with locked(PLACE / "lock"):
        return 1 if run(CRATES[asked.crate], asked) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        sys.exit(f"mutants: {error}")
