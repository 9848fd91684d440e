"""Prints the sheet of templates to register with Zalo and the SMS gateways, as Markdown.

A row for each text of infra/data/templates.json: under which name it is registered, its class, what
it says and which parameters it has. Zalo approves the text that the province writes there; it gets
the parameters named here and no others (`domain::notice`).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data" / "templates.json"
# What every notice gives Zalo, whichever of them the text there uses.
ZALO_FIELDS = "code, status, date"
ZALO_FIELDS_OF_FEEDBACK = "code, status, agency, date"
ZALO_FIELDS_OF_QUESTION = "code, link"
ZALO_FIELDS_OF_PROOF = "otp"
TEXTS = {"text": "", "withoutDueDate": " without a due date", "withCount": " with a count"}


def rows(name: str, kind: str, texts: dict[str, Any], zalo_fields: str) -> list[str]:
    made = []
    for language, template in texts["zalo"].items():
        made.append(f"| {name} | Zalo {language} | {kind} | {zalo_fields} | now id {template} |")
    for language, written in texts["sms"].items():
        for key, label in TEXTS.items():
            if key in written:
                fields = ", ".join(dict.fromkeys(re.findall(r"\{(\w+)\}", written[key])))
                made.append(
                    f"| {name}{label} | SMS {language} | {kind} | {fields} | {written[key]} |"
                )
    return made


def main() -> int:
    data = json.loads(DATA.read_text())
    print("| name | channel | class | parameters | text |\n|---|---|---|---|---|")
    for template in data["templates"]:
        print(*rows(template["action"], template["class"], template, ZALO_FIELDS), sep="\n")
    for template in data.get("feedbackTexts", {}).get("templates", []):
        name = f"feedback {template['news']}"
        print(*rows(name, template["class"], template, ZALO_FIELDS_OF_FEEDBACK), sep="\n")
    proof = data.get("proof")
    if proof:
        print(*rows("one-time code", "one-time code", proof, ZALO_FIELDS_OF_PROOF), sep="\n")
    question = data.get("question")
    if question:
        print(*rows("question", "information", question, ZALO_FIELDS_OF_QUESTION), sep="\n")
    report = data.get("report")
    if report:
        fields = ", ".join(re.findall(r"\{(\w+)\}", report["sms"]["vi"]["text"]))
        print(*rows("report", "to leaders", report, fields), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
