"""Writes scenario.json: one working day of a province, the same on every run.

A dossier that began before the day comes from an integrator, as events that carry the time of the happening; one that
begins on the day comes over HTTP, where the clock decides. Days are counted back from day D, which is chosen at play
time: the player takes the calendar day D - daysBefore and, where that is no working day, the working day before it.
Two different days can fall together in this way (Tết), so the times of day within a dossier always grow as well. The
order is checked for a player that counts working days, too.

    python scenario.py           write scenario.json
    python scenario.py --check   fail if scenario.json is not what this program writes
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
DATA: Final = HERE.parent / "data"
TARGET: Final = HERE / "scenario.json"
SEED: Final = 20250701

# First and last day on which the scenario is checked to play: sixty days back, every agency and procedure exists.
FIRST_DAY: Final = dt.date(2025, 10, 15)
LAST_DAY: Final = dt.date(2027, 11, 30)

NOTE: Final = (
    "Day D is chosen at play time. daysBefore counts calendar days back from D; a day that is not a working day becomes "
    "the working day before it; the order also holds for a player that counts working days. "
    "path event: submission and steps are integrators' events with their own time, and come "
    "first, in order of time; steps marked http follow today over HTTP. path http: submitted and moved over HTTP today, "
    "by the clock. by: who acts where it is not an officer of the agency. "
    "msisdn: the phone after normalisation; zalo false: no Zalo account, so the gateway answers -118 and SMS is used. "
    "refusedCommand: one more HTTP command by an officer, after all steps, which must be refused in the way it says. "
    "expect.version also counts the notices. All people and businesses are invented."
)

# Status before an action, and after it. Zero stands for "before any"; five goes back to where it came from.
OPEN_WORK: Final = {1, 2, 4}
TRANSITIONS: Final[dict[str, tuple[set[int], int | None]]] = {
    "receive": ({1}, 2),
    "refuse": ({1}, 3),
    "request-supplement": (OPEN_WORK, 5),
    "supplement": ({5}, None),
    "refuse-expired": ({5}, 3),
    "process": ({2}, 4),
    "request-payment": ({2, 4}, 6),
    "confirm-payment": ({6}, 4),
    "suspend": ({4}, 8),
    "resume": ({8}, 4),
    "finish": ({2, 4}, 9),
    "return-result": ({9}, 10),
    "recall": ({4, 6, 8}, 4),
    "send-back": ({4, 6, 8, 9}, 4),
    "withdraw": ({1, 2, 4, 5, 6, 8}, 7),
}
REASON_OWED: Final = {"refuse", "request-supplement", "refuse-expired", "suspend", "send-back"}
APPLICANTS_OWN: Final = {"supplement", "withdraw"}

# Who asks for what, where: a citizen, or a business of the named kind.
DESKS: Final[dict[str, dict[str, str]]] = {
    "H20.12": {
        "1.013831": "citizen", "1.013833": "citizen", "1.013988": "citizen", "1.013992": "citizen",
        "1.013993": "citizen", "1.011441": "citizen", "1.012789": "citizen", "1.013977": "trade",
    },
    "H20.09": {
        "1.002010": "citizen", "1.002032": "law", "1.000426": "citizen", "1.001756": "citizen",
        "1.003915": "citizen", "2.001395": "auction",
    },
    "H20.05": {
        "2.001610": "citizen", "2.001583": "citizen", "2.001199": "citizen", "2.002043": "citizen",
        "2.002041": "trade", "2.002011": "trade", "2.002020": "trade",
    },
    "H20.03": {
        "1.000382": "export", "1.000431": "export", "1.000432": "export", "1.014119": "export",
        "2.000033": "trade", "2.000004": "trade",
    },
    "H20.101": {
        "1.001193": "citizen", "1.000894": "citizen", "1.000656": "citizen", "1.004873": "citizen",
        "2.000635": "citizen", "2.000815": "citizen", "1.001612": "citizen", "1.013225": "citizen",
        "1.013978": "citizen", "1.012812": "citizen",
    },
}
# The line-of-business system of an agency, for fields whose code begins so; the national portal sends the rest.
SOURCES: Final = {
    "H20.12": ("G", "land-registry"), "H20.09": ("G15", "justice"), "H20.05": ("G05", "business-registration"),
    "H20.03": ("G02-CT01", "ecosys"), "H20.101": ("G15", "justice"),
}


@dataclass(frozen=True)
class Plan:
    """A course of things. `action@n` is an event n days before D, `@n+` up to nine days earlier, `action!` HTTP today."""

    course: str
    count: int
    term: str = "any"
    timing: str | None = None
    refused: tuple[str, int, str, int] | None = None


# `count` is per agency. `term` says which procedures fit, so that `timing` holds under every calendar.
PLANS: Final = (
    Plan("submit@3+ receive@3+ process@3+ finish@3+ return-result@2", 3, "days", "early"),
    Plan("submit@36+ receive@35+ process@35+ finish@2 return-result@1", 2, "short", "late"),
    Plan("submit@33+ receive@33+ process@32+ finish@1", 2, "short", "late"),
    Plan("submit@34+ receive@34+ process@33+", 2, "short", "overdue"),
    Plan("submit@1 receive@1 process@1", 2, "days", "within"),
    Plan("submit@1", 1),
    Plan("submit@4+ refuse@3+", 1),
    Plan("submit@12+ receive@11+ request-supplement@10+ supplement@6 process@6 finish@3 return-result@2", 2),
    Plan("submit@9+ request-supplement@9+ supplement@5 receive@5 process@4", 1),
    Plan("submit@7+ receive@7+ request-supplement@5", 1),
    Plan("submit@48+ request-supplement@46+ refuse-expired@1", 1),
    Plan("submit@6+ receive@6+ withdraw@4", 1),
    Plan("submit@8+ receive@8+ request-payment@7 confirm-payment@6 finish@4 return-result@3", 1, "fee"),
    Plan("submit@5+ receive@5+ request-payment@4", 1, "fee"),
    Plan("submit@14+ receive@14+ process@13+ suspend@11 resume@5 finish@2", 1),
    Plan("submit@11+ receive@10+ process@10+ suspend@6", 1),
    Plan("submit@10+ receive@10+ process@9+ finish@6 send-back@5 finish@3 return-result@2", 1),
    Plan("submit@4+ receive@4+ process@4 recall@3", 1),
    Plan("submit@1 receive@1 process! finish!", 2, "days", "early"),
    Plan("submit@37+ receive@36+ process@36+ finish!", 2, "short", "late"),
    Plan("submit@8+ receive@8+ request-supplement@3 supplement! process!", 1),
    Plan("submit@9+ receive@9+ process@8+ finish@1 return-result!", 2),
    Plan("submit@2+ receive@2+ withdraw!", 1),
    Plan("submit@6+ receive@6+ request-payment@2 confirm-payment! finish!", 1, "fee"),
    Plan("submit@15+ receive@15+ process@15+ suspend@9 resume!", 1),
    Plan("submit@1 receive!", 1),
    Plan("submit@2+ refuse!", 1),
    Plan("submit!", 2),
    Plan("submit! receive!", 2),
    Plan("submit! receive! process!", 1),
    Plan("submit! receive! process! finish!", 2, "days", "early"),
    Plan("submit! receive! finish! return-result!", 1),
    Plan("submit! refuse!", 1),
    Plan("submit! request-supplement! supplement! receive!", 1),
    Plan("submit! receive! request-supplement!", 1),
    Plan("submit! withdraw!", 1),
    Plan("submit! receive! request-payment! confirm-payment! finish!", 1, "fee"),
)
# One agency each, in turn: action, version sent, problem, HTTP status.
REFUSED_PLANS: Final = (
    Plan("submit! receive!", 1, refused=("return-result", 2, "illegal-transition", 422)),
    Plan("submit! refuse!", 1, refused=("process", 2, "illegal-transition", 422)),
    Plan("submit! receive! process!", 1, refused=("finish", 1, "stale-version", 409)),
    Plan("submit! receive!", 1, refused=("process", 1, "stale-version", 409)),
    Plan("submit! receive! process!", 1, refused=("approve", 3, "invalid-request", 400)),
    Plan("submit!", 1, refused=("archive", 1, "invalid-request", 400)),
)

LACKING: Final = {
    "H20.12": "Thiếu trích lục bản đồ địa chính thửa đất; đề nghị nộp bổ sung",
    "H20.09": "Bản sao văn bằng, chứng chỉ chưa được chứng thực; đề nghị nộp lại",
    "H20.05": "Ngành, nghề kinh doanh ghi chưa đúng mã cấp bốn; đề nghị kê khai lại",
    "H20.03": "Tờ khai hải quan chưa khớp với hóa đơn thương mại; đề nghị nộp bản đúng",
    "H20.101": "Tờ khai chưa có chữ ký của người yêu cầu; đề nghị hoàn thiện",
}
UNFIT: Final = {
    "H20.12": "Thửa đất đang có tranh chấp, không đủ điều kiện đăng ký biến động",
    "H20.09": "Chưa đủ điều kiện hành nghề theo quy định của pháp luật chuyên ngành",
    "H20.05": "Tên doanh nghiệp gây nhầm lẫn với tên doanh nghiệp đã đăng ký",
    "H20.03": "Hàng hóa không đáp ứng tiêu chí xuất xứ đã kê khai",
    "H20.101": "Yêu cầu không thuộc thẩm quyền giải quyết của Ủy ban nhân dân phường",
}
REASONS: Final = {
    "refuse-expired": "Quá thời hạn bổ sung hồ sơ mà người nộp chưa bổ sung",
    "suspend": "Chờ ý kiến xác minh của cơ quan phối hợp",
    "send-back": "Kết quả có sai sót về thông tin, cần kiểm tra lại",
}
NOTES: Final = {"recall": "Thu hồi để phân công lại người xử lý", "withdraw": "Người nộp đề nghị rút hồ sơ"}

SURNAMES: Final = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Phan", "Trương", "Mai")
MEN: Final = ("Văn Bình", "Hữu Phước", "Minh Khôi", "Thanh Tùng", "Quốc Thịnh", "Hoàng Nam", "Đức Tín", "Tấn Lộc", "Công Danh",
              "Trọng Nghĩa", "Chí Hiếu", "Nhật Trường", "Thành Đạt", "Hải Đăng", "Ngọc Sơn", "Phú Quý")
WOMEN: Final = ("Thị Hồng Nhung", "Ngọc Trâm", "Thị Mỹ Duyên", "Kim Ngân", "Thị Bích Thủy", "Thanh Trúc", "Thị Cẩm Tú",
                "Phương Thảo", "Thị Kiều Oanh", "Tuyết Mai", "Thị Diễm My", "Hồng Gấm", "Thị Lan Anh", "Yến Nhi", "Thị Thu Hà", "Khánh Vy")
FIRMS: Final = {
    "export": ("Công ty TNHH Chế biến thủy sản Sen Mười Bảy", "Công ty Cổ phần Gạo sạch Lúa Mây", "Công ty TNHH Trái cây Cù Lao Thắm",
               "Công ty TNHH Thủy sản Bến Lau", "Công ty Cổ phần Nông sản Vàm Đước Xanh", "Công ty TNHH May mặc Chỉ Vàng Sáu",
               "Công ty TNHH Thức ăn chăn nuôi Đồng Sậy", "Công ty Cổ phần Dừa nước Chín Nhánh"),
    "trade": ("Công ty TNHH Thương mại Bông Súng Trắng", "Công ty TNHH Vật tư Nhà Nổi", "Công ty Cổ phần Bán lẻ Chợ Chiều",
              "Công ty TNHH Xây dựng Cầu Ván Mới", "Công ty TNHH Vận tải Ghe Lườn", "Công ty Cổ phần Phân bón Rơm Vàng",
              "Công ty TNHH Du lịch Mùa Nước Nổi Xanh", "Công ty TNHH Cơ khí Máy Gặt Tám"),
    "law": ("Văn phòng luật sư Ngọn Đèn Bến Sông", "Công ty Luật TNHH Hàng Me Xanh", "Văn phòng luật sư Cầu Dừa"),
    "auction": ("Công ty Đấu giá hợp danh Búa Tre", "Công ty Đấu giá hợp danh Chuông Gỗ"),
}
MOBILE_PREFIXES: Final = ("032", "033", "034", "035", "037", "039", "070", "076", "077", "078", "079", "081", "082", "083", "084",
                          "085", "086", "088", "090", "091", "093", "094", "096", "097", "098")
# The n-th applicant (counted from one) writes the number down in this way; the last is the form of before 2018.
TYPED: Final = {11: "+84", 37: "spaced", 83: "0084", 131: "2018"}


def load(name: str) -> dict[str, Any]:
    """A catalogue file."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


