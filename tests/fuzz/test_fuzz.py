"""20,000 hostile requests, and the mistakes that they must find."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import sign_in_wiring, telemetry
from chalicelib.domain.errors import Fault, InvalidRequest, WrongState
from chalicelib.domain.tokens import Claims
from tests.fuzz.judge import Found, Fuzzed, fuzzed, never_met

SLICES = 20  # of a thousand requests
RARE = ("413", "429")  # met by chance on each path, so looked for on all paths together


@pytest.fixture
def surface() -> Iterator[Fuzzed]:
    with fuzzed() as found:
        yield found


@pytest.mark.parametrize("first", range(0, SLICES, 5))
def test_no_request_breaks_a_promise(surface: Fuzzed, first: int) -> None:
    for number in range(first, first + 5):
        surface.try_slice(number)
    missed = [each for each in never_met(surface) if not each.endswith(RARE)]
    assert missed == [], "these requests look at nothing"
    for status in RARE:
        assert any(each.endswith(status) for each in surface.met)
    accepted = sum(n for each, n in surface.met.items() if each[-3:] in ("200", "201"))
    assert accepted > surface.met.total() / 8


def test_hypothesis_finds_nothing_either(surface: Fuzzed) -> None:
    """The same requests, driven by hypothesis: what it finds, it makes small."""
    first = len(surface.receipts)

    @settings(
        max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.randoms(use_true_random=False))
    def tried(random: Any) -> None:
        del surface.receipts[first:]  # what is drawn must not depend on the requests before
        surface.try_one(random)

    tried()


# --- mistakes that must be found ------------------------------------------------------------------

Patch = pytest.MonkeyPatch


def module(name: str) -> Any:
    """A module of the entrypoints as it was loaded for this run."""
    return importlib.import_module(f"chalicelib.entrypoints.{name}")


def names_are_repeated(patch: Patch) -> None:
    http = module("http")
    patch.setattr(
        http, "_fault", lambda _kind, path: Fault("field_unknown", ".".join(map(str, path)))
    )


def unknown_fields_are_taken(patch: Patch) -> None:
    http = module("http")
    read = http.read

    def lax(*args: Any, **kwargs: Any) -> Any:
        sent = read(*args, **kwargs)
        faults = tuple(fault for fault in sent.faults if fault.code != "field_unknown")
        return http.Sent(sent.body, faults, sent.key, sent.fields)

    patch.setattr(http, "read", lax)


def any_key_is_taken(patch: Patch) -> None:
    class Anything:
        def fullmatch(self, text: str) -> bool:
            return True

    patch.setattr(module("http"), "_KEY", Anything())


def a_long_name_breaks_the_handler(patch: Patch) -> None:
    http = module("http")
    respond = http.respond

    def brittle(request: Any, answer: Any) -> Any:
        if answer.status == 201 and len(request.raw_body) % 16 == 0:
            raise IndexError(request.raw_body)
        return respond(request, answer)

    patch.setattr(http, "respond", brittle)


def it_is_stored_before_it_is_refused(patch: Patch) -> None:
    registering = module("registering")
    register = registering.register

    def eager(*args: Any) -> Any:
        accepted = register(*args)
        if accepted.at % 3 == 0:
            raise InvalidRequest(Fault("nik_length", "members.0.nik"))
        return accepted

    patch.setattr(registering, "register", eager)


def a_status_is_new(patch: Patch) -> None:
    patch.setitem(module("http")._STATUS, WrongState, 410)


def the_log_tells_the_body(patch: Patch) -> None:
    def route(request: Any) -> str:
        return f"POST {request.raw_body[:200].decode('utf-8', 'replace')}"

    patch.setattr(module("http"), "_route", route)


def one_line_more_is_logged(patch: Patch) -> None:
    def twice(event: str, **told: str) -> None:
        telemetry.log(event, **told)
        telemetry.log(event, **told)

    patch.setattr(module("http"), "log", twice)


def an_answer_has_another_shape(patch: Patch) -> None:
    citizen = module("citizen_api")
    received = citizen.received

    def changed(accepted: Any) -> Any:
        answer = received(accepted)
        return module("http").Answer(201, dict(answer.body, warnings=None), answer.page)

    patch.setattr(citizen, "received", changed)


def an_error_tells_its_class(patch: Patch) -> None:
    patch.setattr(module("http"), "message", lambda fault, _words: repr([fault.params or None]))


def an_error_tells_what_was_typed(patch: Patch) -> None:
    http = module("http")
    respond = http.respond

    def chatty(request: Any, answer: Any) -> Any:
        body = dict(answer.body)
        if answer.status == 422:
            body["request"] = request.raw_body.decode("utf-8", "replace")
        return respond(request, http.Answer(answer.status, body, answer.page))

    patch.setattr(http, "respond", chatty)


def everybody_is_an_agent(patch: Patch) -> None:
    claims = Claims("somebody", frozenset({"agent"}), "session", 2**40)
    patch.setattr(sign_in_wiring, "verify_token", lambda _token: claims)


def a_page_carries_markup(patch: Patch) -> None:
    pages = module("pages")
    render = pages.render

    def raw(*args: Any, **kwargs: Any) -> Any:
        text = str(render(*args, **kwargs))
        return text.replace("&lt;", "<").replace("&gt;", ">")

    patch.setattr(pages, "render", raw)


def a_header_is_forgotten(patch: Patch) -> None:
    patch.delitem(module("http").HEADERS, "Cache-Control")


def a_fault_has_no_words(patch: Patch) -> None:
    http = module("http")
    patch.setattr(http, "_code", lambda _kind, path: f"{path[-1]}_strange" if path else "strange")


MISTAKES: dict[Callable[[Patch], None], str] = {
    names_are_repeated: "names a field that is not ours",
    unknown_fields_are_taken: "the body is not as documented",
    any_key_is_taken: "the header is not as documented",
    a_long_name_breaks_the_handler: "our own failure",
    it_is_stored_before_it_is_refused: "a refusal stored something",
    a_status_is_new: "410 is not documented",
    the_log_tells_the_body: "the log repeats what was typed",
    one_line_more_is_logged: "not one line was logged",
    an_answer_has_another_shape: "the answer is not as documented",
    an_error_tells_its_class: "shows 'None'",
    an_error_tells_what_was_typed: "repeats what was typed",
    everybody_is_an_agent: "somebody without the right was let in",
    a_page_carries_markup: "a page carries the sender's markup",
    a_header_is_forgotten: "no Cache-Control",
    a_fault_has_no_words: "has no words for",
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_found_within_a_slice(
    surface: Fuzzed, mistake: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    mistake(monkeypatch)
    with pytest.raises(Found) as found:
        surface.try_slice(0)
    assert MISTAKES[mistake] in str(found.value)
