"""Sends requests to the real handlers over the fakes, and judges each answer.

The judge reads the OpenAPI document that the API itself serves and nothing else about the API.
"""

from __future__ import annotations

import importlib
import io
import json
import logging
import re
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.validators import validator_for  # type: ignore[import-untyped]

from chalicelib import case_wiring, sign_in_wiring, wiring
from chalicelib.domain.identity import IdentityAnswer, Outcome
from chalicelib.domain.receipt import Receipt, new_secret
from chalicelib.settings import settings
from tests.fakes import FakeSealer
from tests.fuzz.hostile import FORM, JSON, MARK, MARKUP, PATHS, TOKENS, Maker, Sent
from tests.minted import NOW as TOKEN_TIME
from tests.minted import POOL, keys
from tests.world import DATA, World, child, form, member

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
SLICE = 1_000  # requests on one world
INSIDES = re.compile(
    r"Traceback|File \"|pydantic|chalice|botocore|jinja|\.py\b|[a-z]Error\b|Exception|object at 0x|"
    r"<class|input_value|\bNone\b|\bdict\b|constrained|__\w+__|line \d+, col",
)
_NUMBER = re.compile(r"[0-9]{16}")
_NEEDED = ("Cache-Control", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")


class Found(AssertionError):  # noqa: N818 - named by what it is
    """An answer that breaks a promise."""


@dataclass
class Fuzzed:
    """The public surface over a world in memory.

    Attributes:
        receipts: of cases that are there; `wrong` has the locator of one and another secret.
        met: "POST /path status" -> how often.
    """

    app: Any
    lines: io.StringIO
    world: World = field(default_factory=World)
    receipts: list[str] = field(default_factory=list)
    wrong: str = ""
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.document = json.loads(
            self.call(Sent("/v1/openapi.json", {}, b"", None, "GET"))["body"]
        )
        self.schemas = self.document["components"]["schemas"]
        for schema in self.schemas.values():
            validator_for(schema, Draft202012Validator).check_schema(schema)
        self.validators: dict[str, Any] = {}
        self.codes = wiring.fault_words().keys()
        self.fields = {"key", *(q.code for q in self.world.model.questions)} | {
            name for schema in self.schemas.values() for name in schema.get("properties", ())
        }
        self.renew()

    def renew(self) -> None:
        """A new world with cases in every state that families can come to."""
        self.world = World()
        self.world.clock.now = TOKEN_TIME * 1000
        self.receipts.clear()
        for number in range(30):
            serial = 9901 + 2 * number
            if number % 2:
                differs = IdentityAnswer(Outcome.MISMATCH, ("name",))
                self.world.registry.said[member(serial)["nik"]] = differs
            family = form(self.world.model, member(serial), child(serial + 1), kk=None)
            accepted = self.world.register(f"first-{number:018}", family)
            self.receipts.append(accepted.receipt.text)
        self.world.settle()
        self.world.withdraw("withdrawal-0000001", self.receipts[0])
        self.world.register("last-000000000000001", form(self.world.model, member(9970), kk=None))
        locator = self.receipts[0].replace("-", "")[:10]
        secret = new_secret(self.world.index.mac, locator, b"another")
        self.wrong = Receipt(locator, secret).text

    def try_slice(self, number: int, size: int = SLICE) -> None:
        """Try the requests of a slice on a new world; its number decides everything.

        Raises:
            Found: a promise is broken; the text tells request and answer.
        """
        self.renew()
        for place in range(size):
            try:
                self.try_one(Random(f"{number}|{place}"))  # noqa: S311 - to be made again
            except Found as found:
                raise Found(f"slice {number}, request {place}: {found}") from None

    def try_one(self, random: Random) -> None:
        """Make a request, send it, judge the answer.

        Raises:
            Found: a promise is broken.
        """
        request = Maker(random, self.receipts, self.wrong, self.schemas).request()
        self.world.clock.advance(200)
        self.lines.seek(0)
        self.lines.truncate()
        before = self._stored()
        answer = self.call(request)
        broken = self.faults(request, answer, before)
        self.met[f"{request.method} {request.path} {answer['statusCode']}"] += 1
        if broken:
            raise Found(told(request, answer, broken))

    def call(self, request: Sent) -> dict[str, Any]:
        """Hand a request to the app as the gateway does, bytes that are no text in base64."""
        try:
            body, encoded = request.body.decode(), False
        except UnicodeDecodeError:
            body, encoded = b64encode(request.body).decode(), True
        several = {name: [text] for name, text in (request.query or {}).items()} or None
        event = {
            "httpMethod": request.method,
            "path": request.path,
            "headers": dict(request.headers),
            "multiValueHeaders": {name: [text] for name, text in request.headers.items()},
            "queryStringParameters": request.query,
            "multiValueQueryStringParameters": several,
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {
                "httpMethod": request.method,
                "resourcePath": request.path,
                "requestId": REQUEST_ID,
                "identity": {"sourceIp": "203.0.113.9"},
            },
            "body": body,
            "isBase64Encoded": encoded,
        }
        answer: dict[str, Any] = self.app(event, None)
        return answer

    # --- judging ----------------------------------------------------------------------------------

    def faults(
        self, request: Sent, answer: Mapping[str, Any], before: tuple[int, ...]
    ) -> list[str]:
        """Every promise that an answer breaks."""
        status, text = answer["statusCode"], answer["body"]
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        headers |= {name.lower(): v[0] for name, v in answer.get("multiValueHeaders", {}).items()}
        broken = [f"no {name}" for name in _NEEDED if name.lower() not in headers]
        if status >= 500:
            broken.append("our own failure")
        operation = self.document["paths"].get(request.path, {}).get(request.method.lower())
        documented = operation and operation["responses"].get(str(status))
        kind = headers.get("content-type", "").partition(";")[0]
        if not documented:
            broken.append(f"{status} is not documented")
        elif kind not in documented["content"]:
            broken.append(f"{kind} is not documented")
        elif kind == JSON:
            broken += self._unlike(documented["content"][JSON]["schema"], json.loads(text))
        if status < 300:
            broken += self._taken_wrongly(request, operation)
            self._keep(text, kind)
        else:
            broken += self._refused_wrongly(text, kind)
            if self._stored() != before:
                broken.append("a refusal stored something")
        return broken + self._shown(text, kind)

    def _unlike(self, schema: Mapping[str, Any], body: Any, what: str = "answer") -> list[str]:
        name = schema.get("$ref", "").rpartition("/")[2]
        validator = self.validators.get(name) or self._validator(schema, name)
        wrong = sorted(error.message[:200] for error in validator.iter_errors(body))
        return [f"the {what} is not as documented: {message}" for message in wrong]

    def _validator(self, schema: Mapping[str, Any], name: str) -> Any:
        """A validator that reads patterns as ECMA does: `$` is the very end."""
        whole = json.loads(
            json.dumps({**schema, "components": {"schemas": self.schemas}}), object_hook=_patterns
        )
        made = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
        if name:
            self.validators[name] = made
        return made

    def _taken_wrongly(self, request: Sent, operation: Mapping[str, Any] | None) -> list[str]:
        """Why the document says that this should have been refused."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if (
            operation is None
            or request.method == "GET"
            or kind == FORM
            or request.path == "/v1/form"
            or "requestBody" not in operation
        ):
            return []
        if kind != JSON:
            return [f"a body of type {kind!r} was taken"]
        try:
            body = json.loads(request.body, parse_constant=_refuse)
        except ValueError:
            return ["what is no JSON was taken"]
        schema = operation["requestBody"]["content"][JSON]["schema"]
        wrong = self._unlike(schema, body, "body")
        for header in operation.get("parameters", ()):
            sent = request.headers.get(header["name"].lower(), "")
            wrong += self._unlike(header["schema"], sent, "header")
        if "security" in operation and request.headers.get("authorization") != TOKENS[0]:
            wrong.append("somebody without the right was let in")
        return wrong

    def _refused_wrongly(self, text: str, kind: str) -> list[str]:
        """What an error says of the inside, or back to the sender."""
        if kind != JSON:
            return []
        broken = [f"shows {found.group()!r}" for found in INSIDES.finditer(text)]
        if MARK.lower() in text.lower() or _NUMBER.search(text):
            broken.append("repeats what was typed")
        for error in json.loads(text)["errors"]:
            strange = [p for p in error["field"].split(".") if p and not self._known(p)]
            broken += [f"names a field that is not ours: {part!r}" for part in strange]
            family = error["code"].partition("_")[0]
            if error["code"] not in self.codes and family not in self.codes:
                broken.append(f"has no words for {error['code']}")
        return broken

    def _known(self, part: str) -> bool:
        return part in self.fields or (part.isascii() and part.isdecimal() and len(part) < 4)

    def _shown(self, text: str, kind: str) -> list[str]:
        """Markup of the sender in a page; anything of the sender in the log."""
        broken = ["a page carries the sender's markup"] if MARKUP in text and kind != JSON else []
        said = self.lines.getvalue()
        if MARK in said or _NUMBER.search(said):
            broken.append("the log repeats what was typed")
        if said.count('"route"') != 1:
            broken.append("not one line was logged")
        if len(said) > 900:
            broken.append("a long line was logged")
        return broken

    def _stored(self) -> tuple[int, ...]:
        aws = self.world.aws
        return len(aws.events), len(aws.cases), len(aws.vault), len(aws.guards)

    def _keep(self, text: str, kind: str) -> None:
        if (
            kind == JSON
            and (receipt := json.loads(text).get("receipt"))
            and len(self.receipts) < 60
        ):
            self.receipts.append(receipt)


def told(request: Sent, answer: Mapping[str, Any], broken: list[str]) -> str:
    """A finding as a person reads it."""
    how = ", ".join(request.how) or "as it should be"
    return (
        f"{'; '.join(sorted(set(broken)))}\n  {request.method} {request.path} ({how})\n"
        f"  {dict(request.headers)}\n  {request.body[:1500]!r}\n"
        f"  -> {answer['statusCode']} {answer['body'][:1500]}"
    )


@contextmanager
def fuzzed() -> Iterator[Fuzzed]:
    """The public surface, wired to fakes instead of to AWS."""
    lines = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "STAGE", "REGISTRY_TABLE", "VAULT_TABLE", "LEDGER_TABLE", "OPS_TABLE", "SEALING_KEY",
            "OPENING_KEY_ID", "INDEX_KEY_ID",
        ):  # fmt: skip
            patch.setenv(f"TEPAT_{name}", "x")
        for name, value in {
            "SURFACE": "public",
            "REGION": "3510",
            "TRUSTED_PROXY": "forwarded",
            "MODEL": (DATA / "models" / "current").read_text().strip(),
            "RULES": (DATA / "rules" / "current").read_text().strip(),
        }.items():
            patch.setenv(f"TEPAT_{name}", value)
        forget()
        for name in [
            n for n in sys.modules if n == "app" or n.startswith("chalicelib.entrypoints")
        ]:
            patch.delitem(sys.modules, name)
        app = importlib.import_module("app").app
        logger = logging.getLogger("tepat")
        shown = logger.handlers[0]
        assert isinstance(shown, logging.StreamHandler)
        stream = shown.setStream(lines)
        patch.setattr(logger, "propagate", False)
        found = _wired(app, lines, patch)
        yield found
        shown.setStream(stream)
    forget()


def _wired(app: Any, lines: io.StringIO, patch: pytest.MonkeyPatch) -> Fuzzed:
    found = Fuzzed(app, lines)
    for name, part in {
        "store": lambda: found.world.store,
        "index": lambda: found.world.index,
        "limits": lambda: found.world.limits,
        "sealer": FakeSealer,
    }.items():
        patch.setattr(wiring, name, part)
    patch.setattr(sign_in_wiring, "pool", lambda: POOL)
    patch.setattr(sign_in_wiring, "token_keys", lambda: keys)
    for name in ("clock", "random"):
        patch.setattr(wiring, name, _Now(found, name))
    return found


@dataclass(frozen=True, slots=True)
class _Now:
    """A port of the world as it is now; worlds are renewed."""

    fuzzed: Fuzzed
    name: str

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(self.fuzzed.world, self.name), name)


def forget() -> None:
    """Drop what a warm function would keep."""
    for holder in (wiring, case_wiring, sign_in_wiring):
        for value in vars(holder).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
    settings.cache_clear()


def never_met(found: Fuzzed) -> list[str]:
    """Documented answers that no request got, of those that a request alone can get."""
    return [
        f"POST {path} {status}"
        for path in PATHS
        for status in found.document["paths"][path]["post"]["responses"]
        if status != "503" and not found.met[f"POST {path} {status}"]
    ]


def _refuse(text: str) -> None:
    raise ValueError(text)


def _patterns(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("pattern"), str):
        schema["pattern"] = re.sub(r"\$\Z", r"\\Z", schema["pattern"])
    return schema