PROCEDURES: Final = {entry["code"]: entry for entry in load("procedures.json")["procedures"]}
AGENCIES: Final = {entry["code"]: entry for entry in load("agencies.json")["agencies"]}
INTEGRATORS: Final = {entry["source"]: entry for entry in load("integrators.json")["integrators"]}
CALENDAR: Final = load("calendar.provisional.json")["years"] | load("calendar.json")["years"]


def fits(term: dict[str, Any] | None, fee: int, wanted: str) -> bool:
    """Whether a procedure with this term and fee can take the course that wants `wanted`."""
    match wanted:
        case "short":
            return term is not None and (term["unit"] == "working-hour" or term["unit"] == "working-day" and term["amount"] <= 5)
        case "days":
            return term is not None and term["unit"] == "working-day" and term["amount"] >= 3
        case "fee":
            return fee > 0
        case _:
            return True


class People:
    """Applicants: citizens appear once, businesses come back."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.made = 0
        self.phones: set[str] = set()
        self.firms: dict[str, dict[str, Any]] = {}

    def applicant(self, kind: str) -> dict[str, Any]:
        """The row's `applicant`, `msisdn` and `zalo`."""
        if kind == "citizen":
            return self.citizen()
        name = self.rng.choice(FIRMS[kind])
        if name not in self.firms:
            self.firms[name] = self.business(name)
        return self.firms[name]

    def citizen(self) -> dict[str, Any]:
        woman = self.rng.random() < 0.5
        year = self.rng.randint(1956, 2006)
        sex_and_century = int(woman) + (2 if year >= 2000 else 0)
        person = {
            "kind": "citizen",
            "fullName": f"{self.rng.choice(SURNAMES)} {self.rng.choice(WOMEN if woman else MEN)}",
            "idNumber": f"{self.rng.choice(('087', '082'))}{sex_and_century}{year % 100:02}9{self.rng.randrange(100_000):05}",
        }
        return self.reachable(person, self.rng.random() < 0.3)

    def business(self, name: str) -> dict[str, Any]:
        weights = (31, 29, 23, 19, 17, 13, 7, 5, 3)
        while True:
            digits = f"{self.rng.choice(('1409', '1209'))}{self.rng.randrange(100_000):05}"
            check = 10 - sum(weight * int(digit) for weight, digit in zip(weights, digits)) % 11
            if check < 10:
                break
        return self.reachable({"kind": "business", "fullName": name, "idNumber": f"{digits}{check}"}, True)

    def reachable(self, applicant: dict[str, Any], mailed: bool) -> dict[str, Any]:
        self.made += 1
        form = TYPED.get(self.made)
        while True:
            prefix = "038" if form == "2018" else self.rng.choice(MOBILE_PREFIXES)
            number = f"{prefix}{self.rng.randrange(10_000_000):07}"
            if number not in self.phones:
                break
        self.phones.add(number)
        typed = {
            None: number,
            "+84": f"+84 {number[1:3]} {number[3:6]} {number[6:]}",
            "spaced": f"{number[:4]} {number[4:7]} {number[7:]}",
            "0084": f"0084{number[1:]}",
            "2018": f"0168.{number[3:6]}.{number[6:]}",
        }[form]
        applicant["phone"] = typed
        if mailed:
            applicant["email"] = f"nguoi-nop-{self.made:03}@example.com"
        return {"applicant": applicant, "msisdn": f"84{number[1:]}", "zalo": self.rng.random() >= 0.17}


