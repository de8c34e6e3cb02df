from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from chalicelib.domain.day_seal import merkle_root
from modelling.audit_command import command
from modelling.audit_proof import check_proof, make_proof
from modelling.audit_records import NOTHING, Tree, canonical, parse_record
from tests.ledger_tampering import World, make_world
from tests.ledger_world import signer

if TYPE_CHECKING:
    from collections.abc import Iterator


# Merkle tree and proofs


@pytest.mark.parametrize("count", range(34))
def test_both_trees_agree_and_every_place_can_be_proved(count: int) -> None:
    leaves = [bytes([n]) * 32 for n in range(count)]
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    assert (tree.count, bytes.fromhex(tree.root())) == merkle_root(leaves)
    seal: dict[str, str | int] = {"day": "20261101", "hash": "00" * 32}
    seal |= {"count": count, "root": tree.root()}
    for index in range(count):
        proof = make_proof(seal, leaves, index)
        assert parse_record(canonical(proof)) == proof
        assert check_proof(proof, seal) is None
        for wrong in (
            {"index": (index + 1) % (count + 1)},
            {"hash": "11" * 31 + "00"},
            {"path": str(proof["path"])[:-43]},
            {"path": str(proof["path"]) + "A" * 43},
            {"day": "20261102"},
        ):
            if any(proof[name] != value for name, value in wrong.items()):
                assert check_proof({**proof, **wrong}, seal), (count, index, wrong)


def test_an_empty_tree_has_the_root_of_nothing() -> None:
    assert bytes.fromhex(NOTHING) == merkle_root([])[1]


def test_a_proof_stays_within_a_kilobyte_for_a_million_events() -> None:
    leaves = [n.to_bytes(32, "big") for n in range(2**12)]
    seal: dict[str, str | int] = {"day": "20261101", "hash": "00" * 32, "count": 2**12}
    proof = make_proof(seal, leaves, 2**12 - 1)
    eight_more_levels = 8 * 32 * 4 // 3 + 1
    assert len(canonical(proof)) + eight_more_levels + len("000") < 1_024


# The command


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(99)


@pytest.fixture(scope="module")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit")
    (path / "seals").mkdir()
    for day, seal in world.published.items():
        (path / "seals" / f"{day}.json").write_text(json.dumps(seal, indent=2))
    (path / "seals" / "latest.json").write_text(json.dumps(seal))
    (path / "key.pem").write_bytes(signer().public_pem())
    (path / "other.pem").write_bytes(signer(9902).public_pem())
    (path / "good.jsonl").write_bytes(b"".join(canonical(r) + b"\n" for r in world.records))
    bad = b"".join(canonical(r) + b"\n" for r in world.records if r["type"] != "head")
    (path / "bad.jsonl").write_bytes(bad)
    return path


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], input=stdin)


def test_command_says_sound_and_exits_0(folder: Path) -> None:
    options = ("--seals", folder / "seals", "--public-key", folder / "key.pem")
    result = run("verify", folder / "good.jsonl", *options)
    assert result.exit_code == 0, result.output
    assert "Sound: every record is whole and in its place, and none is missing." in result.stdout
    assert "30 events, 10 reads" in result.stdout
    assert "Note:" not in result.stdout
    assert "Verifying" in result.stderr
    result = run("verify", "-", stdin=(folder / "good.jsonl").read_bytes())
    assert result.exit_code == 0
    assert "Give --public-key" in result.stdout
    result = run("verify", folder / "good.jsonl", "--seals", folder / "seals" / "20261102.json")
    assert result.exit_code == 0


def test_command_says_what_is_wrong_and_exits_1(folder: Path) -> None:
    result = run("verify", folder / "bad.jsonl")
    assert result.exit_code == 1
    assert "it has records, and no head in the registry" in result.stdout
    assert "NOT SOUND: " in result.stdout
    result = run("verify", folder / "good.jsonl", "--public-key", folder / "other.pem")
    assert result.exit_code == 1
    assert "signed by a key that is not the given one" in result.stdout


def test_command_that_cannot_run_is_no_verdict(folder: Path, tmp_path: Path) -> None:
    assert run("verify", folder / "none.jsonl").exit_code == 2
    good = folder / "good.jsonl"
    for wrong in (
        ("--public-key", good),
        ("--seals", tmp_path),
        ("--seals", good),
        ("--seals", folder / "key.pem"),
    ):
        result = run("verify", good, *wrong)
        assert result.exit_code == 2, wrong
        assert "Error: " in result.stderr


def every_event(world: World) -> Iterator[dict[str, Any]]:
    return (r for r in world.records if r["type"] in ("event", "read"))


def test_a_family_can_prove_its_event_with_the_public_seal(world: World, folder: Path) -> None:
    for event in islice(every_event(world), 0, None, 4):
        result = run(
            "proof", folder / "good.jsonl", "--chain", event["chain"], "--seq", event["seq"]
        )
        day = result.stdout and json.loads(result.stdout)["day"]
        if not day:
            assert "has no seal yet" in result.stderr
            continue
        seal = folder / "seals" / f"{day}.json"
        checked = run("check-proof", "-", "--seal", seal, stdin=result.stdout.encode())
        assert checked.exit_code == 0, checked.output
        assert event["hash"] in checked.stdout
        key = ("--public-key", folder / "other.pem")
        checked = run("check-proof", "-", "--seal", seal, *key, stdin=result.stdout.encode())
        assert checked.exit_code == 1
        forged = result.stdout.replace(event["hash"], "ab" * 32).encode()
        checked = run("check-proof", "-", "--seal", seal, stdin=forged)
        assert checked.exit_code == 1
        assert "Not proved" in checked.stdout


def test_a_proof_of_what_is_not_there_is_refused(folder: Path) -> None:
    result = run("proof", folder / "good.jsonl", "--chain", "ABCDEFGHJK", "--seq", 1)
    assert result.exit_code == 2
    assert "no such event" in result.stderr
    seal = folder / "seals" / "20261101.json"
    assert run("check-proof", "-", "--seal", seal, stdin=b"{}").exit_code == 2
    assert run("check-proof", seal, "--seal", seal).exit_code == 2


def test_help_explains_itself() -> None:
    assert "an export alone cannot" in run("verify", "--help").stdout
    assert run("--help").exit_code == 0
