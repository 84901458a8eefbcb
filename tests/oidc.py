"""An OpenID Connect provider on this machine, for the length of a test."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT_ID, CLIENT_SECRET = "pixelwarden", "a secret between the two"


@dataclass
class Provider:
    """Says who signs in, and keeps what it was asked."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    issuer: str = ""  # another one than it should be
    audience: str = CLIENT_ID
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 2048)
    )

    def authorize(self, query: dict[str, str]) -> str:
        """Return the way back of somebody who signed in here."""
        code = uuid4().hex
        self.codes[code] = query
        way = urlencode({"code": code, "state": query["state"]})
        return f"{query['redirect_uri']}?{way}"

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Return tokens for a code, once, to who asked for it."""
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or form.get("client_secret") != CLIENT_SECRET:
            return None
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked.get(
            "code_challenge"
        ):
            return None
        now = int(time.time())
        says = self.claims | {
            "iss": self.issuer or self.url,
            "aud": self.audience,
            "iat": now,
            "exp": now + 300,
        }
        return {
            "access_token": uuid4().hex,
            "token_type": "Bearer",
            "id_token": jwt.encode(says, self.key, "RS256", {"kid": "one"}),
        }

    def configuration(self) -> dict[str, Any]:
        """Return what is found under /.well-known/openid-configuration."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }


@contextmanager
def providing(**claims: Any) -> Iterator[Provider]:
    """Run a provider that says this of whoever signs in."""
    provider = Provider(claims=claims)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            elif parts.path == "/userinfo":
                self.answer(200, provider.claims)
            elif parts.path == "/.well-known/openid-configuration":
                self.answer(200, provider.configuration())
            else:
                self.answer(404, {})

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            form = parse_qs(self.rfile.read(size).decode())
            found = provider.token({name: values[0] for name, values in form.items()})
            self.answer(200 if found else 400, found or {"error": "invalid_grant"})

        def answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
