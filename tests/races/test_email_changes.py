"""Changes of e-mail addresses at once: one account gets an address that two want."""

import asyncio
from typing import Any

import pytest

from tests.journeys.test_email_changes import a_beneficiary_with, asks_for, confirms, latest
from tests.journeys.test_second_factors import Holder
from tests.races.test_counter import rewrite_function
from tests.town import Town
from tests.town.answers import accepted, refusal_in
from tests.visitors import PASSWORD

WANTED = "wanted@example.org"


async def a_customer_with(town: Town, email: str) -> Holder:
    holder = Holder(town)
    await holder.joins(email)
    holder.tokens = await holder.signs_in(email)
    return holder


async def tokens_for(town: Town, *holders: Holder) -> list[str]:
    """Let each ask for the same address, and return the tokens of their mails."""
    tokens = []
    for holder in holders:
        accepted(await asks_for(holder, WANTED))
        tokens.append((await latest(town, WANTED)).token)
    return tokens


def won(answers: list[Any]) -> int:
    assert {refusal_in(one).code for one in answers if not one.is_success} <= {"account.email_taken"}
    return sum(one.is_success for one in answers)


@pytest.mark.parametrize("kept", [True, False], ids=["the act", "control"])
async def test_one_of_two_accounts_gets_the_same_address(town: Town, kept: bool) -> None:
    """One address stands in clear and one sealed, so that no unique index can decide."""
    if not kept:
        await rewrite_function(
            town,
            "change_email",
            "if account.role = 'beneficiary' then",
            "perform pg_sleep(0.3); if account.role = 'beneficiary' then",
        )
        await rewrite_function(town, "claim_address", "perform pg_advisory_xact_lock(", "perform abs(")
    paul = await a_customer_with(town, "paul@example.org")
    amina = await a_beneficiary_with(town, None)
    first, second = await tokens_for(town, paul, amina)

    answers = await asyncio.gather(confirms(paul, token=first), confirms(amina, token=second))

    if kept:
        assert won(list(answers)) == 1
    else:
        assert sum(one.is_success for one in answers) == 2


async def test_two_customers_who_change_at_once_share_no_address(town: Town) -> None:
    paul, lea = [await a_customer_with(town, f"{name}@example.org") for name in ("paul", "lea")]
    first, second = await tokens_for(town, paul, lea)

    answers = await asyncio.gather(confirms(paul, token=first), confirms(lea, token=second))

    assert won(list(answers)) == 1
    assert await town.value("select count(*) from app.accounts where email = $1", WANTED) == 1


async def test_registering_and_changing_at_once_share_no_address(town: Town) -> None:
    paul = await a_customer_with(town, "paul@example.org")
    (token,) = await tokens_for(town, paul)
    newcomer = Holder(town)
    await newcomer.registers(WANTED)
    code = (await latest(town, WANTED)).code
    body = {"email": WANTED, "code": code, "password": PASSWORD}

    await asyncio.gather(confirms(paul, token=token), newcomer.asks("POST", "/auth/verify-email", body))

    assert await town.value("select count(*) from app.accounts where lower(email) = $1", WANTED) == 1


async def test_confirming_and_revoking_at_once_keep_the_old_address(town: Town) -> None:
    paul = await a_customer_with(town, "paul@example.org")
    (token,) = await tokens_for(town, paul)
    back = (await latest(town, "paul@example.org")).token

    async def revokes() -> Any:
        return await Holder(town).asks("POST", "/auth/revoke-email-change", {"token": back})

    _, revoked = await asyncio.gather(confirms(paul, token=token), revokes())
    if not revoked.is_success:  # the change came between; whoever presses the button again takes it back
        revoked = await revokes()

    assert revoked.is_success
    assert await town.value("select email from app.accounts") == "paul@example.org"
