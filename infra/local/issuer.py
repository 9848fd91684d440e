"""Stand-in OIDC issuer: what the HTTP API's JWT authorizer needs, and a door that mints tokens.

GET  /.well-known/openid-configuration, /jwks.json, /health
POST /token {"role", "agency"?, "idNumber"?, "sub"?, "ttlSeconds"?} -> {"access_token", ...}

It grants whatever it is asked for, so it listens on loopback only. The key lives as long as the process.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "motcua"
ROLES = ("portal", "citizen", "officer", "administrator", "auditor")
# A working day: a developer's token from `make token` should outlive the session it was made for.
DEFAULT_TTL_SECONDS = 8 * 3600
MAX_BODY_BYTES = 64 * 1024


class BadRequest(ValueError):
    """The token request does not say what it must."""


@dataclass(frozen=True)
class TokenRequest:
    role: str
    agency: str | None = None
    idNumber: str | None = None
    sub: str | None = None
    ttlSeconds: int = DEFAULT_TTL_SECONDS

    @classmethod
    def parse(cls, body: bytes) -> TokenRequest:
        try:
            request = cls(**json.loads(body))
        except (ValueError, TypeError) as error:
            raise BadRequest(str(error)) from error
        if request.role not in ROLES:
            raise BadRequest(f"role must be one of {', '.join(ROLES)}")
        # Zero and below are allowed: a test needs a token that has expired.
        if type(request.ttlSeconds) is not int:
            raise BadRequest("ttlSeconds must be an integer")
        return request

    def subject(self) -> str:
        if self.sub:
            return self.sub
        # Stable for one person and agency, and not the id number itself: `sub` ends up in histories and logs.
        seed = f"{self.role}|{self.agency}|{self.idNumber}".encode()
        return f"{self.role}-{hashlib.sha256(seed).hexdigest()[:12]}"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def base64url_integer(number: int) -> str:
    return base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


class Issuer:
    def __init__(self, url: str) -> None:
        self.url = url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self._key.public_key().public_numbers()
        modulus = base64url_integer(numbers.n)
        self._jwk = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            # Derived from the key, so that a restarted issuer never answers for the old key's id.
            "kid": hashlib.sha256(modulus.encode()).hexdigest()[:16],
            "n": modulus,
            "e": base64url_integer(numbers.e),
        }

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks.json",
            "token_endpoint": f"{self.url}/token",
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [self._jwk]}

    def mint(self, request: TokenRequest) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": request.subject(),
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + request.ttlSeconds,
            "role": request.role,
        }
        if request.agency:
            claims["agency"] = request.agency
        if request.idNumber:
            claims["id_number"] = request.idNumber
        return {"access_token": self._sign(claims), "token_type": "Bearer", "expires_in": request.ttlSeconds}

    def _sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "typ": "JWT", "kid": self._jwk["kid"]}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{base64url(signature)}"


class IssuerServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), IssuerHandler)
        # The name, not the address: the authorizer compares `iss` with its configuration letter by letter.
        self.issuer = Issuer(f"http://localhost:{self.server_address[1]}")


class IssuerHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; Nagle would hold the second one back for up to 40 ms.
    disable_nagle_algorithm = True
    server: IssuerServer

    def do_GET(self) -> None:
        answers = {
            "/health": lambda: {"status": "ok"},
            "/.well-known/openid-configuration": self.server.issuer.discovery,
            "/jwks.json": self.server.issuer.keys,
        }
        answer = answers.get(self.path)
        if answer is None:
            return self._reply(404, {"error": "not_found"})
        self._reply(200, answer())

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            return self._reply(413, {"error": "invalid_request"})
        body = self.rfile.read(length)
        if self.path != "/token":
            return self._reply(404, {"error": "not_found"})
        try:
            self._reply(200, self.server.issuer.mint(TokenRequest.parse(body)))
        except BadRequest as error:
            self._reply(400, {"error": "invalid_request", "error_description": str(error)})

    def _reply(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: a request line says nothing here that the caller does not know."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    server = IssuerServer(parser.parse_args().port)
    print(f"issuer: {server.issuer.url}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
