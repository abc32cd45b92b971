"""Changing one's e-mail address: asking, confirming, taking it back from the old address, and who learns what."""

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.test_second_factors import Holder, a_holder, refused_with
from tests.town import Town
from tests.town.answers import accepted, refusal_in
from tests.visitors import PASSWORD, Mail, Visitor, mails

OLD = "amina@example.org"
NEW = "amina@example.net"
LATER = "amina@example.com"


async def asks_for(holder: Holder, email: str = NEW, password: str = PASSWORD, **code: str) -> Any:
    return await holder.calls("POST", "/me/email", {"email": email, "password": password, **code})


async def confirms(holder: Holder, **held: str) -> Any:
    return await holder.calls("POST", "/me/email/confirm", held)


async def waiting(holder: Holder) -> str | None:
    seen = accepted(await holder.calls("GET", "/me/email")).json()["waiting"]
    return str(seen["email"]) if seen else None


async def latest(town: Town, to: str) -> Mail:
    return (await mails(town, to))[-1]


async def changes(holder: Holder, email: str = NEW) -> None:
    """Ask for another address and confirm it by the mailed code."""
    accepted(await asks_for(holder, email))
    accepted(await confirms(holder, code=(await latest(holder.town, email)).code))


async def revokes(visitor: Visitor, token: str) -> Any:
    return await visitor.asks("POST", "/auth/revoke-email-change", {"token": token})


async def a_beneficiary_with(town: Town, email: str | None) -> Holder:
    """Return a beneficiary who has activated their account, with a confirmed address or without any."""
    association = await town.an_association()
    enrolled = await association.enrols()
    holder = Holder(town)
    body = {"activation_token": enrolled["activation_token"], "password": PASSWORD}
    holder.tokens = await holder.posts("/auth/activate", body | ({"email": email} if email else {}))
    if email:
        mail = await latest(town, email)
        accepted(await holder.asks("POST", "/auth/verify-email", {"token": mail.token, "password": PASSWORD}))
    return holder


@pytest.mark.parametrize("way", ["code", "token"])
async def test_a_confirmed_address_replaces_the_old_one(town: Town, way: str) -> None:
    amina = await a_holder(town)
    elsewhere = await amina.signs_in()
    asked = await asks_for(amina)
    before = await amina.sees_me(amina.tokens)
    to_old, to_new = await latest(town, OLD), await latest(town, NEW)
    seen = await waiting(amina)

    answer = await confirms(amina, **{way: getattr(to_new, way)})

    assert (asked.status_code, asked.content, answer.status_code) == (202, b"", 204)
    assert (before["email"], seen) == (OLD, NEW)
    assert to_new.link.startswith("/new-email/")
    assert to_old.link.startswith("/not-me/")
    after = await amina.sees_me(amina.tokens)
    assert (after["email"], after["email_verified"]) == (NEW, True)
    assert await waiting(amina) is None
    # The old address is told again; the other sign-ins are over, this one goes on.
    told = await latest(town, OLD)
    assert told.subject == "L'adresse de votre compte a changé"
    assert told.token == to_old.token
    assert refused_with(await amina.asks("POST", "/auth/refresh", {"refresh_token": elsewhere["refresh_token"]})) == (
        401,
        "auth.session_over",
    )
    amina.tokens = await amina.refreshes(amina.tokens)
    await amina.signs_in(NEW)
    assert (await amina.tries_to_sign_in(OLD)).code == "auth.wrong_credentials"
    events = [row["event"] for row in (accepted(await amina.calls("GET", "/notices")).json())["data"]]
    assert {"email_change_asked", "email_changed"} <= set(events)
    written = await town.rows("select action from app.audit_entries where action like 'email_change.%' order by id")
    assert [row["action"] for row in written] == ["email_change.asked", "email_change.done"]
    assert refused_with(await confirms(amina, **{way: getattr(to_new, way)})) == (422, "auth.invalid_one_time_token")