def reason_for(action: str, agency: str) -> str:
    """What the officer writes to the applicant."""
    match action:
        case "request-supplement":
            return LACKING[agency]
        case "refuse":
            return UNFIT[agency]
        case _:
            return REASONS[action]


def times_of_day(rng: random.Random, count: int) -> list[str]:
    """That many growing times within office hours."""
    office = [*range(7 * 60 + 5, 11 * 60 + 26), *range(13 * 60 + 35, 16 * 60 + 56)]
    return [f"{minute // 60:02}:{minute % 60:02}" for minute in sorted(rng.sample(office, count))]


def document(ref: str, document: str) -> dict[str, str]:
    """A document as the portal names it; the content does not exist."""
    name = f"{document}.pdf"
    content = hashlib.sha256(f"{ref}/{name}".encode()).hexdigest()
    return {"code": document, "name": name, "sha256": content, "url": f"https://ho-so.example.com/{ref}/{name}"}


def row(rng: random.Random, people: People, number: int, agency: str, plan: Plan) -> dict[str, Any]:
    """One dossier that follows `plan` at `agency`."""
    channel = rng.choices(("online", "counter", "postal"), (50, 34, 16))[0]
    choices = [
        code
        for code in DESKS[agency]
        if fits(PROCEDURES[code]["terms"][channel], PROCEDURES[code]["feeVnd"], plan.term)
    ]
    procedure = rng.choice(choices)
    who = people.applicant(DESKS[agency][procedure])
    citizen = who["applicant"]["kind"] == "citizen"
    jitter = rng.randint(0, 9)
    tokens = plan.course.split()
    times = iter(times_of_day(rng, sum(not token.endswith("!") for token in tokens)))
    path = "http" if tokens[0].endswith("!") else "event"
    happenings: list[dict[str, Any]] = []
    for token in tokens:
        if token.endswith("!"):
            action = token[:-1]
            step: dict[str, Any] = {"action": action}
            if path == "event":
                step["http"] = True
            if action in APPLICANTS_OWN:
                step["by"] = "citizen" if citizen else "portal"
            elif action == "confirm-payment":
                step["by"] = "portal"
        else:
            action, days = token.split("@")
            step = {"action": action, "daysBefore": int(days.rstrip("+")) + (jitter if days.endswith("+") else 0), "at": next(times)}
        if action in REASON_OWED:
            step["reason"] = reason_for(action, agency)
        if action in NOTES:
            step["note"] = NOTES[action]
        happenings.append(step)
    first, *steps = happenings
    ref = f"D{number:03}"
    made: dict[str, Any] = {"ref": ref, "procedure": procedure, "agency": agency, "channel": channel, **who}
    made["documents"] = [
        document(ref, asked["code"]) for asked in PROCEDURES[procedure]["documents"] if asked["required"] or rng.random() < 0.5
    ]
    made["path"] = path
    if path == "event":
        prefix, source = SOURCES[agency]
        foreign = not PROCEDURES[procedure]["field"]["code"].startswith(prefix)
        if foreign or channel == "online" and rng.random() < 0.4:
            source = "national-portal"
        made["source"] = f"urn:motcua:integrator:{source}"
        made["submitted"] = {"daysBefore": first["daysBefore"], "at": first["at"]}
    else:
        made["submitted"] = {"daysBefore": 0}
    made["steps"] = steps
    made["expect"] = expectation(made, plan.timing)
    if plan.refused:
        action, version, problem, status = plan.refused
        made["refusedCommand"] = {"action": action, "expectedVersion": version, "problem": problem, "status": status}
    return made


