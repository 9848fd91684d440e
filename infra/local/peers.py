"""Installs the peers that make bench measures into .local/peers, as tests/bench/peers pins them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys

from tools import LOCAL, ROOT, Environment, StackError, clean_environment, locked, say

PEERS = ROOT / "tests" / "bench" / "peers"
PLACE = LOCAL / "peers"
PYTHON = Environment(PLACE / "python", PEERS / "python" / "requirements.txt")
# Each is one file when it is deployed.
HANDLERS = ("submit", "change_status", "relay")


def node() -> None:
    """What npm has pinned, and each handler bundled."""
    sources = sorted((PEERS / "node").iterdir())
    wanted = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    place, stamp = PLACE / "node", PLACE / "node.sha256"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("installing the peers in Node")
    shutil.rmtree(place, ignore_errors=True)
    work = place / "work"
    shutil.copytree(PEERS / "node", work)
    outcome = subprocess.run(
        ["npm", "ci", "--silent", "--no-audit", "--no-fund"],
        cwd=work,
        env={**clean_environment(), "npm_config_update_notifier": "false"},
        check=False,
    )
    if outcome.returncode:
        raise StackError("could not install the peers in Node")
    for name in HANDLERS:
        # Modules that are CommonJS ask for `require`.
        banner = "import {createRequire} from 'module';const require=createRequire(import.meta.url)"
        command = [
            str(work / "node_modules" / ".bin" / "esbuild"),
            f"{name}.mjs",
            "--bundle",
            "--minify",
            "--platform=node",
            "--format=esm",
            "--target=node20",
            "--log-level=error",
            f"--banner:js={banner};",
            f"--outfile={place / name}.mjs",
        ]
        if subprocess.run(command, cwd=work, check=False).returncode:
            raise StackError(f"could not bundle {name}.mjs")
    shutil.rmtree(work)
    stamp.write_text(wanted)


def main() -> int:
    if os.environ.get("PATH") is None or shutil.which("npm") is None:
        say("make bench needs npm and Node 20 for its peers")
        return 1
    try:
        with locked(LOCAL / "peers.lock"):
            PLACE.mkdir(parents=True, exist_ok=True)
            PYTHON.prepare()
            node()
    except StackError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
