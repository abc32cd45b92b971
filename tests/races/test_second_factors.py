"""Codes that two people bring at once: one sign-in passes, and a confirmation is never lost against a sign-in."""

import asyncio
import time
from uuid import UUID, uuid4

import asyncpg
import pyotp
import pytest

from tests.journeys.test_second_factors import Holder, a_holder
from tests.races.test_counter import rewrite_function
from tests.town import Town
from tests.town.answers import accepted, refusal_in
from tests.town.databases import Connection

MANY = 8
ONE_STATEMENT = "and f.activated_at is not null and f.last_step < step;"
COMPARED_FIRST = """and f.activated_at is not null
          and step > (select g.last_step + 0 * length(pg_sleep(0.2)::text) from app.second_factors g
                      where g.account_id = account);"""


@pytest.mark.parametrize("kept", [True, False], ids=["the act", "control"])
async def test_the_same_code_at_once_signs_in_once(town: Town, kept: bool) -> None:
    amina = await a_holder(town)
    await amina.adds()
    if not kept:
        # Compared with what was read before, and set later; and without the account's lock, under which it happens.
        await rewrite_function(town, "pass_factor", ONE_STATEMENT, COMPARED_FIRST)
        await rewrite_function(town, "finish_sign_in", "where a.id = account_id for no key update;", "where false;")
    challenges = [await amina.is_challenged() for _ in range(MANY // 2)]
    code = await amina.shown()

    answers = await asyncio.gather(*(amina.sends(challenge, code=code) for challenge in challenges))

    passed = sum(answer.is_success for answer in answers)
    assert passed == 1 if kept else passed > 1
    refusals = {refusal_in(answer).code for answer in answers if not answer.is_success}
    assert refusals <= {"auth.wrong_second_factor"}


async def test_a_challenge_shown_at_once_with_two_codes_opens_one_session(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    challenge = await amina.is_challenged()
    before = await town.value("select count(*) from app.sessions")

    answers = await asyncio.gather(
        *(amina.sends(challenge, recovery_code=code) for code in amina.recovery_codes[: MANY // 2])
    )

    assert sum(answer.is_success for answer in answers) == 1
    assert {refusal_in(one).code for one in answers if not one.is_success} == {"auth.challenge_over"}
    assert await town.value("select count(*) from app.sessions") == before + 1
    # What is refused uses up no recovery code.
    assert await town.value("select count(*) from app.recovery_codes where used_at is not null") == 1


@pytest.mark.parametrize("counted", [True, False], ids=["the act", "control"])
async def test_tries_at_once_are_counted_before_they_are_compared(town: Town, counted: bool) -> None:
    amina = await a_holder(town)
    await amina.adds()
    if not counted:
        await rewrite_function(town, "try_second_factor", "account_bucket, 5, 900", "account_bucket, 500, 900")
    challenge = await amina.is_challenged()
    right = await amina.shown()
    wrong = [f"{(int(right) + 1 + n) % 10**6:06}" for n in range(MANY * 2)]

    answers = await asyncio.gather(*(amina.sends(challenge, code=code) for code in wrong))

    compared = sum(refusal_in(answer).code == "auth.wrong_second_factor" for answer in answers)
    assert compared == 5 if counted else compared > 5


async def opened(connection: Connection, account: UUID) -> str | None:
    """Open a session as if only the password were known; return the refusal, if any."""
    try:
        await connection.execute(
            "select app.open_session($1, $2, now() + interval '1 day')", account, uuid4().bytes + uuid4().bytes
        )
    except asyncpg.PostgresError as refusal:
        return str(refusal)
    return None


async def test_no_sign_in_by_password_outlives_the_adding_of_a_factor(town: Town) -> None:
    """Whichever comes first: the factor ends the session, or the session is refused."""
    amina: Holder = await a_holder(town)
    account = await town.value("select id from app.accounts")
    await amina.begins()
    code = pyotp.TOTP(amina.secret).at(int(time.time()))

    async with town.copy.connections(MANY) as connections:
        confirmed, *refusals = await asyncio.gather(
            amina.confirms_code(code), *(opened(connection, account) for connection in connections)
        )

    accepted(confirmed)
    assert set(refusals) <= {None, "auth.second_factor_needed"}
    rows = await town.rows("select factor_at is not null as passed from app.sessions where ended_at is null")
    assert [row["passed"] for row in rows] == [True]