def is_http(made: dict[str, Any], step: dict[str, Any]) -> bool:
    """Whether the step is taken today over HTTP."""
    return made["path"] == "http" or step.get("http", False)


def after(status: int, before: int, action: str) -> int:
    """The status after a legal `action`; fails on an illegal one."""
    allowed, target = TRANSITIONS[action]
    if status not in allowed:
        raise ValueError(f"{action} in status {status}")
    return before if target is None else target


def final_status(made: dict[str, Any]) -> int:
    """Where the steps lead."""
    status, before = 1, 1
    for step in made["steps"]:
        moved = after(status, before, step["action"])
        if moved == 5:
            before = status
        status = moved
    return status


def expectation(made: dict[str, Any], timing: str | None) -> dict[str, Any]:
    """What must be true of the dossier after the day."""
    today = [step["action"] for step in made["steps"] if is_http(made, step)]
    expected: dict[str, Any] = {
        "status": final_status(made),
        "version": 1 + len(made["steps"]),
        "receivedToday": "receive" in today,
        "resolvedToday": "finish" in today,
    }
    if timing:
        expected["timing"] = timing
    return expected


@cache
def is_working(day: dt.date) -> bool:
    """Whether offices are open."""
    year = CALENDAR[str(day.year)]
    return day.isoformat() in year["worked"] or day.weekday() < 5 and day.isoformat() not in year["off"]


