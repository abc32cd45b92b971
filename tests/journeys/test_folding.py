"""The function that folds the steps of a tour: pure, whatever their order, and what counts of several steps."""

import json
import random
import sys
import zlib
from typing import Any

from tests.town import Town

BREAD, MILK = "00000000-0000-0000-0000-0000000000a1", "00000000-0000-0000-0000-0000000000a2"
FIRST, SECOND = "00000000-0000-0000-0000-0000000000c1", "00000000-0000-0000-0000-0000000000c2"
TASKS = [
    {"number": 1, "collection_id": FIRST, "kind": "take"},
    {"number": 2, "collection_id": SECOND, "kind": "take"},
    {"number": 3, "collection_id": FIRST, "kind": "leave"},
    {"number": 3, "collection_id": SECOND, "kind": "leave"},
]
ITEMS = [
    {"id": BREAD, "collection_id": FIRST, "grams": 30_000, "crates": None, "portions": None},
    {"id": MILK, "collection_id": SECOND, "grams": 8000, "crates": None, "portions": None, "least": None, "most": 8},
]


def a_step(at: int, number: int, kind: str, collection: str | None = None, **details: Any) -> dict[str, Any]:
    """Return a step so many minutes after 19:00, whose id is made of its time, its stop and its kind."""
    return {
        "id": f"{at:08x}-0000-0000-{number:04x}-{zlib.crc32(f'{kind} {details}'.encode()):012x}",
        "number": number,
        "kind": kind,
        "at": f"2026-07-20T19:{at:02}:00Z",
        "collection_id": collection,
        "details": details,
    }


async def fold(town: Town, steps: list[dict[str, Any]]) -> dict[str, Any]:
    folded: dict[str, Any] = json.loads(
        await town.value(
            "select app.fold_steps($1::text::jsonb, $2::text::jsonb, $3::text::jsonb)::text",
            json.dumps(TASKS),
            json.dumps(ITEMS),
            json.dumps(steps),
        )
    )
    return folded


def ends(folded: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (collection, task): end["follows"]
        for collection, tasks in folded["collections"].items()
        for task, end in tasks.items()
    }


async def test_the_order_of_steps_does_not_matter(town: Town) -> None:
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    sys.stderr.write(f"seed {seed}\n")  # pytest shows it if the test fails
    rng = random.Random(seed)  # noqa: S311
    reasons = ["closed", "nobody", "missing", "refused", "no_room", "accident", "cold_chain", "other"]
    for _ in range(40):
        steps: list[dict[str, Any]] = []
        for at in range(rng.randrange(1, 12)):
            kind = rng.choice(["arrived", "taken", "left", "temperature", "incident"])
            details: dict[str, Any] = {}
            if kind == "incident":
                details["incident"] = {"reason": rng.choice(reasons)}
            if kind == "temperature":
                details["degrees"] = rng.choice([2, 9])
            if steps and rng.random() < 0.2:
                details["corrects"] = rng.choice(steps)["id"]
            steps.append(a_step(at, rng.randrange(1, 4), kind, rng.choice([None, FIRST, SECOND]), **details))
        folded = await fold(town, steps)
        for _ in range(3):
            rng.shuffle(steps)
            assert await fold(town, steps) == folded, f"seed {seed}: {steps}"


async def test_nothing_reported_is_a_tour_ahead(town: Town) -> None:
    folded = await fold(town, [])
    assert {stop["state"] for stop in folded["stops"].values()} == {"ahead"}
    assert folded["collections"] == {}


async def test_an_accident_spares_what_was_done_before_it(town: Town) -> None:
    accident = a_step(20, 2, "incident", incident={"reason": "accident"})
    folded = await fold(town, [a_step(5, 1, "taken"), accident])
    assert ends(folded) == {
        (FIRST, "take"): "done",
        (FIRST, "leave"): "hold",
        (SECOND, "take"): "unschedule",
        (SECOND, "leave"): "hold",
    }
    assert folded["stops"]["1"]["state"] == "done"
    assert folded["stops"]["2"]["state"] == "failed"
    later = await fold(town, [a_step(5, 1, "taken"), accident, a_step(25, 2, "taken"), a_step(40, 3, "left")])
    assert set(ends(later).values()) == {"done"}


async def test_a_stop_is_over_when_nothing_is_left_to_do_there(town: Town) -> None:
    steps = [a_step(5, 1, "incident", incident={"reason": "closed"}), a_step(10, 2, "taken")]
    folded = await fold(town, steps)
    assert folded["stops"]["3"]["state"] == "ahead"
    folded = await fold(town, [*steps, a_step(30, 3, "left", SECOND)])
    assert folded["stops"]["3"]["state"] == "done"  # what was never taken does not block it
    assert folded["items"][BREAD]["left_grams"] is None
    assert folded["items"][MILK]["left_grams"] == 8000


async def test_the_left_amount_is_the_taken_one_unless_reported(town: Town) -> None:
    taken = a_step(5, 1, "taken", items=[{"item_id": BREAD, "grams": 22_000}])
    folded = await fold(town, [taken, a_step(30, 3, "left", FIRST)])
    assert folded["items"][BREAD]["left_grams"] == 22_000
    folded = await fold(town, [taken, a_step(30, 3, "left", FIRST, items=[{"item_id": BREAD, "grams": 20_000}])])
    assert folded["items"][BREAD]["left_grams"] == 20_000
