"""Guessing the codes of second factors: tries are limited per account, day and address, without telling anything."""

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from backend.accounts import passwords
from backend.accounts.actions import bucket
from tests.journeys.test_second_factors import Holder, a_holder, refused_with
from tests.town import Town
from tests.town.answers import accepted, refusal_in
from tests.visitors import Visitor

WRONG = (401, "auth.wrong_second_factor")
LOCKED = (429, "auth.second_factor_locked")


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hashes cheap, for tests that sign in many times."""
    monkeypatch.setattr(passwords, "_argon2", PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))
    monkeypatch.setattr(passwords, "NOBODYS", passwords._argon2.hash("nobody's"))


async def wrong_code(holder: Holder) -> str:
    """Return a code that is not valid now."""
    shown = {await holder.shown()}
    return next(f"{n:06}" for n in range(10**6) if f"{n:06}" not in shown)


async def guesses(holder: Holder, times: int, sender: Visitor | None = None) -> list[tuple[int, str]]:
    """Send wrong codes, each with a challenge of its own; return the answers."""
    found = []
    for _ in range(times):
        body = {"challenge_token": await holder.is_challenged(), "code": await wrong_code(holder)}
        found.append(refused_with(await (sender or holder).asks("POST", "/auth/second-factor", body)))
    return found


async def test_five_wrong_codes_lock_an_account_for_15_minutes(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()

    tried = await guesses(amina, 5)
    locked = await amina.sends(await amina.is_challenged(), code=await amina.shown())
    recovered = await amina.sends(await amina.is_challenged(), recovery_code=amina.recovery_codes[0])
    still = await amina.sends(await amina.is_challenged(), code=await amina.shown())
    await amina.waits(minutes=16)
    await amina.enters()
    again = await guesses(amina, 5)

    assert tried == again == [WRONG] * 5
    assert refused_with(locked) == LOCKED
    assert 0 < int(refusal_in(locked).headers["Retry-After"]) <= 900 + 60  # the town's clock is a minute ahead
    # A recovery code still signs its owner in, and does not unlock the codes for whoever locked them.
    assert recovered.status_code == 200
    assert refused_with(still) == LOCKED


async def test_twenty_wrong_codes_a_day_lock_an_account_for_the_day(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    for _ in range(4):
        assert await guesses(amina, 5) == [WRONG] * 5
        await amina.waits(minutes=16)

    locked = await amina.sends(await amina.is_challenged(), code=await amina.shown())
    await amina.waits(hours=24)
    await amina.enters()

    assert refused_with(locked) == LOCKED


async def test_right_codes_do_not_use_up_the_day_s_tries(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    for _ in range(22):
        await amina.enters()
        await amina.waits()


async def test_fifty_wrong_codes_lock_a_network_address(town: Town) -> None:
    amina, stranger = await a_holder(town), Visitor(town)
    await amina.adds()
    for _ in range(10):
        assert await guesses(amina, 5, stranger) == [WRONG] * 5
        # Other accounts would have counters of their own, so only that of the address stays.
        await town.changes("delete from app.throttles where bucket <> $1", bucket(f"factor-from:{stranger.address}"))
    locked = await stranger.asks(
        "POST", "/auth/second-factor", {"challenge_token": await amina.is_challenged(), "code": await amina.shown()}
    )
    elsewhere = await amina.sends(await amina.is_challenged(), code=await amina.shown())

    assert refused_with(locked) == LOCKED
    assert elsewhere.status_code == 200


async def test_a_wrong_password_never_mentions_the_second_factor(town: Town) -> None:
    amina = await a_holder(town)
    plain = await Visitor(town).tries_to_sign_in(amina.email, "not the password")
    await amina.adds()

    guarded = await Visitor(town).tries_to_sign_in(amina.email, "not the password")

    ignored = {"request_id"}
    assert {k: v for k, v in plain.body.items() if k not in ignored} == {
        k: v for k, v in guarded.body.items() if k not in ignored
    }
    # The right password is no guess: it does not use up the tries of its name.
    for _ in range(12):
        await amina.is_challenged()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "000000", "recovery_code": "0000-0000-0000-0000"},
        {"code": "00000"},
        {"code": "0000000"},
        {"code": "\u0660" * 6},
        {"code": 123456},
        {"code": None},
        {"recovery_code": ""},
        {"recovery_code": "x" * 65},
        {"code": "000000", "more": 1},
    ],
)
async def test_malformed_codes_are_refused_before_anything_is_counted(
    lasting_town: Town, body: dict[str, object]
) -> None:
    answer = await Visitor(lasting_town).asks("POST", "/auth/second-factor", {"challenge_token": "x" * 43, **body})

    assert answer.status_code == 422
    assert await lasting_town.value("select count(*) from app.throttles") == 0


async def test_control_without_the_count_codes_can_be_guessed(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    await guesses(amina, 5)

    await town.changes("delete from app.throttles")

    accepted(await amina.sends(await amina.is_challenged(), code=await amina.shown()))
