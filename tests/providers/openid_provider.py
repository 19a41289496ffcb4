"""A company's OpenID Connect provider over real HTTP, with keys of its own, that misbehaves where a test says so."""

import hmac
import json
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT_ID, SECRET = "the-lab", "a secret: of the lab"
DESCRIPTION, KEYS, AUTHORIZE, TOKEN = "/.well-known/openid-configuration", "/keys", "/authorize", "/token"

Claims = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What a path answers in the place of what it should."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0


@dataclass
class OpenidProvider:
    """A provider on 127.0.0.1. Enter it to start. `asked` are the paths that were asked for.

    Whoever comes is `person`, as claims. `claims` and `description` change what it says (None takes a claim out),
    `signed` how a token is made, `replies` what a path answers.
    """

    person: Claims = field(default_factory=lambda: {"sub": "248289761001", "preferred_username": "ann"})
    claims: Claims = field(default_factory=dict)
    description: Claims = field(default_factory=dict)
    signed: "Callable[[OpenidProvider, Claims], str] | None" = None
    replies: dict[str, Reply] = field(default_factory=dict)
    published: list[str] = field(default_factory=lambda: ["one"])
    signing: str = "one"
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    reusable: bool = False

    def __enter__(self) -> "OpenidProvider":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def behave(self) -> None:
        """Forget every misbehaviour, and what was asked."""
        fresh = OpenidProvider()
        for name in ("person", "claims", "description", "signed", "replies", "published", "signing", "reusable"):
            setattr(self, name, getattr(fresh, name))
        self.asked.clear()

    def answer(self, method: str, target: str, headers: Any, form: dict[str, str]) -> Reply:
        """Answer one request."""
        path = urlsplit(target).path
        self.asked.append(path)
        if reply := self.replies.get(path):
            time.sleep(reply.after_s)
            return reply
        query = dict(parse_qsl(urlsplit(target).query))
        match path:
            case "/.well-known/openid-configuration":
                return _json(200, self._described() | self.description)
            case "/keys":
                return _json(200, {"keys": [public_key(name) for name in self.published]})
            case "/authorize":
                return self._asked(query)
            case "/token" if method == "POST":
                return self._traded(headers, form)
            case _:
                return _json(404, {"error": "not found"})

    def approved(self, url: str, **changes: str) -> str:
        """Return where a browser is sent by somebody who signs in at `url`."""
        asked = dict(parse_qsl(urlsplit(url).query))
        code = token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], **changes})}"

    def token(self, nonce: str) -> str:
        """Return an ID token, as it is told to make one."""
        now = int(time.time())
        claims: Claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.person | self.claims
        return (self.signed or signed)(self, {name: value for name, value in claims.items() if value is not None})

    def _described(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "jwks_uri": self.issuer + KEYS,
        }

    def _asked(self, query: dict[str, str]) -> Reply:
        """Show who is there, with a way on and a way back."""
        back = f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        ways = {f"Continue as {self.person['sub']}": self.approved(f"?{urlencode(query)}"), "Cancel": back}
        links = "".join(f'<p><a href="{escape(way)}">{escape(name)}</a></p>' for name, way in ways.items())
        page = f"<!doctype html><html lang=en><title>Company</title><h1>Company</h1>{links}</html>"
        return Reply(200, page.encode(), {"content-type": "text/html"})

    def _traded(self, headers: Any, form: dict[str, str]) -> Reply:
        scheme, _, pair = headers.get("authorization", "").partition(" ")
        known = (form.get("client_id"), form.get("client_secret"))
        if scheme == "Basic":
            known = tuple(map(unquote, b64decode(pair).decode().split(":")))
        if known != (CLIENT_ID, SECRET):
            return _json(401, {"error": "invalid_client"})
        code = form.get("code", "")
        asked = self.codes.get(code, {}) if self.reusable else self.codes.pop(code, {})
        verifier = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if asked.get("redirect_uri") != form.get("redirect_uri") or asked.get("code_challenge") != verifier:
            return _json(400, {"error": "invalid_grant"})
        return _json(200, {"access_token": "of no use", "token_type": "Bearer", "id_token": self.token(asked["nonce"])})


@cache
def private_key(name: str) -> RSAPrivateKey:
    """One of its keys."""
    return generate_private_key(65537, 1024 if name == "short" else 2048)


def public_key(name: str) -> Claims:
    """What it publishes of a key."""
    numbers = private_key(name).public_key().public_numbers()
    sizes = {"n": (numbers.n.bit_length() + 7) // 8, "e": 3}
    parts = {part: _base64(getattr(numbers, part).to_bytes(size)) for part, size in sizes.items()}
    return {"kty": "RSA", "kid": name, "use": "sig", **parts}


def token_of(header: Claims, claims: Claims, signature: Callable[[bytes], bytes]) -> str:
    """Put a token together."""
    content = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return f"{content}.{_base64(signature(content.encode()))}"


def by(key: str) -> Callable[[bytes], bytes]:
    """Return how `key` signs (RS256)."""
    return lambda content: private_key(key).sign(content, PKCS1v15(), SHA256())


def signed(provider: OpenidProvider, claims: Claims) -> str:
    """Sign a token as it should be."""
    return token_of({"alg": "RS256", "kid": provider.signing}, claims, by(provider.signing))


def signed_without_a_name(provider: OpenidProvider, claims: Claims) -> str:
    """Sign it, and do not say with which key."""
    return token_of({"alg": "RS256"}, claims, by(provider.signing))


def signed_by_nobody(provider: OpenidProvider, claims: Claims) -> str:
    """Leave the signature out, and say so."""
    return token_of({"alg": "none", "kid": "one"}, claims, lambda content: b"")


def signed_by_the_public_key(provider: OpenidProvider, claims: Claims) -> str:
    """Use the published key as a shared secret, as only a forger would."""
    pem = private_key("one").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return token_of({"alg": "HS256", "kid": "one"}, claims, lambda content: hmac.digest(pem, content, "sha256"))


def signed_by_another(provider: OpenidProvider, claims: Claims) -> str:
    """Sign with a key of one's own in the name of a published one."""
    return token_of({"alg": "RS256", "kid": "one"}, claims, by("another"))


def changed_afterwards(provider: OpenidProvider, claims: Claims) -> str:
    """Sign, and then change who it is about."""
    signature = signed(provider, claims).rpartition(".")[2]
    rest = token_of({"alg": "RS256", "kid": "one"}, claims | {"sub": "somebody-else"}, lambda content: b"")
    return rest + signature


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def _json(status: int, body: Any) -> Reply:
    return Reply(status, json.dumps(body).encode(), {"content-type": "application/json"})


def _handler(provider: OpenidProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            self._answer(dict(parse_qsl(sent.decode())))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self, form: dict[str, str]) -> None:
            reply = provider.answer(self.command, self.path, self.headers, form)
            with suppress(ConnectionError):  # who does not wait is gone
                self.send_response(reply.status)
                for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

    return Handler