async def test_the_password_is_needed_and_its_tries_are_limited(town: Town) -> None:
    amina = await a_holder(town)

    tries = [await asks_for(amina, password="un autre mot de passe") for _ in range(11)]

    assert [one.status_code for one in tries] == [403] * 10 + [429]
    assert refusal_in(tries[0]).code == "account.wrong_password"
    assert await town.value("select count(*) from app.email_changes") == 0
    assert await mails(town, NEW) == []


async def test_a_second_factor_is_needed_besides_the_password(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()

    without = await asks_for(amina)
    wrong = await asks_for(amina, code="000000")
    nothing = await town.value("select count(*) from app.email_changes")
    both = await asks_for(amina, code=await amina.shown(), recovery_code=amina.recovery_codes[0])
    right = await asks_for(amina, code=await amina.shown())
    again = await asks_for(amina, code=await amina.shown())
    recovery = await asks_for(amina, LATER, recovery_code=amina.recovery_codes[0])

    assert refused_with(without) == (403, "second_factor.code_needed")
    assert refused_with(wrong) == (401, "auth.wrong_second_factor")
    assert (nothing, both.status_code, right.status_code, recovery.status_code) == (0, 422, 202, 202)
    assert refused_with(again) == (401, "auth.wrong_second_factor")


async def test_an_address_of_another_account_gets_the_same_answer(town: Town) -> None:
    amina, owner = await a_holder(town), Visitor(town)
    await owner.joins(NEW)
    sealed = await a_beneficiary_with(town, LATER)
    sent = len(await mails(town, NEW))

    known, of_beneficiary, free = [await asks_for(amina, email) for email in (NEW, LATER, "free@example.org")]
    seen = await waiting(amina)
    accepted(await asks_for(amina, NEW))
    seen_of_known = await waiting(amina)

    assert {(one.status_code, one.content) for one in (known, of_beneficiary, free)} == {(202, b"")}
    assert (seen, seen_of_known) == ("free@example.org", NEW)
    told = (await mails(town, NEW))[sent:]
    assert {one.subject for one in told} == {"Votre adresse est déjà celle de votre compte"}
    # Of requests that a later one replaced before the mail was written, nothing is mailed.
    assert [one.subject for one in await mails(town, "free@example.org")] == []
    assert OLD not in "".join(one.text + one.html for one in told)
    assert "address_wanted" not in str((await sealed.calls("GET", "/notices")).json())
    assert refused_with(await confirms(amina, code="123456")) == (422, "auth.invalid_one_time_token")


async def test_asking_for_the_own_address_mails_no_code(town: Town) -> None:
    amina = await a_holder(town)

    accepted(await asks_for(amina, OLD.upper().replace("EXAMPLE", "example")))

    assert (await latest(town, OLD)).subject == "Une nouvelle adresse pour votre compte"


async def test_codes_are_limited_but_the_link_still_works(town: Town) -> None:
    amina = await a_holder(town)
    accepted(await asks_for(amina))
    mail = await latest(town, NEW)
    wrong = f"{(int(mail.code) + 1) % 10**6:06d}"

    tries = [refusal_in(await confirms(amina, code=wrong)).body for _ in range(6)]
    right = await confirms(amina, code=mail.code)
    link = await confirms(amina, token=mail.token)

    assert [one["tries_left"] for one in tries] == [4, 3, 2, 1, 0, 0]
    assert refused_with(right) == (422, "auth.invalid_one_time_token")
    assert link.status_code == 204


async def test_code_and_link_expire_and_are_pruned(town: Town) -> None:
    amina = await a_holder(town)
    accepted(await asks_for(amina))
    mail = await latest(town, NEW)
    began = await town.now()

    await town.clock(began + timedelta(minutes=15, seconds=1))
    late_code = await confirms(amina, code=mail.code)
    await town.clock(began + timedelta(days=1, seconds=1))
    amina.tokens = await amina.refreshes(amina.tokens)
    late_link = await confirms(amina, token=mail.token)
    cancelled = await revokes(Visitor(town), (await latest(town, OLD)).token)

    for late in (late_code, late_link, cancelled):
        assert refused_with(late) == (422, "auth.invalid_one_time_token")
    assert await waiting(amina) is None
    await town.worker_runs()
    assert await town.value("select app.prune(10)") is not None
    assert await town.value("select count(*) from app.email_changes") == 0


async def test_nobody_else_confirms_a_change(town: Town) -> None:
    """The reader of a mistyped address does not get into the account."""
    amina = await a_holder(town)
    accepted(await asks_for(amina))
    mail = await latest(town, NEW)
    reader = Holder(town)
    await reader.joins("reader@example.org")
    reader.tokens = await reader.signs_in("reader@example.org")

    as_reader = await confirms(reader, token=mail.token)
    as_nobody = await reader.asks("POST", "/me/email/confirm", {"token": mail.token})
    elsewhere = await reader.asks("POST", "/auth/verify-email", {"token": mail.token, "password": PASSWORD})
    reset = await reader.asks("POST", "/auth/reset-password", {"token": mail.token, "password": PASSWORD})

    assert refused_with(as_reader) == (422, "auth.invalid_one_time_token")
    assert as_nobody.status_code == 401
    assert elsewhere.status_code == reset.status_code == 422
    assert (await amina.sees_me(amina.tokens))["email"] == OLD


async def test_the_old_address_stops_a_change_that_waits(town: Town) -> None:
    amina = await a_holder(town)
    accepted(await asks_for(amina))
    to_old, to_new = await latest(town, OLD), await latest(town, NEW)

    answer = await revokes(Visitor(town), to_old.token)
    again = await revokes(Visitor(town), to_old.token)

    assert accepted(answer).json() == {"restored": False}
    assert refused_with(again) == (422, "auth.invalid_one_time_token")
    assert refused_with(await confirms(amina, token=to_new.token)) == (422, "auth.invalid_one_time_token")
    # Whoever asked knows the password, so all sign-ins end.
    refresh = await amina.asks("POST", "/auth/refresh", {"refresh_token": amina.tokens["refresh_token"]})
    assert refused_with(refresh) == (401, "auth.session_over")
    assert (await amina.sees_me(await amina.signs_in()))["email"] == OLD


async def test_the_old_address_takes_a_change_back(town: Town) -> None:
    amina, thief = await a_holder(town), Holder(town)
    thief.tokens = await thief.signs_in()
    await changes(thief)
    await thief.posts("/auth/forgot-password", {"email": NEW})
    reset = (await latest(town, NEW)).token
    await changes(thief, LATER)
    first = (await mails(town, OLD))[-1].token
    second = (await latest(town, NEW)).token

    answer = await revokes(Visitor(town), first)

    assert accepted(answer).json() == {"restored": True}
    assert (await amina.sees_me(await amina.signs_in()))["email"] == OLD
    assert (await amina.tries_to_sign_in(LATER)).code == "auth.wrong_credentials"
    # The thief's own old address takes nothing back, and sets no password.
    assert refused_with(await revokes(thief, second)) == (422, "auth.invalid_one_time_token")
    late = await thief.asks("POST", "/auth/reset-password", {"token": reset, "password": "trois chats au soleil"})
    assert refused_with(late) == (422, "auth.invalid_one_time_token")
    refresh = await thief.asks("POST", "/auth/refresh", {"refresh_token": thief.tokens["refresh_token"]})
    assert refused_with(refresh) == (401, "auth.session_over")


async def test_a_change_cannot_be_taken_back_after_seven_days(town: Town) -> None:
    amina = await a_holder(town)
    await changes(amina)
    token = (await latest(town, OLD)).token

    await town.clock(await town.now() + timedelta(days=7, seconds=1))

    assert refused_with(await revokes(Visitor(town), token)) == (422, "auth.invalid_one_time_token")


async def test_an_old_address_of_another_account_is_not_taken_back(town: Town) -> None:
    amina = await a_holder(town)
    await changes(amina)
    token = (await latest(town, OLD)).token
    await Visitor(town).joins(OLD)

    answer = await revokes(Visitor(town), token)

    assert refused_with(answer) == (409, "account.email_taken")
    assert (await amina.sees_me(amina.tokens))["email"] == NEW


async def test_a_beneficiary_s_address_stays_sealed(town: Town) -> None:
    amina = await a_beneficiary_with(town, OLD)
    accepted(await asks_for(amina))
    to_old, to_new = await latest(town, OLD), await latest(town, NEW)

    accepted(await confirms(amina, code=to_new.code))

    me = await amina.sees_me(amina.tokens)
    assert (me["email"], me["email_verified"]) == (NEW, True)
    amina.tokens = await amina.signs_in(NEW)
    stored = await town.value("select string_agg(to_jsonb(c)::text, '') from app.email_changes c")
    assert await town.value("select count(*) from app.accounts where email like 'amina%'") == 0
    assert "amina" not in stored
    assert accepted(await revokes(Visitor(town), to_old.token)).json() == {"restored": True}
    assert (await amina.sees_me(await amina.signs_in(OLD)))["email"] == OLD


async def test_a_beneficiary_without_an_address_adds_one(town: Town) -> None:
    amina = await a_beneficiary_with(town, None)

    await changes(amina)

    assert (await amina.sees_me(amina.tokens))["email"] == NEW
    assert await mails(town, OLD) == []
    assert await town.value("select count(*) from app.notice_deliveries where mail = 'email_changed'") == 0


@pytest.mark.parametrize("role", ["merchant", "collector", "association"])
async def test_every_role_with_an_address_changes_it(town: Town, role: str) -> None:
    somebody = await a_holder(town, role=role)

    await changes(somebody)

    assert (await somebody.sees_me(somebody.tokens))["email"] == NEW


async def test_a_repeated_request_changes_once(town: Town) -> None:
    amina = await a_holder(town)
    body = {"email": NEW, "password": PASSWORD}
    headers = {"Idempotency-Key": "one-change-only"}
    token = amina.tokens["access_token"]

    answers = await asyncio.gather(
        *(amina.asks("POST", "/me/email", body, token=token, headers=headers) for _ in range(3))
    )

    assert {one.status_code for one in answers} == {202}
    assert len(await mails(town, NEW)) == 1
    assert await town.value("select count(*) from app.audit_entries where action = 'email_change.asked'") == 1


async def test_mails_to_one_address_are_limited(town: Town) -> None:
    amina = await a_holder(town)

    answers = [await asks_for(amina) for _ in range(6)]

    assert [one.status_code for one in answers] == [202] * 5 + [429]


async def test_changes_are_exported_and_erased(town: Town) -> None:
    amina = await a_holder(town)
    await changes(amina)
    accepted(await asks_for(amina, LATER))

    copy = zipfile.ZipFile(io.BytesIO((await amina.calls("GET", "/me/export")).content))
    told = json.loads(copy.read("email_changes.json"))
    accepted(await amina.calls("DELETE", "/me", {"password": PASSWORD}))

    assert [(one["email"], one["old_email"]) for one in told] == [(LATER, None), (NEW, OLD)]
    assert await town.value("select count(*) from app.email_changes") == 0
    sent = await mails(town, LATER)
    assert sent == []


async def test_a_suspended_account_changes_nothing(town: Town) -> None:
    amina = await a_holder(town)
    accepted(await asks_for(amina))
    mail = await latest(town, NEW)
    await town.changes("update app.accounts set status = 'suspended', status_reason = 'x' where email = $1", OLD)

    refusals = [await confirms(amina, token=mail.token), await asks_for(amina, LATER)]

    assert [refused_with(one) for one in refusals] == [(403, "account.suspended")] * 2
