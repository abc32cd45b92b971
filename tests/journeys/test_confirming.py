"""Confirming an address by code or link: what a stranger gains by registering it, tries, and races."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.accounts import passwords
from tests.town import Refusal, Town, refused
from tests.town.answers import refusal_in
from tests.visitors import PASSWORD, Visitor, mails

STRANGERS = "a stranger's own password"
ANOTHER = "trois chats dorment au soleil"
OWNER = "owner@example.org"
PHONE = "phone-secret-of-thirty-two-letters"


async def tries_code(visitor: Visitor, email: str, code: str) -> Refusal:
    return await refused(visitor.posts("/auth/verify-email", {"email": email, "code": code}))


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**6:06d}"


# A stranger registers somebody's address first


@pytest.mark.parametrize("way", ["own code", "own link", "stranger's code", "stranger's link"])
async def test_registering_a_stranger_s_address_first_gains_nothing(town: Town, way: str) -> None:
    stranger, owner = Visitor(town), Visitor(town)
    await stranger.registers(OWNER, password=STRANGERS, role="merchant", display_name="X")
    await owner.registers(OWNER)
    theirs, own = await mails(town, OWNER)
    mail = own if way.startswith("own") else theirs
    # Whoever reads both mails may use either: the password is that of the person who confirms.
    held = {"token": mail.token} if way.endswith("link") else {"email": OWNER, "code": mail.code}
    tokens = await owner.posts("/auth/verify-email", {**held, "password": PASSWORD})

    await owner.sees_me(tokens)
    await owner.signs_in(OWNER)
    assert (await stranger.tries_to_sign_in(OWNER, STRANGERS)).code == "auth.wrong_credentials"
    for late in (theirs, own):
        assert (await tries_code(stranger, OWNER, late.code)).code == "auth.invalid_one_time_token"
    assert await town.value("select count(*) from app.accounts") == 1
    assert await town.value("select count(*) from app.sessions") == 2


async def test_only_the_device_that_registered_confirms_without_a_password(town: Town) -> None:
    stranger, owner = Visitor(town), Visitor(town)
    await owner.registers(OWNER)
    await stranger.registers(OWNER, password=STRANGERS)
    own, _ = await mails(town, OWNER)

    await owner.posts("/auth/verify-email", {"email": OWNER, "code": own.code})

    await owner.signs_in(OWNER)
    assert (await stranger.tries_to_sign_in(OWNER, STRANGERS)).code == "auth.wrong_credentials"


@pytest.mark.parametrize("way", ["code", "link"])
@pytest.mark.parametrize("old", [False, True], ids=["new address", "address of an old account"])
async def test_confirming_on_another_device_never_keeps_the_registered_password(
    town: Town, way: str, *, old: bool
) -> None:
    """The only mail that the owner gets may be that of a stranger's registration."""
    if old:
        await an_old_account(town, OWNER)
    stranger, owner = Visitor(town), Visitor(town)
    await stranger.registers(OWNER, password=STRANGERS)
    (mail,) = await mails(town, OWNER)
    held = {"token": mail.token} if way == "link" else {"email": OWNER, "code": mail.code}

    without = await refused(owner.posts("/auth/verify-email", held))

    assert (without.status, without.code) == (422, "auth.password_missing")
    assert (await stranger.tries_to_sign_in(OWNER, STRANGERS)).code == "auth.wrong_credentials"
    tokens = await owner.posts("/auth/verify-email", {**held, "password": ANOTHER})  # the code is still valid
    await owner.sees_me(tokens)
    assert (await stranger.tries_to_sign_in(OWNER, STRANGERS)).code == "auth.wrong_credentials"
    await owner.signs_in(OWNER, ANOTHER)


async def test_a_registering_device_is_recognised_by_its_secret_on_any_network(town: Town) -> None:
    home, elsewhere = Visitor(town), Visitor(town)
    await home.registers(device=PHONE)
    (mail,) = await mails(town)
    held = {"token": mail.token}

    # Its network address and user agent are not enough, because it registered with a secret.
    for device in ({}, {"device": PHONE[::-1]}):
        refusal = await refused(home.posts("/auth/verify-email", {**held, **device}))
        assert refusal.code == "auth.password_missing"
    await elsewhere.posts("/auth/verify-email", {**held, "device": PHONE})

    await home.signs_in()


