"""What each message gateway takes, refuses and answers, as its vendor documents it.

"Zalo" is developers.zalo.me/docs/zalo-notification-service, "eSMS" is developers.esms.vn (source
devesms/gitbook_esms_for_develop_v2_en), "SpeedSMS" is speedsms.vn/sms-api-service; VNPT's codes but 0 are ours, since no
list of them was seen.
"""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.parse
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Protocol

Json = dict[str, Any]

# The mobile shape of the numbering plan; no narrower table of prefixes, they are still being opened.
ZALO_PHONE = re.compile(r"84[35789]\d{8}")
SMS_PHONE = re.compile(r"(?:0|\+?84)[35789]\d{8}")
# NĐ 91/2020 Đ.23: at most 11 Latin letters, digits, `-_. `, not digits alone.
BRANDNAME = re.compile(r"(?!\d+$)[A-Za-z0-9\-_. ]{1,11}")
ESMS_REQUEST_ID_HOURS = 24
REQUEST_ID_CHARS = 50
ACCESS_TOKEN_SECONDS = 90_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def canonical_phone(phone: object) -> str:
    """84… whatever was sent, so that one filter finds a person's messages at both gateways."""
    digits = re.sub(r"\D", "", str(phone or ""))
    return "84" + digits[1:] if digits.startswith("0") else digits


class Refused(Exception):
    """The vendor's documented refusal: a code and the vendor's wording."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


# Zalo, error codes. Only the codes that a check below gives or a test is likely to ask for; others get a plain text.
ZALO_MESSAGES = {
    -100: "Unknown error",
    -106: "Method is unsupported",
    -108: "Phone number is invalid",
    -109: "Template ID is invalid",
    -111: "Template data is empty",
    -112: "Template data type is not defined",
    -114: "User is inactive, or reject the message, or using an outdated Zalo version, or other internal errors",
    -115: "Out of quota",
    -118: "Zalo account is not existed",
    -119: "Account can not receive",
    -121: "Body data is empty",
    -122: "Body format is invalid",
    -124: "Access token is invalid",
    -132: "Parameter is invalid",
    -133: "Can not send at night",
    -144: "OA has reached its daily quota",
    -147: "Template has reached its daily quota",
}

# eSMS, CodeResult.
ESMS_MESSAGES = {
    99: "The phone number is blocked",
    101: "Authorize Failed",
    103: "Not enough balance to send message",
    104: "Brand name code is not exist",
    108: "Phone number is not in correct format",
    110: "The requested data is incorrect",
    118: "Message type is not supported",
    124: "Request exist 1",
    146: "Sai template Brandname CSKH",
    160: "TPS exceeded",
    177: "The network is not registered",
    300: "Missing message type",
}


@dataclass(frozen=True)
class Accepted:
    message_id: str
    answer: Json
    # ZNS `mode: development` and eSMS `Sandbox: 1` are checked and answered, and reach nobody.
    trial: bool = False


class Vendor(Protocol):
    """One door of a vendor's: what it takes, what it refuses, and how it says so."""

    name: str

    def decode(self, body: bytes) -> Json | None: ...
    def accept(self, request: Json, headers: Mapping[str, str], accepted_before: int) -> Accepted: ...
    def unreadable(self, body: bytes) -> Refused: ...
    def refusal(self, code: int) -> Refused: ...
    def refused_answer(self, refusal: Refused) -> Json: ...
    def tracking(self, request: Json) -> str: ...
    def phone(self, request: Json) -> str: ...
    def without_secrets(self, request: Json) -> Json: ...
    def forget(self) -> None: ...


def decoded(body: bytes) -> Json | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


