"""Confirming the address of a beneficiary: it needs their password, and keeps nobody out before."""

from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.test_confirming import ANOTHER, OWNER, STRANGERS, wrong
from tests.town import Town, refused
from tests.visitors import PASSWORD, Visitor, mails


async def activated(town: Town, email: str = "amina@example.org") -> tuple[Visitor, dict[str, Any], dict[str, Any]]:
    """Return a beneficiary who activated with an unconfirmed address, their enrolment and the tokens they got."""
    enrolled, amina = await (await town.an_association()).enrols(), Visitor(town)
    tokens = await amina.posts(
        "/auth/activate",
        {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": email},
    )
    return amina, enrolled, tokens


async def test_a_beneficiary_s_unconfirmed_address_keeps_nobody_out(town: Town) -> None:
    """A beneficiary may mistype an address, or give a stranger's: its owner registers and confirms it all the same."""
    association, owner, amina = await town.an_association(), Visitor(town), Visitor(town)
    enrolled = [await association.enrols(first_name=name) for name in ("Amina", "Samir")]
    for one in enrolled:
        await amina.posts(
            "/auth/activate", {"activation_token": one["activation_token"], "password": ANOTHER, "email": OWNER}
        )
    first, second = await mails(town, OWNER)
    await amina.signs_in(OWNER, ANOTHER)  # the account was confirmed by its activation

    account = await owner.registers(OWNER)
    await owner.confirms(OWNER)

    assert (await owner.sees_me(await owner.signs_in(OWNER)))["id"] == account["id"]
    for late in (first, second):
        held = {"token": late.token, "password": ANOTHER}
        assert (await refused(amina.posts("/auth/verify-email", held))).code == "auth.invalid_one_time_token"
    await amina.signs_in(enrolled[0]["code"], ANOTHER)


async def test_a_stranger_s_registration_does_not_block_a_beneficiary(town: Town) -> None:
    enrolled = await (await town.an_association()).enrols()
    stranger, amina = Visitor(town), Visitor(town)
    await stranger.registers(password=STRANGERS)
    (theirs,) = await mails(town)
    tokens = await amina.posts(
        "/auth/activate",
        {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "amina@example.org"},
    )
    await amina.confirms(password=PASSWORD)

    late = await refused(stranger.posts("/auth/verify-email", {"token": theirs.token}))
    again = await stranger.asks("POST", "/auth/register", stranger.registration(password=STRANGERS))

    assert late.code == "auth.invalid_one_time_token"
    assert again.status_code == 201
    assert [mail.subject for mail in await mails(town)][-1] == "Vous avez déjà un compte EcoPanier"
    assert (await amina.sees_me(tokens))["email_verified"] is True
    assert await town.value("select count(*) from app.accounts where role = 'customer'") == 0


async def test_a_beneficiary_who_confirms_keeps_their_password_and_sessions(town: Town) -> None:
    amina, enrolled, before = await activated(town)

    confirmed = await amina.confirms(password=PASSWORD)

    assert confirmed is None
    assert (await amina.sees_me(before))["email_verified"] is True
    await amina.refreshes(before)
    await amina.signs_in(enrolled["code"])


@pytest.mark.parametrize("way", ["code", "link"])
async def test_the_reader_of_a_mistyped_address_cannot_take_the_account(town: Town, way: str) -> None:
    """Confirming the address would let its reader ask for a new password there."""
    amina, enrolled, before = await activated(town, OWNER)
    reader = Visitor(town)
    (mail,) = await mails(town, OWNER)
    held = {"token": mail.token} if way == "link" else {"email": OWNER, "code": mail.code}

    without = await refused(reader.posts("/auth/verify-email", held))
    guessed = await refused(reader.posts("/auth/verify-email", {**held, "password": STRANGERS}))
    await reader.posts("/auth/forgot-password", {"email": OWNER})

    assert (without.status, without.code) == (422, "auth.password_missing")
    assert (guessed.status, guessed.code) == (422, "auth.invalid_one_time_token")
    assert len(await mails(town, OWNER)) == 1
    assert (await amina.sees_me(before))["email_verified"] is False
    for name in (OWNER, enrolled["code"]):
        assert (await reader.tries_to_sign_in(name, STRANGERS)).code == "auth.wrong_credentials"
    # The control: the person themself confirms with the same mail.
    await amina.posts("/auth/verify-email", {**held, "password": PASSWORD})
    assert (await amina.sees_me(before))["email_verified"] is True


async def test_five_passwords_may_be_tried_to_confirm_in_15_minutes(town: Town) -> None:
    amina, _, before = await activated(town)
    (mail,) = await mails(town)
    held = {"token": mail.token}

    wrong_ones = [await refused(amina.posts("/auth/verify-email", {**held, "password": STRANGERS})) for _ in range(5)]
    right = await refused(amina.posts("/auth/verify-email", {**held, "password": PASSWORD}))

    assert {**right.body, "request_id": None} == {**wrong_ones[0].body, "request_id": None}
    assert (await amina.sees_me(before))["email_verified"] is False
    await town.clock(await town.now() + timedelta(minutes=16))
    await amina.posts("/auth/verify-email", {**held, "password": PASSWORD})


async def test_a_wrong_password_is_answered_like_a_wrong_code(town: Town) -> None:
    amina, _, _ = await activated(town)
    (mail,) = await mails(town)
    held = {"email": "amina@example.org", "password": STRANGERS}

    right_code = await refused(amina.posts("/auth/verify-email", {**held, "code": mail.code}))
    wrong_code = await refused(amina.posts("/auth/verify-email", {**held, "code": wrong(mail.code)}))

    assert (right_code.body.pop("tries_left"), wrong_code.body.pop("tries_left")) == (4, 3)
    assert {**right_code.body, "request_id": None} == {**wrong_code.body, "request_id": None}
