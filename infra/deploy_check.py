"""Says what is wrong with a deployment, without touching the account.

It reads infra/samconfig.toml, the parameters of infra/template.yaml and the files of infra/data.
A mistake is what would fail, or would be deployed and be wrong; a note is what a person may want to
do. Secrets are never here: functions read them from the secret store, and the last note names those
that it must have.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
from samcli.yamlhelper import yaml_parse

ROOT = Path(__file__).resolve().parents[1]
# The bucket's name is the stack's with `-documents-` and the account's twelve digits, of 63.
STACK_NAME = re.compile(r"[a-z][a-z0-9-]{0,38}")
# How a setting of a function refers to a secret of the store.
REFERENCE = re.compile(r"\{secret:\$\{Secrets\}/(?P<name>\w+)\}")
# Secrets of accounts that a deployment may not have: the parameter that says that it has one.
OF_AN_ACCOUNT = {
    "SpeedsmsToken": "SpeedsmsSender",
    "VnptApiPassword": "VnptUrl",
    "NationalPassword": "NationalUrl",
    "VnpostSecret": "VnpostUrl",
    "PaymentSecret": "PaymentUrl",
}
# What is needed together: the one that switches it on, and what it cannot do without.
TOGETHER = {
    "VnptUrl": ("VnptApiUser", "VnptUserName", "VnptLabelId", "VnptTemplateId"),
    "NationalUrl": ("NationalUser", "NationalUnit", "NationalDstcode"),
    "LgspUrl": ("LgspUnit",),
    "VnpostUrl": ("VnpostCustomer", "VnpostUser"),
    "PaymentUrl": ("PaymentPartner", "PaymentIp", "PaymentAccount"),
}
# What is for demonstrations, or for the local stack, and is wrong where dossiers are real.
NOT_FOR_REAL = {
    "NoticeLimits": "ignored",
    "UndecidedYears": "assumed",
    "Schedules": "DISABLED",
    "DeletionProtection": "false",
    "MetricMathAlarms": "false",
    "SavedQueries": "false",
    "BatchSelections": "false",
}
# What the shipped file has in the place of a province's own.
EXAMPLES = re.compile(r"example\.|^EXAMPLE$|…|^0+$")


class Check:
    """What was found, in the order of the file."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []
        self.notes: list[str] = []

    def wrong(self, where: str, what: str) -> None:
        self.mistakes.append(f"{where}: {what}")

    def note(self, where: str, what: str) -> None:
        self.notes.append(f"{where}: {what}")


def settings(check: Check, path: Path, env: str) -> dict[str, Any]:
    """What `sam deploy --config-env` reads; empty where there is nothing to go on with."""
    try:
        read = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        check.wrong(path.name, f"cannot be read: {error}")
        return {}
    made = read.get(env, {}).get("deploy", {}).get("parameters")
    if not isinstance(made, dict):
        known = ", ".join(name for name in read if name != "version")
        check.wrong(path.name, f"has no [{env}.deploy.parameters]; there is: {known}")
        return {}
    return made


def stack(check: Check, made: dict[str, Any]) -> None:
    name = str(made.get("stack_name", ""))
    if not STACK_NAME.fullmatch(name):
        check.wrong(
            "stack_name",
            f"{name!r}: small letters, digits and hyphens, 39 at most, since the bucket has it",
        )
    if "CAPABILITY_IAM" not in str(made.get("capabilities", "")):
        check.wrong("capabilities", "CAPABILITY_IAM is missing: the stack makes roles")
    if made.get("language_extensions") is not True:
        check.wrong("language_extensions", "true is missing: SAM fails at the first loop (ADR 35)")
    if made.get("resolve_s3") is not True and "s3_bucket" not in made:
        check.wrong("resolve_s3", "neither it nor s3_bucket says where packages go")
    if not made.get("region"):
        check.wrong("region", "is missing: another one would be taken from the environment")


def overrides(check: Check, made: dict[str, Any]) -> dict[str, str]:
    given: dict[str, str] = {}
    listed = made.get("parameter_overrides", [])
    if not isinstance(listed, list):
        check.wrong("parameter_overrides", "is a list of texts like NAME=VALUE")
        return given
    for one in listed:
        name, sign, value = str(one).partition("=")
        if not sign:
            check.wrong("parameter_overrides", f"{one!r} is not NAME=VALUE")
        elif name in given:
            check.wrong(name, "is given twice")
        else:
            given[name] = value
    return given