class Memory:
    """What a vendor does not forget when its process is started anew: tables in a file, or in this process alone."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._tables: dict[str, dict[str, Any]] = {}
        if path is not None and path.exists():
            self._tables = json.loads(path.read_text(encoding="utf-8"))

    def table(self, name: str) -> dict[str, Any]:
        return self._tables.setdefault(name, {})

    def keep(self) -> None:
        """Whole or not at all: whoever is killed while writing leaves the file of before."""
        if self._path is None:
            return
        unfinished = self._path.with_suffix(".new")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(self._tables), encoding="utf-8")
        unfinished.replace(self._path)


class ZaloLogin:
    """The official account's tokens (Zalo, OAuth v4): a refresh token works once and brings the next pair."""

    name = "zalo-login"
    MESSAGES = {-14002: "Invalid app_id", -14003: "Invalid secret_key", -14014: "Invalid refresh token", -14020: "Used"}

    def __init__(
        self, app_id: str, secret: str, first_refresh_token: str, fixed_access_token: str, memory: Memory
    ) -> None:
        self._app_id = app_id
        self._secret = secret
        # One that a test may know besides those that were granted.
        self._fixed_access_token = fixed_access_token
        self._memory = memory
        # Until when each access token opens, in seconds since 1970; the refresh tokens that are good, and those that were used.
        self._access_tokens: dict[str, float] = memory.table("zalo-access-tokens")
        self._refresh_tokens: dict[str, bool] = memory.table("zalo-refresh-tokens")
        self._refresh_tokens.setdefault(first_refresh_token, True)

    def opens(self, access_token: str) -> bool:
        return access_token == self._fixed_access_token or self._access_tokens.get(access_token, 0) > time.time()

    @staticmethod
    def decode(body: bytes) -> Json | None:
        return dict(urllib.parse.parse_qsl(body.decode(errors="replace"))) or None

    def accept(self, request: Json, headers: Mapping[str, str], accepted_before: int) -> Accepted:
        if headers.get("secret_key") != self._secret:
            raise self.refusal(-14003)
        if request.get("app_id") != self._app_id or request.get("grant_type") != "refresh_token":
            raise self.refusal(-14002)
        shown = str(request.get("refresh_token") or "")
        if shown not in self._refresh_tokens:
            raise self.refusal(-14014)
        if not self._refresh_tokens[shown]:
            raise self.refusal(-14020)
        self._refresh_tokens[shown] = False
        access, refresh = uuid.uuid4().hex, uuid.uuid4().hex
        self._access_tokens[access] = time.time() + ACCESS_TOKEN_SECONDS
        self._refresh_tokens[refresh] = True
        self._memory.keep()
        answer = {"access_token": access, "refresh_token": refresh, "expires_in": str(ACCESS_TOKEN_SECONDS)}
        return Accepted("", answer, trial=True)

    @staticmethod
    def unreadable(body: bytes) -> Refused:
        return ZaloLogin.refusal(-14002)

    @staticmethod
    def refusal(code: int) -> Refused:
        return Refused(code, ZaloLogin.MESSAGES.get(code, f"Error {code}"))

    @staticmethod
    def refused_answer(refusal: Refused) -> Json:
        return {"error": refusal.code, "error_name": refusal.message, "error_reason": refusal.message}

    @staticmethod
    def tracking(request: Json) -> str:
        return ""

    @staticmethod
    def phone(request: Json) -> str:
        return ""

    @staticmethod
    def without_secrets(request: Json) -> Json:
        return {"grant_type": request.get("grant_type")}

    def forget(self) -> None:
        """Tokens outlive a day."""


