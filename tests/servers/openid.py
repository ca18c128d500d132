"""An OpenID provider that signs people in without asking, and lies as it is told: discovery, keys, code flow, PKCE."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "mailbot-client", "s3cret-of-the-client"


@cache
def key_of(whose: str) -> RSAKey:
    """The key of the provider or of somebody else, under the same id."""
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@dataclass(slots=True)
class OpenIdProvider:
    """A running provider with one client. Whoever comes is the one of `claims`; what it says may be changed meanwhile.

    `says` is laid over the claims of the next tokens, None takes one out; `signed_by` tells whose key signs them. With
    `named` it calls itself otherwise than its address. `asked` holds the query of each sign-in.
    """

    claims: dict[str, Any]
    says: dict[str, Any] = field(default_factory=dict)
    named: str | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    signed_by: str = "provider"
    port: int = 0
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/tenant/v2.0"

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.named or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def sign_in(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        self.asked.append(query)
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], shown: str) -> tuple[int, dict[str, Any]]:
        """What the code is worth, once, to the client that asked and holds the verifier (RFC 7636)."""
        query = self._codes.pop(form.get("code", ""), None)
        given = f"{CLIENT_ID}:{CLIENT_SECRET}"
        if shown != f"Basic {base64.b64encode(given.encode()).decode()}":
            return 401, {"error": "invalid_client"}
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if query is None or query["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        if (query.get("code_challenge_method"), query.get("code_challenge")) != ("S256", proof):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": self._said(query)}

    def _said(self, query: dict[str, str]) -> str:
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "auth_time": now - 7200}
        if query.get("prompt") == "login":
            said["auth_time"] = now
        said |= {"nonce": query["nonce"], **self.claims, **self.says}
        told = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "one"}, told, key_of(self.signed_by))


@contextlib.contextmanager
def running_provider(**claims: Any) -> Iterator[OpenIdProvider]:
    """A provider on a free port of 127.0.0.1 for the person of those claims, until the block ends."""
    provider = OpenIdProvider(claims)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path.endswith("/authorize"):
                self.send_response(302)
                self.send_header("Location", provider.sign_in(dict(parse_qsl(url.query))))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif url.path.endswith("/openid-configuration"):
                self.answer(200, provider.described())
            else:
                self.answer(200, {"keys": [key_of("provider").as_dict(private=False)]})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(*provider.token(dict(parse_qsl(sent)), unquote(self.headers.get("Authorization", ""))))

        def answer(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is said of a request: it holds a secret."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