@cache
def played_on(day: dt.date, days_before: int) -> dt.date:
    """The player's rule: the calendar day, or the working day before it."""
    back = day - dt.timedelta(days=days_before)
    while not is_working(back):
        back -= dt.timedelta(days=1)
    return back


@cache
def working_days_before(day: dt.date, count: int) -> dt.date:
    """The other reading of daysBefore: so many working days back."""
    while count:
        day -= dt.timedelta(days=1)
        count -= is_working(day)
    return day


def faults(made: dict[str, Any]) -> list[str]:
    """What is wrong with a row, whichever day is chosen."""
    found: list[str] = []
    agency, procedure = AGENCIES[made["agency"]], PROCEDURES[made["procedure"]]
    if (agency["level"] == "commune") != (procedure["level"] == "commune"):
        found.append("the procedure belongs to another tier")
    if made["channel"] == "online" and procedure["online"] == "information":
        found.append("the procedure cannot be handed in on-line")
    if made["expect"]["status"] != final_status(made):
        found.append("the expected status is not where the steps lead")
    seen_http = made["path"] == "http"
    for step in made["steps"]:
        if seen_http and not is_http(made, step):
            found.append("an event follows an HTTP step")
        seen_http = is_http(made, step)
        if (step["action"] in REASON_OWED) != ("reason" in step):
            found.append(f"{step['action']}: reason")
    if (refused := made.get("refusedCommand")) and refused["problem"] != (problem := problem_of(made, refused)):
        found.append(f"the command would be answered with {problem}")
    if made["path"] == "event":
        if made["agency"] not in INTEGRATORS[made["source"]]["agencies"]:
            found.append("the source does not act for the agency")
        found += clock_faults(made)
    return found