class Zalo:
    """ZNS template message (Zalo, send and error codes)."""

    name = "zalo"

    def __init__(self, templates: frozenset[str], daily_quota: int, login: ZaloLogin) -> None:
        self._templates = templates
        self._daily_quota = daily_quota
        self._login = login

    decode = staticmethod(decoded)

    def accept(self, request: Json, headers: Mapping[str, str], accepted_before: int) -> Accepted:
        self._check_credentials(headers)
        self._check_body(request)
        trial = request.get("mode") == "development"
        remaining = self._daily_quota - accepted_before - (0 if trial else 1)
        if remaining < 0:
            raise self.refusal(-144)
        message_id = uuid.uuid4().hex[:20]
        data = {
            "msg_id": message_id,
            "sent_time": str(now_ms()),
            "sending_mode": str(request.get("sending_mode", "1")),
            # Zalo shows both figures; it sends them as strings.
            "quota": {"dailyQuota": str(self._daily_quota), "remainingQuota": str(remaining)},
        }
        return Accepted(message_id, {"error": 0, "message": "Success", "data": data}, trial)

    def _check_credentials(self, headers: Mapping[str, str]) -> None:
        # Zalo: the token travels in the header `access_token`; -124.
        if not self._login.opens(headers.get("access_token", "")):
            raise self.refusal(-124)

    def _check_body(self, request: Json) -> None:
        # Zalo: phone as 84…, a registered template, its data, a tracking id of the sender's.
        if not ZALO_PHONE.fullmatch(str(request.get("phone", ""))):
            raise self.refusal(-108)
        if str(request.get("template_id", "")) not in self._templates:
            raise self.refusal(-109)
        template_data = request.get("template_data")
        if not template_data:
            raise self.refusal(-111)
        if not isinstance(template_data, dict) or not all(
            isinstance(value, (str, int, float)) and not isinstance(value, bool) for value in template_data.values()
        ):
            raise self.refusal(-112)
        tracking = request.get("tracking_id")
        if not isinstance(tracking, str) or not tracking.strip():
            raise self.refusal(-132)
        # Zalo: sending_mode 1 (default) or 3.
        if str(request.get("sending_mode", "1")) not in ("1", "3"):
            raise self.refusal(-132)

    @staticmethod
    def unreadable(body: bytes) -> Refused:
        return Zalo.refusal(-122 if body.strip() else -121)

    @staticmethod
    def refusal(code: int) -> Refused:
        return Refused(code, ZALO_MESSAGES.get(code, f"Error {code}"))

    @staticmethod
    def refused_answer(refusal: Refused) -> Json:
        return {"error": refusal.code, "message": refusal.message}

    @staticmethod
    def tracking(request: Json) -> str:
        return str(request.get("tracking_id") or "")

    @staticmethod
    def phone(request: Json) -> str:
        return canonical_phone(request.get("phone"))

    @staticmethod
    def without_secrets(request: Json) -> Json:
        return request

    def forget(self) -> None:
        """ZNS keeps no key of the sender's: the same tracking_id twice is two messages."""


class Esms:
    """Customer-care brandname SMS (eSMS, SendMultipleMessage_V4)."""

    name = "esms"

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        # When each RequestId came, in seconds since 1970.
        self._known: dict[str, float] = memory.table("esms-request-ids")

    decode = staticmethod(decoded)

    def accept(self, request: Json, headers: Mapping[str, str], accepted_before: int) -> Accepted:
        self._check_credentials(request)
        self._check_body(request)
        trial = str(request.get("Sandbox") or "0") == "1"
        if not trial:
            self._check_first_time(str(request.get("RequestId") or ""))
        message_id = uuid.uuid4().hex + str(len(self._known))
        return Accepted(message_id, {"CodeResult": "100", "CountRegenerate": 0, "SMSID": message_id}, trial)

    def _check_credentials(self, request: Json) -> None:
        if not request.get("ApiKey") or not request.get("SecretKey"):
            raise self.refusal(101)

    def _check_body(self, request: Json) -> None:
        sms_type = str(request.get("SmsType") or "")
        if not sms_type:
            raise self.refusal(300)
        # eSMS: 2 = customer care; this door sends nothing else.
        if sms_type != "2":
            raise self.refusal(118)
        if not BRANDNAME.fullmatch(str(request.get("Brandname") or "")):
            raise self.refusal(104)
        if not SMS_PHONE.fullmatch(str(request.get("Phone") or "")):
            raise self.refusal(108)
        if not str(request.get("Content") or "").strip() or str(request.get("IsUnicode") or "0") not in ("0", "1"):
            raise self.refusal(110)
        if len(str(request.get("RequestId") or "")) > REQUEST_ID_CHARS:
            raise self.refusal(110)

    def _check_first_time(self, request_id: str) -> None:
        # eSMS: RequestId is unique for 24 h; without one there is no protection.
        if not request_id:
            return
        oldest = time.time() - ESMS_REQUEST_ID_HOURS * 3600
        if self._known.get(request_id, oldest) > oldest:
            raise self.refusal(124)
        self._known[request_id] = time.time()
        self._memory.keep()

    @staticmethod
    def unreadable(body: bytes) -> Refused:
        return Esms.refusal(110)

    @staticmethod
    def refusal(code: int) -> Refused:
        return Refused(code, ESMS_MESSAGES.get(code, f"Error {code}"))

    @staticmethod
    def refused_answer(refusal: Refused) -> Json:
        answer = {"CodeResult": str(refusal.code), "CountRegenerate": 0, "ErrorMessage": refusal.message}
        # eSMS's page of the call shows this field for a duplicate alone.
        return answer | {"SendStatus": "5"} if refusal.code == 124 else answer

    @staticmethod
    def tracking(request: Json) -> str:
        return str(request.get("RequestId") or "")

    @staticmethod
    def phone(request: Json) -> str:
        return canonical_phone(request.get("Phone"))

    @staticmethod
    def without_secrets(request: Json) -> Json:
        return {key: value for key, value in request.items() if key not in ("ApiKey", "SecretKey")}

    def forget(self) -> None:
        self._known.clear()
        self._memory.keep()