def breaks(asked: dict[str, Any], value: str) -> Iterator[str]:
    """What a value breaks of what the template asks of its parameter."""
    values = value.split(",") if asked["Type"] == "CommaDelimitedList" else [value]
    allowed = [str(one) for one in asked.get("AllowedValues", [])]
    for one in values:
        if allowed and one not in allowed:
            yield f"{one!r} is none of {', '.join(allowed)}"
        if "AllowedPattern" in asked and not re.fullmatch(asked["AllowedPattern"], one):
            yield f"{one!r} has not the form that the template asks for"
    if len(value) < int(asked.get("MinLength", 0)):
        yield f"is shorter than {asked['MinLength']} characters"
    if "MaxLength" in asked and len(value) > int(asked["MaxLength"]):
        yield f"is longer than {asked['MaxLength']} characters"
    if asked["Type"] == "Number":
        if not re.fullmatch(r"-?[0-9]+", value):
            yield f"{value!r} is not a whole number"
        elif not (
            int(asked.get("MinValue", value)) <= int(value) <= int(asked.get("MaxValue", value))
        ):
            yield f"{value} is not between {asked.get('MinValue')} and {asked.get('MaxValue')}"


def secrets(check: Check, template: str, given: dict[str, str], default: str) -> None:
    """Names what the secret store must have for this deployment."""
    wanted = [
        name
        for name in sorted(set(REFERENCE.findall(template)))
        if name not in OF_AN_ACCOUNT or given.get(OF_AN_ACCOUNT[name])
    ]
    prefix = given.get("Secrets", default)
    check.note("secrets", "the store must have " + ", ".join(f"{prefix}/{name}" for name in wanted))


def parameters(
    check: Check, asked: dict[str, Any], given: dict[str, str], secret: set[str], real: bool
) -> None:
    for name in given:
        if name in secret:
            check.wrong(name, "is a secret: it belongs into the secret store, and nowhere here")
        elif name not in asked:
            check.wrong(name, "the template has no such parameter")
    known = {name: value for name, value in given.items() if name in asked}
    for name, parameter in asked.items():
        if "Default" not in parameter and not known.get(name):
            check.wrong(name, f"is missing: {parameter.get('Description', '')}")
    for name, value in known.items():
        broken = list(breaks(asked[name], value))
        for what in broken:
            check.wrong(name, what)
        if EXAMPLES.search(value):
            check.wrong(name, f"{value!r} is still the example's")
        if real and not broken and value.startswith("http://"):
            check.wrong(name, "is of the machine itself, and this is prod")
    for leader, needed in TOGETHER.items():
        for name in needed:
            if known.get(leader) and not known.get(name):
                check.wrong(name, f"is missing: {leader} is given")
    for name, value in NOT_FOR_REAL.items():
        if real and known.get(name) == value:
            check.wrong(name, f"{value} is for demonstrations, and this is prod")
    if real and known.get("LimitsTimes", "1") != "1":
        check.wrong("LimitsTimes", "wider limits are for demonstrations, and this is prod")


def catalogue(check: Check, folder: Path) -> int:
    """Checks each file against its schema. What holds between files is checked where they are
    published, or by the build, for those that are built in."""
    # What has two dots is a part to be put into a file once it is decided.
    paths = sorted(path for path in folder.glob("*.json") if "." not in path.stem)
    for path in paths:
        try:
            read = json.loads(path.read_text())
            schema = json.loads((folder / read["$schema"]).read_text())
        except (OSError, ValueError, KeyError, TypeError) as error:
            check.wrong(path.name, f"cannot be read with its schema: {error!r}")
            continue
        validator = jsonschema.Draft202012Validator(schema)
        for broken in validator.iter_errors(read):
            place = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in broken.path
            )
            check.wrong(path.name, f"{place.lstrip('.') or 'the file'}: {broken.message[:200]}")
        unverified = path.read_text().count('"unverified"')
        if unverified:
            check.note(path.name, f"{unverified} entries are unverified; a province enters its own")
        if path.name == "templates.json" and '"3101' in path.read_text():
            check.note(path.name, "Zalo template ids are samples (make register-sheet)")
    return len(paths)


def packages(check: Check) -> None:
    built = ROOT / "target" / "lambda"
    missing = [
        one.name
        for one in sorted((ROOT / "functions").iterdir())
        if not (built / one.name / "bootstrap").exists()
    ]
    if missing:
        check.note("packages", f"{len(missing)} functions are not built (make release)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--env", default="prod", help="the environment in samconfig.toml")
    parser.add_argument("--config", type=Path, default=ROOT / "infra" / "samconfig.toml")
    parser.add_argument("--data", type=Path, default=ROOT / "infra" / "data")
    arguments = parser.parse_args()
    check = Check()
    template = (ROOT / "infra" / "template.yaml").read_text()
    asked = yaml_parse(template)["Parameters"]
    made = settings(check, arguments.config, arguments.env)
    given: dict[str, str] = {}
    if made:
        stack(check, made)
        given = overrides(check, made)
        secret = set(REFERENCE.findall(template))
        parameters(check, asked, given, secret, arguments.env == "prod")
        secrets(check, template, given, str(asked["Secrets"]["Default"]))
    files = catalogue(check, arguments.data)
    packages(check)
    for note in check.notes:
        print(f"note: {note}")
    for mistake in check.mistakes:
        print(f"wrong: {mistake}")
    print(
        f"{arguments.env}: {len(given)} parameters and {files} files looked at, "
        f"{len(check.mistakes)} mistakes"
    )
    return 1 if check.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
