"""Bodies, headers and bytes that somebody may send: right ones, and ones broken in many ways.

Everything is drawn from one `random.Random`, so a request is made again from its number alone; and
hypothesis can drive the same code with its own `Random` and shrink what it finds.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote_plus

from tests.minted import access, sign
from tests.world import CONSENT, REGION, VILLAGE, artefact, child, form, member

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
MARK = "Zqxjvkwq"  # must never come back; so long that no sealed cookie spells it by chance
MARKUP = f"<b>{MARK}</b>"
MODEL = artefact()
AGENT: dict[str, Any] = {"cognito:groups": ["agent"]}
TOKENS = (
    f"Bearer {sign(access(**AGENT))}",
    f"Bearer {sign(access())}",
    f"Bearer {MARK}.{MARK}.{MARK}",
    f"Basic {MARK}",
    "Bearer",
    "",
)

# What breaks a value, whatever its kind was.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 20, 2**31, 2**63, -(2**63) - 1, 10**30, 1.0, 1.5, -0.0, 1e308,
    float("nan"), float("inf"), "", " ", "\t", "\n", "a\nb", "\x00", "\x7f", "\u2028", "\u200b",
    "\ufeff", "\u202eabc", "a\u0301" * 40, "१२३", "３５１０", "\U0001f9d1\u200d\U0001f33e",
    "\U0010ffff",
    "\ud800", "x\udfff", "ß" * 80, "ﷺ" * 120, MARK, MARKUP, MARK * 30, MARK * 2_000, "null", "true",
    "0", "-0", "1e3", "0x10", "{{7*7}}{0.__class__}", "%s%n", "' OR 1=1 --", "../../etc/passwd",
    "3510154903859901\n", "35101549038599o1", "0000000000000000", "2021-02-29", "0001-01-01",
    "9999-12-31", "1985-W10-6", "19850309", "+6281234567890123", "00000000", [], {}, [[]], [None],
    [MARK], {"": None}, {MARK: MARK}, {"__proto__": 1, "__class__": MARK}, {"$ref": "#/"},
)  # fmt: skip
NAMES = ("", MARK, "3510154903859901", "__class__", "int", "str", "constrained-str", "0",
         "a" * 5_000,
         "\ud800", "members", "index", "key")  # fmt: skip
FIELDS = (
    "members.0.name.x", "members", "members.", ".", "members.-1.name", "members.1x.name", "address",
    "members.²", f"members.{'9' * 5_000}.name", "answers", "answers.rooms.x", "a.b.c.d.e", MARK,
    "members.0", "members.99.name", "key.key", "members.१.name",
)  # fmt: skip
KEYS = ("", "short", "k" * 65, "kunci dengan spasi", MARK * 5 + "\u00fc", "k" * 16 + "\n")
KINDS = ("", "text/plain", "application/json; charset=utf-16", "APPLICATION/JSON",
         "multipart/form-data",
         f"application/{MARK}", "application/json, text/html", "*/*")  # fmt: skip
ACCEPTS = ("*/*", "", "application/xml", f"text/{MARK}", "application/json, text/html", HTML)
PATHS: Mapping[str, str] = {
    "/v1/registrations": "RegistrationBody",
    "/v1/agent/registrations": "RegistrationBody",
    "/v1/check": "RegistrationBody",
    "/v1/form": "RegistrationBody",
    "/v1/status": "StatusBody",
    "/v1/corrections": "CorrectionBody",
    "/v1/withdrawals": "WithdrawalBody",
    "/v1/proposals": "ProposalBody",
}
_SHARES = (9, 4, 2, 1, 5, 5, 3, 4)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as the gateway hands it on.

    Attributes:
        how: what was done to it, to be read by a person.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] | None = None
    method: str = "POST"
    how: tuple[str, ...] = ()


@dataclass
class Maker:
    """Makes requests.

    Attributes:
        random: decides everything.
        receipts: receipts of cases that are there.
        wrong: a receipt whose secret is wrong.
        schemas: the component schemas of the OpenAPI document.
    """

    random: Random
    receipts: Sequence[str]
    wrong: str
    schemas: Mapping[str, Any]
    how: list[str] = field(default_factory=list)

    def request(self) -> Sent:
        """One request: half of them as they should be, or nearly so."""
        self.how = []
        path = self.random.choices(tuple(PATHS), _SHARES)[0]
        if path == "/v1/form" and self.chance(0.2):
            asked = self.random.choice(["1", "20", "21", "-1", "", MARK, "9" * 5_000, "२", "1.5"])
            query = {"members": asked} if self.chance(0.8) else None
            return Sent(path, self._headers(path, ""), b"", query, "GET", ("form",))
        body: Any = self._right(path) if self.chance(0.75) else self._shaped(path)
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 5))):
            body = self._broken(body, path)
        as_form = self.chance(0.25)
        raw = self._form(body) if as_form else self._json(body)
        if self.chance(0.12):
            raw = self._bytes(raw)
        headers = self._headers(path, FORM if as_form else JSON)
        return Sent(path, headers, raw, how=tuple(self.how))

    def chance(self, share: float) -> bool:
        """True in that share of the calls."""
        return self.random.random() < share

    # --- bodies -----------------------------------------------------------------------------------

    def _right(self, path: str) -> dict[str, Any]:
        """A body that makes sense."""
        pick = self.random.choice
        if PATHS[path] == "RegistrationBody":
            people = [member(9901 + self.random.randrange(90), relation="head")]
            people += [child(9910 + n) for n in range(pick((0, 0, 1, 2, 3, 5, 19)))]
            for person in people:
                if self.chance(0.1):
                    person["nik"] = None
            answers = {
                q.code: pick(q.options)[0] if q.options else self.random.randint(q.low, q.high)
                for q in MODEL.questions
                if not self.chance(0.05)
            }
            way_in = "agent" if "agent" in path else "self"
            return form(MODEL, *people, answers=answers, way_in=way_in)
        receipt = pick(self.receipts)
        if self.chance(0.25):
            receipt = self.wrong
        if self.chance(0.05):
            receipt = receipt[:-6] + "".join(self.random.sample(receipt[-6:], 6))
        if path == "/v1/proposals":
            found = {
                "name": f"Tetangga {MARKUP}",
                "village": VILLAGE,
                "place": "RT 3",
                "reason": "sakit",
            }
            return found | ({"phone": "080000009901"} if self.chance(0.5) else {})
        if path == "/v1/withdrawals":
            return {"receipt": receipt, "agreed": True}
        if path == "/v1/status":
            return {"receipt": receipt}
        change: dict[str, Any] = {"index": pick((0, 0, 1, 2, 19)), "name": f"Nama {MARK}"}
        return {"receipt": receipt, "members": [change]} | (
            {"kk": "3510150101209901"} if self.chance(0.3) else {}
        )

    def _shaped(self, path: str) -> Any:
        """A body made from its schema alone; its shape is right, its sense is chance."""
        self.how.append("shaped")
        return self._of(self.schemas[PATHS[path]])

    def _of(self, schema: Mapping[str, Any], name: str = "") -> Any:
        if "$ref" in schema:
            return self._of(self.schemas[schema["$ref"].rpartition("/")[2]], name)
        if "anyOf" in schema:
            return self._of(self.random.choice(schema["anyOf"]), name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        return _KINDS[schema["type"]](self, schema, name)

    def _object(self, schema: Mapping[str, Any], _name: str) -> dict[str, Any]:
        if "properties" not in schema:
            codes = self.random.sample(
                [q.code for q in MODEL.questions], self.random.choice((0, 3, 9))
            )
            codes += [f"q{n}" for n in range(self.random.choice((0, 0, 0, 1, 91, 101)))]
            return {code: self._of(schema["additionalProperties"], code) for code in codes}
        wanted = schema.get("required", ())
        return {
            name: self._of(each, name)
            for name, each in schema["properties"].items()
            if name in wanted or self.chance(0.5)
        }

    def _array(self, schema: Mapping[str, Any], name: str) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", 20)
        size = self.random.choice((least, least + 1, min(3, most), most, most + 1))
        return [self._of(schema["items"], name) for _ in range(size)]

    def _integer(self, schema: Mapping[str, Any], _name: str) -> int:
        low, high = schema.get("minimum", 0), schema.get("maximum", 19)
        return int(
            self.random.choice((low, high, low - 1, high + 1, self.random.randint(low, high)))
        )

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        digits = "".join(self.random.choices("0123456789", k=12)) + self._serial()
        known = {
            "village": self.random.choice((VILLAGE, "1101012001", f"{REGION}152999")),
            "nik": self.random.choice((digits, f"{REGION}15{digits[:6]}9901", digits[:15])),
            "kk": digits,
            "receipt": self.random.choice(self.receipts),
            "birth_date": f"{self.random.randint(1890, 2030)}-0{digits[0]}-1{digits[1]}",
            "rt": digits[:2],
            "rw": digits[:3],
            "phone": f"08{digits[:9]}",
            "version": self.random.choice((CONSENT, MARK)),
        }
        if name in known:
            return known[name]
        least, most = schema.get("minLength", 1), schema.get("maxLength", 60)
        size: int = self.random.choice((least, least, most, most + 1, least - 1, min(12, most)))
        letter: str = self.random.choice(
            ("a", "Z", "é", "字", "\U0001f9d1", " ", "\u00a0", "_", "-")
        )
        return letter * max(size, 0)

    def _serial(self) -> str:
        """The last four digits of invented people."""
        return str(self.random.randint(9901, 9999))

    # --- breaking ---------------------------------------------------------------------------------

    def _broken(self, body: Any, path: str) -> Any:
        """The body with one place changed, at any depth."""
        holders = list(_holders(body))
        if not holders or self.chance(0.03):
            self.how.append("whole body")
            return self._value()
        holder = self.random.choice(holders)
        place = self.random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        act = self.random.choice(
            ("value", "value", "value", "drop", "add", "twist", "nest", "repeat")
        )
        self.how.append(f"{act} at {str(place)[:30]}")
        if act == "value":
            holder[place] = self._value()
        elif act == "drop":
            del holder[place]
        elif act == "add" and isinstance(holder, dict):
            holder[self.random.choice(NAMES)] = self._value()
        elif act == "twist":
            holder[place] = self._twisted(holder[place])
        elif act == "nest":
            holder[place] = _nested(holder[place], self.random.choice((1, 5, 60, 300)))
        elif isinstance(holder, list):
            holder.extend([holder[place]] * self.random.choice((1, 20, 300)))
        else:
            holder.update({f"{MARK}{n}": n for n in range(self.random.choice((1, 250)))})
        return body

    def _value(self) -> Any:
        value = self.random.choice(VALUES)
        return json.loads(json.dumps(value))  # a copy: it may be broken again

    def _twisted(self, value: Any) -> Any:
        """Nearly what it was: a digit as text, a letter more, another type of the same."""
        if isinstance(value, bool):
            return self.random.choice((int(value), str(value).lower()))
        if isinstance(value, int):
            return self.random.choice(
                (str(value), float(value), -value, value + 10**9 + 1, [value])
            )
        if isinstance(value, str):
            letter = self.random.choice(("\n", " ", "\x00", "\ud800", "é", "०", "'"))
            at = self.random.randint(0, len(value))
            number = int(value) if value.isascii() and value.isdecimal() else value.swapcase()
            return self.random.choice(
                (value[:at] + letter + value[at:], number, value * 9, [value])
            )
        return str(value)

    # --- bytes ------------------------------------------------------------------------------------

    def _json(self, body: Any) -> bytes:
        ascii_only = self.chance(0.5)
        text = json.dumps(body, ensure_ascii=ascii_only)
        return text.encode("utf-8", "surrogatepass")

    def _form(self, body: Any) -> bytes:
        fields = _flat(body) if isinstance(body, dict) else {"": str(body)}
        if not self.chance(0.1):
            fields["key"] = self._key()
        if self.chance(0.15):
            self.how.append("form names")
            name = self.random.choice(FIELDS)
            fields[name] = str(self._value())
        pairs = [
            f"{quote_plus(name, errors='surrogatepass')}={quote_plus(text, errors='surrogatepass')}"
            for name, text in fields.items()
        ]
        return "&".join(pairs).encode()

    def _bytes(self, raw: bytes) -> bytes:
        """The bytes themselves damaged."""
        at = self.random.randint(0, len(raw))
        act = self.random.choice(tuple(_DAMAGE))
        self.how.append(act)
        return _DAMAGE[act](raw, at)

    def _headers(self, path: str, kind: str) -> dict[str, str]:
        headers = {
            "content-type": kind if self.chance(0.96) else self.random.choice(KINDS),
            "accept": self.random.choices((JSON, HTML), (8, 3 if kind == FORM else 0))[0],
            "idempotency-key": self._key(),
            "x-forwarded-for": f"{MARK}, 203.0.113.{self.random.randrange(250)}",
        }
        if self.chance(0.05):
            headers["accept"] = self.random.choice(ACCEPTS)
        if "agent" in path:
            headers["authorization"] = self.random.choices(TOKENS, (8, 2, 2, 1, 1, 1))[0]
        for name in ("content-type", "accept", "x-forwarded-for", "idempotency-key"):
            if self.chance(0.01):
                del headers[name]
        return headers

    def _key(self) -> str:
        if self.chance(0.04):
            return self.random.choice(KEYS)
        if self.chance(0.05):
            return "k" * self.random.choice((16, 64))  # met again and again, with other bodies
        return f"{self.random.getrandbits(120):030x}"


_KINDS: Mapping[str, Callable[[Maker, Mapping[str, Any], str], Any]] = {
    "object": Maker._object,
    "array": Maker._array,
    "string": Maker._string,
    "integer": Maker._integer,
    "boolean": lambda maker, _schema, _name: maker.chance(0.5),
    "null": lambda _maker, _schema, _name: None,
}
_DAMAGE: Mapping[str, Callable[[bytes, int], bytes]] = {
    "cut": lambda raw, at: raw[:at],
    "byte": lambda raw, at: raw[:at] + b"\xff" + raw[at:],
    "nul": lambda raw, at: raw[:at] + b"\0" + raw[at:],
    "twice": lambda raw, _at: raw + raw,
    "key twice": lambda raw, _at: raw.replace(b"{", b'{"village":1,"members":"x","receipt":[],', 1),
    "first wins": lambda raw, _at: raw[:-1] + b',"members":7,"receipt":7,"village":7}',
    "mark of order": lambda raw, _at: b"\xef\xbb\xbf" + raw,
    "utf-16": lambda raw, _at: raw.decode("utf-8", "replace").encode("utf-16"),
    "deep": lambda raw, _at: raw[:-1] + b',"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deeper than one reader": lambda _raw, _at: (
        b'{"members":7,"x":' + b"[" * 400 + b"]" * 400 + b"}"
    ),
    "half letter": lambda raw, _at: raw[:-1] + b',"members":7,"receipt":7,"x":"\\ud800"}',
    "long number": lambda raw, _at: raw[:-1] + b',"x":' + b"9" * 5_000 + b"}",
    "no number": lambda raw, _at: raw[:-1] + b',"x":NaN}',
    "nothing": lambda _raw, _at: b"",
    "base64": lambda raw, _at: b64encode(raw),
    "too large": lambda raw, _at: raw + b" " * 70_000,
    "comment": lambda raw, at: raw[:at] + b"/* x */" + raw[at:],
}


def _holders(body: Any) -> list[Any]:
    """Every object and list of a body that has something in it."""
    found, queue = [], [body]
    while queue:
        here = queue.pop()
        if isinstance(here, dict | list) and here:
            found.append(here)
            queue += list(here.values()) if isinstance(here, dict) else here
    return found


def _nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value] if depth % 2 else {"x": value}
    return value


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """A body as a form sends it; without recursion, since it may be nested deeply."""
    found: dict[str, str] = {}
    queue: list[tuple[str, Any]] = [(path, value)]
    while queue:
        name, here = queue.pop()
        if isinstance(here, dict | list) and name.count(".") < 6:
            pairs = here.items() if isinstance(here, dict) else enumerate(here)
            queue += [
                (f"{name}.{part}".lstrip(".") if name else str(part), each) for part, each in pairs
            ]
        elif here is not None:
            found[name] = str(here).lower() if isinstance(here, bool) else str(here)[:9_000]
    return found