class SpeedSms:
    """Brandname SMS by SpeedSMS: Basic authentication, no name for a request, so that one sent twice goes out twice."""

    name = "speedsms"

    def __init__(self, token: str) -> None:
        self._authorization = "Basic " + base64.b64encode(f"{token}:x".encode()).decode()

    decode = staticmethod(decoded)

    def accept(self, request: Json, headers: Mapping[str, str], accepted_before: int) -> Accepted:
        if headers.get("Authorization") != self._authorization:
            raise self.refusal(101)
        numbers = request.get("to")
        if not isinstance(numbers, list) or request.get("sms_type") not in (2, 3, 4, 5):
            raise self.refusal(300)
        if not str(request.get("content") or "").strip() or not BRANDNAME.fullmatch(str(request.get("sender") or "")):
            raise self.refusal(300)
        invalid = [number for number in numbers if not SMS_PHONE.fullmatch(str(number))]
        message_id = str(uuid.uuid4().int % 10**9)
        data = {"tranId": int(message_id), "totalSMS": 1, "totalPrice": 850, "invalidPhone": invalid}
        return Accepted(message_id, {"status": "success", "code": "00", "data": data}, trial=bool(invalid))

    @staticmethod
    def unreadable(body: bytes) -> Refused:
        return SpeedSms.refusal(300)

    @staticmethod
    def refusal(code: int) -> Refused:
        return Refused(code, f"Error {code}")

    @staticmethod
    def refused_answer(refusal: Refused) -> Json:
        return {"status": "error", "code": str(refusal.code), "message": refusal.message}

    @staticmethod
    def tracking(request: Json) -> str:
        return ""

    @staticmethod
    def phone(request: Json) -> str:
        return canonical_phone((request.get("to") or [""])[0])

    @staticmethod
    def without_secrets(request: Json) -> Json:
        return request

    def forget(self) -> None:
        """Nothing is remembered."""


class Vnpt:
    """Brandname SMS by VNPT: the text lies with the operator as a template, and its parameters are sent."""

    name = "vnpt"

    def __init__(self, password: str) -> None:
        self._password = password

    decode = staticmethod(decoded)

    def accept(self, request: Json, headers: Mapping[str, str], accepted_before: int) -> Accepted:
        asked = request.get("RQST") or {}
        if asked.get("APIPASS") != self._password:
            raise self.refusal(1)
        owed = ("REQID", "LABELID", "CONTRACTTYPEID", "CONTRACTID", "TEMPLATEID", "AGENTID", "APIUSER", "USERNAME")
        if any(not asked.get(name) for name in owed) or len(str(asked["REQID"])) > REQUEST_ID_CHARS:
            raise self.refusal(2)
        if not ZALO_PHONE.fullmatch(str(asked.get("MOBILELIST") or "")):
            raise self.refusal(3)
        texts = [parameter.get("CONTENT") for parameter in asked.get("PARAMS") or []]
        if not texts or not all(texts):
            raise self.refusal(4)
        answer = {"RPLY": {"name": asked.get("name"), "ERROR": "0", "ERROR_DESC": "success"}}
        return Accepted(str(asked["REQID"]), answer)

    @staticmethod
    def unreadable(body: bytes) -> Refused:
        return Vnpt.refusal(2)

    @staticmethod
    def refusal(code: int) -> Refused:
        return Refused(code, f"Error {code}")

    @staticmethod
    def refused_answer(refusal: Refused) -> Json:
        return {"RPLY": {"name": "send_sms_list", "ERROR": str(refusal.code), "ERROR_DESC": refusal.message}}

    @staticmethod
    def tracking(request: Json) -> str:
        return str((request.get("RQST") or {}).get("REQID") or "")

    @staticmethod
    def phone(request: Json) -> str:
        return canonical_phone((request.get("RQST") or {}).get("MOBILELIST"))

    @staticmethod
    def without_secrets(request: Json) -> Json:
        return {"RQST": {key: value for key, value in (request.get("RQST") or {}).items() if key != "APIPASS"}}

    def forget(self) -> None:
        """Nothing is remembered."""
