"""Writes a bill of materials (CycloneDX 1.6) of all that the lock files of this repository pin.

What is built into the functions has the scope `required`; what only tests, tools and the local
stack use is `excluded`. Each crate has its checksum from Cargo.lock and its licence; each package
of Python comes from a requirements file of infra/local, each of npm from a lock file with its hash.
The same files give the same bytes. Nothing is fetched: `cargo fetch --locked` has to have run, as
it has after any build.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# What is deployed runs on one of these (Architecture in infra/template.yaml).
TARGETS = ("aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu")
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
# What frontends start from, and the linters of the contract; nothing of either is deployed.
NPM = ("docs/examples", "infra/local/contract")
# Whoever has the same files makes the same serial number.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:motcua:sbom")


Package = dict[str, Any]


def cargo(*arguments: str) -> str:
    command = ["cargo", *arguments, "--locked", "--offline"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def members(folder: str) -> list[str]:
    return sorted(path.parent.name for path in (ROOT / folder).glob("*/Cargo.toml"))


def built_in() -> set[tuple[str, str]]:
    """Name and version of each crate that is compiled for a function, build scripts included."""
    packages = [part for name in members("functions") for part in ("--package", name)]
    targets = [part for target in TARGETS for part in ("--target", target)]
    shape = ("--edges", "normal,build", "--prefix", "none", "--format", "{p}")
    found = set()
    for line in cargo("tree", *packages, *targets, *shape).splitlines():
        if line.strip():
            name, version = line.split()[:2]
            found.add((name, version.removeprefix("v")))
    return found


def crates(metadata: Package) -> list[Package]:
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    known = {(package["name"], package["version"]): package for package in metadata["packages"]}
    required = built_in()
    found = []
    for locked in lock["package"]:
        key = (locked["name"], locked["version"])
        source = locked.get("source")
        if source is None:
            continue  # a package of this repository
        if source != CRATES_IO:
            raise SystemExit(f"{key} comes from {source}")
        package = known.get(key)
        if package is None or not package.get("license"):
            raise SystemExit(f"{key} has no licence")
        component: Package = {
            "type": "library",
            "bom-ref": reference(*key),
            "name": key[0],
            "version": key[1],
            "scope": "required" if key in required else "excluded",
            "hashes": [{"alg": "SHA-256", "content": locked["checksum"]}],
            # Older crates write a slash for "or".
            "licenses": [
                {"expression": package["license"].replace(" / ", "/").replace("/", " OR ")}
            ],
            "purl": reference(*key),
        }
        if package.get("repository"):
            component["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
        found.append(component)
    return found


def reference(name: str, version: str) -> str:
    return f"pkg:cargo/{name}@{version}"


def tools() -> list[Package]:
    pinned = set()
    for path in (ROOT / "infra" / "local").glob("requirements-*.txt"):
        for line in path.read_text().splitlines():
            name, pin, version = line.partition("==")
            if pin and not line.startswith("#"):
                pinned.add((name.strip().lower().replace("_", "-"), version.strip()))
    return [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{version}",
            "name": name,
            "version": version,
            "scope": "excluded",
            "purl": f"pkg:pypi/{name}@{version}",
        }
        for name, version in sorted(pinned)
    ]


def packages_of_npm() -> list[Package]:
    pinned: dict[tuple[str, str], str] = {}
    for folder in NPM:
        lock = json.loads((ROOT / folder / "package-lock.json").read_text())
        for path, package in lock["packages"].items():
            if "integrity" in package:
                name = path.rpartition("node_modules/")[2]
                pinned[(name, package["version"])] = package["integrity"]
    found = []
    for (name, version), integrity in sorted(pinned.items()):
        purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        algorithm, _, digest = integrity.partition("-")
        if algorithm != "sha512":
            raise SystemExit(f"{purl} has a hash of another kind: {algorithm}")
        found.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "scope": "excluded",
                "hashes": [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}],
                "purl": purl,
            }
        )
    return found


def dependencies(metadata: Package, components: list[Package]) -> list[Package]:
    """What each component depends on, as cargo resolves the workspace."""
    names = {made["id"]: (made["name"], made["version"]) for made in metadata["packages"]}
    known = {component["bom-ref"] for component in components}
    edges = []
    for node in metadata["resolve"]["nodes"]:
        own = reference(*names[node["id"]])
        if own not in known:
            continue
        kept = (
            dependency["pkg"]
            for dependency in node["deps"]
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
        )
        others = sorted({reference(*names[identity]) for identity in kept} & known)
        edges.append({"ref": own, "dependsOn": others})
    return sorted(edges, key=lambda edge: str(edge["ref"]))


def ours(kind: str, names: list[str]) -> list[Package]:
    return [
        {
            "type": kind,
            "bom-ref": reference(name, version()),
            "name": name,
            "version": version(),
            "scope": "required",
        }
        for name in names
    ]


def version() -> str:
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    return str(manifest["workspace"]["package"]["version"])


def bill() -> Package:
    # Features that no default switches on, so that their crates have a licence here, too.
    features = ("--features", "domain/schema,fuzz/libfuzzer")
    metadata = json.loads(cargo("metadata", "--format-version", "1", *features))
    applications = ours("application", members("functions"))
    libraries = ours("library", members("shared"))
    components = [*applications, *libraries, *crates(metadata), *tools(), *packages_of_npm()]
    named = {"type": "application", "bom-ref": "motcua", "name": "motcua", "version": version()}
    whole = {"ref": "motcua", "dependsOn": [made["bom-ref"] for made in applications]}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, json.dumps(components))}",
        "version": 1,
        "metadata": {"component": named},
        "components": components,
        "dependencies": [whole, *dependencies(metadata, components)],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, help="a file; without it, standard output")
    asked = parser.parse_args()
    made = bill()
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    if asked.output is None:
        sys.stdout.write(text)
        return 0
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    asked.output.write_text(text)
    count = sum(1 for component in made["components"] if component["scope"] == "required")
    print(f"{asked.output}: {len(made['components'])} components, {count} of them deployed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