async def test_another_user_agent_confirms_only_with_a_password(town: Town) -> None:
    amina = Visitor(town)
    await amina.registers()
    (mail,) = await mails(town)

    answer = await amina.asks("POST", "/auth/verify-email", {"token": mail.token}, headers={"User-Agent": "another"})

    assert refusal_in(answer).code == "auth.password_missing"


async def test_an_unconfirmed_registration_is_no_account_and_ends_after_a_day(town: Town) -> None:
    visitor = Visitor(town)
    await visitor.registers(role="association")
    (mail,) = await mails(town)

    assert await town.value("select count(*) from app.accounts") == 0
    assert await town.value("select count(*) from app.associations") == 0
    await town.clock(await town.now() + timedelta(hours=25))
    late = await refused(visitor.posts("/auth/verify-email", {"token": mail.token}))
    await town.value("select app.prune(100)")

    assert late.code == "auth.invalid_one_time_token"
    assert await town.value("select count(*) from app.confirmations") == 0


# Tries


async def test_a_code_allows_five_tries_and_its_link_still_works(town: Town) -> None:
    amina, stranger = Visitor(town), Visitor(town)
    await amina.registers()
    (mail,) = await mails(town)

    refusals = [await tries_code(stranger, "amina@example.org", wrong(mail.code, n)) for n in range(1, 6)]
    spent = await tries_code(amina, "amina@example.org", mail.code)

    assert [refusal.body["tries_left"] for refusal in (*refusals, spent)] == [4, 3, 2, 1, 0, 0]
    assert {(refusal.status, refusal.code) for refusal in (*refusals, spent)} == {(422, "auth.invalid_one_time_token")}
    await amina.posts("/auth/verify-email", {"token": mail.token})


async def test_a_new_registration_brings_no_new_tries(town: Town) -> None:
    owner, stranger = Visitor(town), Visitor(town)
    await owner.registers()
    (own,) = await mails(town)
    for n in range(1, 6):
        await tries_code(stranger, "amina@example.org", wrong(own.code, n))

    await stranger.registers(password=STRANGERS)
    later = [await tries_code(stranger, "amina@example.org", mail.code) for mail in await mails(town)]

    assert [refusal.body["tries_left"] for refusal in later] == [0, 0]
    await town.clock(await town.now() + timedelta(minutes=16))
    await owner.registers()
    await owner.confirms()


async def test_wrong_codes_are_answered_alike_for_every_address(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins("known@example.org")
    await amina.registers("waiting@example.org")
    (mail,) = await mails(town, "waiting@example.org")

    answers = [
        [
            {**(await tries_code(Visitor(town), f"{who}@example.org", wrong(mail.code, n))).body, "request_id": None}
            for n in range(1, 8)
        ]
        for who in ("known", "waiting", "nobody")
    ]

    assert answers[0] == answers[1] == answers[2]


async def test_a_code_works_for_15_minutes_and_its_link_for_a_day(town: Town) -> None:
    amina = Visitor(town)
    for email, minutes in (("early@example.org", 14), ("late@example.org", 16)):
        await amina.registers(email)
        (mail,) = await mails(town, email)
        await town.clock(await town.now() + timedelta(minutes=minutes))
        if minutes < 15:
            await amina.posts("/auth/verify-email", {"email": email, "code": mail.code})
        else:
            assert (await tries_code(amina, email, mail.code)).code == "auth.invalid_one_time_token"
            await town.clock(await town.now() + timedelta(hours=23))
            await amina.posts("/auth/verify-email", {"token": mail.token})


async def test_a_code_is_read_as_people_write_it(town: Town) -> None:
    for number, separator in enumerate((" ", "\u00a0", "\u202f", "-", ".")):
        amina = Visitor(town)
        await amina.registers(f"a{number}@example.org")
        (mail,) = await mails(town, f"a{number}@example.org")
        written = f" {mail.code[:3]}{separator}{mail.code[3:]}\n"
        await amina.posts("/auth/verify-email", {"email": f"A{number}@Example.org", "code": written})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "amina@example.org"},
        {"code": "123456"},
        {"token": "a", "code": "123456"},
        {"token": "a", "email": "amina@example.org"},
        {"token": "a", "email": "amina@example.org", "code": "123456"},
        {"email": "amina@example.org", "code": "12345"},
        {"email": "amina@example.org", "code": "\u0661\u0662\u0663\u0664\u0665\u0666"},
        {"email": "amina@example.org", "code": 123456},
        {"token": "a", "device": "too short"},
        {"token": "a", "password": "too short"},
    ],
)
async def test_a_malformed_confirmation_is_refused(lasting_town: Town, body: dict[str, Any]) -> None:
    refusal = refusal_in(await Visitor(lasting_town).asks("POST", "/auth/verify-email", body))

    assert (refusal.status, refusal.code) == (422, "request.invalid")


