"""Made-up requests as each role, at the running product: every answer is one that the served description names."""

import copy
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from scripts.proofs import fuzz
from scripts.proofs.__main__ import told
from scripts.proofs.figures import Outcome
from scripts.proofs.house import House


@pytest.fixture(scope="module")
async def house(servers_folder: Path) -> AsyncIterator[House]:
    folder = servers_folder / "fuzzed"
    folder.mkdir()
    folder.chmod(0o755)
    async with House.built(folder) as built:
        await built.is_seeded()
        yield built


@pytest.fixture(scope="module")
async def served(house: House) -> dict[str, Any]:
    description: dict[str, Any] = (await house.http.get(f"{house.url}/openapi.json")).json()
    return description


async def test_every_answer_is_one_that_the_description_names(house: House, served: dict[str, Any]) -> None:
    seed = random.SystemRandom().randrange(10**6)
    outcome = Outcome("fuzz", "")

    await fuzz.one_round(house, fuzz.Description(served), outcome, seed, None)

    report = "\n".join([f"seed {seed}", *told(outcome)])
    assert outcome.violations == [], report
    asked = {answer.rpartition(" ")[2] for answer in outcome.answers}
    assert asked == set(fuzz.ROLES), report
    assert {answer.partition(" ")[0] for answer in outcome.answers} >= {"200", "401", "403", "404", "422"}, report


def without_a_status(served: dict[str, Any]) -> None:
    del served["paths"]["/v1/auth/token"]["post"]["responses"]["422"]


def with_a_narrower_answer(served: dict[str, Any]) -> None:
    served["components"]["schemas"]["ImpactOut"]["properties"]["meals"] = {"type": "boolean"}


def with_another_content_type(served: dict[str, Any]) -> None:
    answer = served["paths"]["/v1/impact"]["get"]["responses"]["200"]
    answer["content"] = {"text/csv": {"schema": {"type": "string"}}}


@pytest.mark.parametrize(
    ("altered", "path", "found"),
    [
        (without_a_status, "/v1/auth/token", "Undocumented status code"),
        (with_a_narrower_answer, "/v1/impact", "Response violates schema"),
        (with_another_content_type, "/v1/impact", "Undocumented Content-Type"),
    ],
)
async def test_an_answer_off_the_description_is_found(
    house: House, served: dict[str, Any], altered: Any, path: str, found: str
) -> None:
    """Controls: the same product, with a description that says something else."""
    wrong = copy.deepcopy(served)
    altered(wrong)
    wrong["paths"] = {path: wrong["paths"][path]}
    outcome = Outcome("fuzz", "")

    await fuzz.one_round(house, fuzz.Description(wrong), outcome, 1, None)

    assert any(found in violation for violation in outcome.violations), outcome.violations