def problem_of(made: dict[str, Any], refused: dict[str, Any]) -> str | None:
    """Why the platform must refuse the command; none if it need not."""
    if refused["action"] not in TRANSITIONS:
        return "invalid-request"
    if refused["expectedVersion"] != made["expect"]["version"]:
        return "stale-version"
    return None if made["expect"]["status"] in TRANSITIONS[refused["action"]][0] else "illegal-transition"


def clock_faults(made: dict[str, Any]) -> list[str]:
    """On which days events would come out of order, too late, or before their agency or procedure existed."""
    events = [made["submitted"], *(step for step in made["steps"] if "at" in step)]
    exists = max(AGENCIES[made["agency"]]["validFrom"], PROCEDURES[made["procedure"]]["validFrom"])
    found: list[str] = []
    day = FIRST_DAY
    while day <= LAST_DAY:
        for back in (played_on, working_days_before):
            moments = [(back(day, event["daysBefore"]), event["at"]) for event in events]
            if any(earlier >= later for earlier, later in zip(moments, moments[1:])):
                found.append(f"out of order on {day}")
            if moments[-1][0] >= day:
                found.append(f"not in the past on {day}")
            if moments[0][0].isoformat() < exists:
                found.append(f"before its time on {day}")
        day += dt.timedelta(days=1)
    return found


def totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What a player can count against."""
    steps = [(made, step) for made in rows for step in made["steps"]]
    received = Counter(f"{made['agency']}/{made['channel']}" for made in rows if made["expect"]["receivedToday"])
    resolved = Counter(made["agency"] for made in rows if made["expect"]["resolvedToday"])
    return {
        "dossiers": len(rows),
        "byPath": dict(sorted(Counter(made["path"] for made in rows).items())),
        "byAgency": dict(sorted(Counter(made["agency"] for made in rows).items())),
        "byChannel": dict(sorted(Counter(made["channel"] for made in rows).items())),
        "procedures": len({made["procedure"] for made in rows}),
        "eventSteps": sum(not is_http(made, step) for made, step in steps),
        "httpSteps": sum(is_http(made, step) for made, step in steps),
        "refusedCommands": sum("refusedCommand" in made for made in rows),
        "historyEntries": sum(made["expect"]["version"] for made in rows),
        "byFinalStatus": {str(status): count for status, count in sorted(Counter(made["expect"]["status"] for made in rows).items())},
        "receivedToday": dict(sorted(received.items())),
        "resolvedToday": dict(sorted(resolved.items())),
        "withoutZalo": sum(not made["zalo"] for made in rows),
    }


def scenario() -> str:
    """The file's text."""
    rng = random.Random(SEED)
    people = People(rng)
    turns = [(agency, plan) for agency in DESKS for plan in PLANS for _ in range(plan.count)]
    turns += [(agency, plan) for agency, plan in zip([*DESKS, *DESKS], REFUSED_PLANS)]
    rng.shuffle(turns)
    rows = [row(rng, people, number, agency, plan) for number, (agency, plan) in enumerate(turns, 1)]
    if found := [f"{made['ref']}: {fault}" for made in rows for fault in faults(made)]:
        raise SystemExit("\n".join(found))
    head = {"schemaVersion": 1, "note": NOTE, "firstDay": FIRST_DAY.isoformat(), "lastDay": LAST_DAY.isoformat(), "totals": totals(rows)}
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}," for key, value in head.items()]
    body = ",\n".join("    " + json.dumps(made, ensure_ascii=False, separators=(",", ":")) for made in rows)
    return "{\n" + "\n".join(lines) + '\n  "dossiers": [\n' + body + "\n  ]\n}\n"


def main() -> None:
    text = scenario()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        raise SystemExit(f"{TARGET.name} is not what {Path(__file__).name} writes")


if __name__ == "__main__":
    main()