async def test_a_common_password_is_refused_and_the_code_stays_valid(town: Town) -> None:
    amina = Visitor(town)
    await amina.registers()
    (mail,) = await mails(town)
    held = {"email": "amina@example.org", "code": mail.code}

    for common in ("motdepasse1", "amina-amina", "Amina.B. 2026"):
        refusal = await refused(amina.posts("/auth/verify-email", {**held, "password": common}))
        assert refusal.code == "auth.password_too_common"
    await amina.posts("/auth/verify-email", {**held, "password": PASSWORD, "device": PHONE})

    for _ in range(10):
        await Visitor(town).sends_sign_in(password=ANOTHER)
    await Visitor(town).signs_in(device=PHONE)  # the device that confirmed is known


# Accounts that an earlier release opened without confirming their address


async def an_old_account(town: Town, email: str = "amina@example.org") -> UUID:
    account: UUID = await town.value(
        "insert into app.accounts (role, email, display_name) values ('customer', $1, 'Amina') returning id", email
    )
    await town.changes(
        "insert into app.credentials (account_id, password_hash) values ($1, $2)",
        account,
        await passwords.hashed(PASSWORD),
    )
    return account


# At once


async def test_concurrent_confirmations_with_one_code_succeed_once(town: Town) -> None:
    amina = Visitor(town)
    await amina.registers()
    (mail,) = await mails(town)
    body = {"email": "amina@example.org", "code": mail.code}

    answers = await asyncio.gather(*(amina.asks("POST", "/auth/verify-email", body) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 4
    assert await town.value("select count(*) from app.sessions") == 1


async def test_two_registrations_confirmed_at_once_make_one_account(town: Town) -> None:
    for number in range(5):
        email = f"a{number}@example.org"
        for role in ("customer", "merchant"):
            await Visitor(town).registers(email, role=role)
        held = [{"token": mail.token, "password": PASSWORD} for mail in await mails(town, email)]

        answers = await asyncio.gather(*(Visitor(town).asks("POST", "/auth/verify-email", one) for one in held))

        assert sorted(answer.status_code for answer in answers) == [200, 422]
        assert await town.value("select count(*) from app.accounts where email = $1", email) == 1


async def test_an_address_confirmed_by_two_people_at_once_belongs_to_one(town: Town) -> None:
    association = await town.an_association()
    for number in range(5):
        email = f"a{number}@example.org"
        enrolled = await association.enrols(first_name=f"Amina {number}", last_name=f"Benali {number}")
        chosen = {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": email}
        await Visitor(town).posts("/auth/activate", chosen)
        await Visitor(town).registers(email)
        held = [{"token": mail.token, "password": PASSWORD} for mail in await mails(town, email)]

        answers = await asyncio.gather(*(Visitor(town).asks("POST", "/auth/verify-email", one) for one in held))

        assert sorted(answer.status_code for answer in answers) in ([200, 422], [204, 422])
        owners = await town.value(
            "select (select count(*) from app.accounts where email = $1)"
            " + (select count(*) from app.sealed_addresses where account_id = $2 and verified_at is not null)",
            email,
            UUID(enrolled["id"]),
        )
        assert owners == 1
