"""Second factors: adding an authenticator, signing in with codes and recovery codes, removing and resetting it."""

import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pyotp

from tests.journeys.test_kiosk import PUBLIC_ROUTES, reached
from tests.journeys.test_stations import FOR_PEOPLE
from tests.town import Person, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.visitors import PASSWORD, Visitor, mails

EMAIL = "amina@example.org"
NEW_PASSWORD = "une barque verte au soleil"


class Holder(Visitor):
    """A visitor with an account and, once they have added it, an authenticator app."""

    email = EMAIL
    secret = ""
    recovery_codes: tuple[str, ...] = ()

    def __init__(self, town: Town, tokens: dict[str, Any] | None = None) -> None:
        super().__init__(town)
        self.tokens = tokens or {}

    async def shown(self, later: timedelta = timedelta()) -> str:
        """Return the code that the authenticator shows, now or later, by the product's clock."""
        at: datetime = await self.town.now() + later
        return pyotp.TOTP(self.secret).at(at)

    async def calls(self, method: str, path: str, json: Any = None) -> Any:
        """Send a request with this person's access token, and return the answer."""
        return await self.asks(method, path, json, token=self.tokens["access_token"])

    async def has(self) -> dict[str, Any]:
        seen: dict[str, Any] = accepted(await self.calls("GET", "/me/second-factors")).json()
        return seen

    async def begins(self, password: str = PASSWORD) -> dict[str, Any]:
        begun: dict[str, Any] = accepted(await self.calls("POST", "/me/second-factors", {"password": password})).json()
        self.secret = begun["secret"]
        return begun

    async def confirms_code(self, code: str) -> Any:
        answer = await self.calls("POST", "/me/second-factors/confirm", {"code": code})
        if answer.is_success:
            self.recovery_codes = tuple(answer.json()["recovery_codes"])
        return answer

    async def adds(self) -> None:
        """Add a second factor, and let a minute pass, so that the next code is another."""
        await self.begins()
        accepted(await self.confirms_code(await self.shown()))
        await self.waits()

    async def waits(self, **how_long: int) -> None:
        await self.town.clock(await self.town.now() + timedelta(**how_long or {"minutes": 1}))

    async def is_challenged(self, password: str = PASSWORD) -> str:
        """Send the password, and return the challenge token."""
        refusal = await self.tries_to_sign_in(self.email, password)
        assert (refusal.status, refusal.code) == (403, "auth.second_factor_needed")
        token: str = refusal.body["challenge_token"]
        return token

    async def sends(self, challenge: str, **code: str) -> Any:
        return await self.asks("POST", "/auth/second-factor", {"challenge_token": challenge, **code})

    async def enters(self, **code: str) -> None:
        """Sign in with the password, then with this code or the one that is shown."""
        answer = await self.sends(await self.is_challenged(), **(code or {"code": await self.shown()}))
        self.tokens = accepted(answer).json()

    async def removes(self, password: str = PASSWORD, **code: str) -> Any:
        return await self.calls("DELETE", "/me/second-factors", {"password": password, **code})


async def a_holder(town: Town, **registered: Any) -> Holder:
    """Return somebody who has registered and signed in, without a second factor."""
    holder = Holder(town)
    await holder.joins(EMAIL, **registered)
    holder.tokens = await holder.signs_in()
    return holder


def refused_with(answer: Any) -> tuple[int, str]:
    refusal = refusal_in(answer)
    return refusal.status, refusal.code


async def test_a_code_of_the_authenticator_follows_the_password(town: Town) -> None:
    amina = await a_holder(town)
    elsewhere = await amina.signs_in()
    before = await amina.has()

    begun = await amina.begins()
    still = await amina.signs_in()  # nothing has changed before a code confirms it
    confirmed = accepted(await amina.confirms_code(await amina.shown()))
    after = await amina.has()
    await amina.waits()
    challenge = await amina.is_challenged()
    answer = await amina.sends(challenge, code=await amina.shown())
    again = await amina.sends(challenge, code=await amina.shown(timedelta(seconds=30)))

    assert before == {"required": False, "passed": False, "data": []}
    assert begun["otpauth_uri"] == pyotp.TOTP(begun["secret"]).provisioning_uri(name=EMAIL, issuer_name="EcoPanier")
    assert len(begun["secret"]) * 5 == 160
    assert begun["qr_svg"].endswith("</svg>")
    assert confirmed.headers["cache-control"] == "no-store"
    assert len(set(amina.recovery_codes)) == 10
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", c) for c in amina.recovery_codes)
    assert after == {
        "required": False,
        "passed": True,
        "data": [
            {
                "kind": "totp",
                "activated_at": confirmed.json()["activated_at"],
                "recovery_codes_left": 10,
                "reset_at": None,
            }
        ],
    }
    assert (await amina.sees_me(accepted(answer).json()))["email"] == EMAIL
    assert refused_with(again) == (401, "auth.challenge_over")
    # The sign-ins that the password alone had opened are over.
    for tokens in (elsewhere, still):
        refusal = await refused(amina.refreshes(tokens))
        assert refusal.code == "auth.session_over"
    amina.tokens = await amina.refreshes(answer.json())
    assert (await amina.has())["passed"]


async def test_a_code_works_once_and_only_around_its_time(town: Town) -> None:
    amina = await a_holder(town)
    await amina.begins()
    first = await amina.shown()
    accepted(await amina.confirms_code(first))

    replayed = await amina.sends(await amina.is_challenged(), code=first)
    await amina.waits()
    late, early = await amina.shown(timedelta(seconds=-60)), await amina.shown(timedelta(seconds=60))
    challenge = await amina.is_challenged()
    outside = [await amina.sends(challenge, code=code) for code in (late, early)]
    accepted(await amina.sends(challenge, code=await amina.shown(timedelta(seconds=30))))
    behind = await amina.sends(await amina.is_challenged(), code=await amina.shown())

    assert refused_with(replayed) == (401, "auth.wrong_second_factor")
    assert [refused_with(answer) for answer in outside] == [(401, "auth.wrong_second_factor")] * 2
    # A code of an earlier step than the last one counts as used, even if nobody has sent it.
    assert refused_with(behind) == (401, "auth.wrong_second_factor")


async def test_an_enrolment_needs_the_password_and_ends_in_ten_minutes(town: Town) -> None:
    amina = await a_holder(town)

    unproven = await amina.calls("POST", "/me/second-factors", {"password": NEW_PASSWORD})
    early = await amina.confirms_code("000000")
    await amina.begins()
    old = await amina.shown()
    await amina.begins()
    replaced = await amina.confirms_code(old)
    code = await amina.shown()
    await amina.waits(minutes=11)
    over = await amina.confirms_code(await amina.shown())
    await amina.begins()
    accepted(await amina.confirms_code(await amina.shown()))
    second = await amina.calls("POST", "/me/second-factors", {"password": PASSWORD})

    assert refused_with(unproven) == (403, "account.wrong_password")
    assert refused_with(early) == refused_with(over) == (404, "second_factor.not_found")
    assert code != old
    assert refused_with(replaced) == (401, "auth.wrong_second_factor")
    assert refused_with(second) == (409, "second_factor.exists")
    assert await town.value("select count(*) from app.second_factors") == 1


async def test_a_recovery_code_signs_in_once_and_its_holder_is_told(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    code = amina.recovery_codes[3]

    await amina.enters(recovery_code=code.lower().replace("-", " "))
    challenge = await amina.is_challenged()
    answers = [await amina.sends(challenge, recovery_code=wrong) for wrong in (code, "nothing", "0000-0000-0000-0000")]
    left = (await amina.has())["data"][0]["recovery_codes_left"]
    mail = (await mails(town, EMAIL))[-1]

    assert [refused_with(answer) for answer in answers] == [(401, "auth.wrong_second_factor")] * 3
    assert left == 9
    assert mail.subject == "Un code de secours de votre compte a servi"
    assert "Il vous en reste 9." in mail.text


async def test_removing_the_factor_needs_password_and_code(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()

    no_password = await amina.removes(NEW_PASSWORD, code=await amina.shown())
    no_code = await amina.removes(code="000000")
    missing = await amina.removes()
    before = await amina.has()
    accepted(await amina.removes(recovery_code=amina.recovery_codes[0]))
    after = await amina.has()
    none = await amina.removes(code=await amina.shown())
    await amina.signs_in()

    assert refused_with(no_password) == (403, "account.wrong_password")
    assert refused_with(no_code) == (401, "auth.wrong_second_factor")
    assert missing.status_code == 422
    assert before["data"]
    assert after == {"required": False, "passed": False, "data": []}
    assert refused_with(none) == (404, "second_factor.not_found")
    assert await town.value("select count(*) from app.recovery_codes") == 0


async def test_the_holder_is_told_of_each_change_whatever_they_turned_off(town: Town) -> None:
    amina = await a_holder(town)
    preferences = accepted(await amina.calls("GET", "/me/notice-preferences")).json()["preferences"]
    ours = {p["event"]: p for p in preferences if re.search("factor|recovery", p["event"])}

    await amina.adds()
    accepted(await amina.removes(code=await amina.shown()))
    told = [mail.subject for mail in await mails(town, EMAIL)][-2:]
    seen = accepted(await amina.calls("GET", "/notices")).json()["data"]
    entries = await town.rows(
        "select action, actor_role, subject_id from app.audit_entries where action like 'second_factor.%' order by id"
    )

    assert sorted(ours) == ["recovery_code_used", "second_factor_added", "second_factor_removed", "second_factor_reset"]
    assert not any(p["optional"] for p in ours.values())
    assert told == [
        "Double authentification activée sur votre compte",
        "Double authentification retirée de votre compte",
    ]
    assert {notice["event"] for notice in seen} >= {"second_factor_added", "second_factor_removed"}
    account = await town.value("select id from app.accounts where email = $1", EMAIL)
    assert [tuple(entry) for entry in entries] == [
        ("second_factor.added", "customer", account),
        ("second_factor.removed", "customer", account),
    ]


async def test_export_and_erasure_cover_the_factor_but_not_its_secret(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    await amina.enters(recovery_code=amina.recovery_codes[0])

    exported = await amina.calls("GET", "/me/export")
    with zipfile.ZipFile(io.BytesIO(exported.content)) as made:
        (held,) = json.loads(made.read("second_factor.json"))
        everything = b"".join(made.read(name) for name in made.namelist())
    erased = await amina.calls("DELETE", "/me", {"password": PASSWORD})

    assert held.keys() == {"activated_at", "reset_at", "recovery_codes"}
    assert [one["used_at"] is not None for one in held["recovery_codes"]].count(True) == 1
    for secret in (amina.secret, *amina.recovery_codes):
        assert secret.encode() not in everything
    assert erased.status_code == 204
    for table in ("app.second_factors", "app.recovery_codes", "key_vault.data_keys", "app.one_time_tokens"):
        assert await town.value(f"select count(*) from {table}") == 0  # noqa: S608 - names of this test


async def test_a_new_password_keeps_the_factor_and_ends_waiting_sign_ins(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    challenge = await amina.is_challenged()

    accepted(await amina.asks("POST", "/auth/forgot-password", {"email": EMAIL}))
    token = (await mails(town, EMAIL))[-1].token
    accepted(await amina.asks("POST", "/auth/reset-password", {"token": token, "password": NEW_PASSWORD}))
    stale = await amina.sends(challenge, code=await amina.shown())
    fresh = await amina.sends(await amina.is_challenged(NEW_PASSWORD), code=await amina.shown())

    assert refused_with(stale) == (401, "auth.challenge_over")
    assert fresh.status_code == 200


async def test_an_activation_sets_the_password_but_does_not_pass_the_factor(town: Town) -> None:
    association = await town.an_association()
    enrolled = await association.enrols()
    visitor = Holder(town)
    wanted = {"activation_token": enrolled["activation_token"], "password": PASSWORD}
    visitor.tokens = await visitor.posts("/auth/activate", wanted)
    visitor.email = enrolled["code"]
    await visitor.adds()

    renewed = await association.posts(f"/beneficiaries/{enrolled['id']}/activation")
    again = {"activation_token": renewed["activation_token"], "password": NEW_PASSWORD}
    answer = await visitor.asks("POST", "/auth/activate", again)

    assert (answer.status_code, answer.content) == (204, b"")
    assert accepted(await visitor.sends(await visitor.is_challenged(NEW_PASSWORD), code=await visitor.shown()))


async def test_terms_are_agreed_to_without_using_up_the_code(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    await town.changes(
        "insert into app.text_versions (kind, version, since) values ('terms', '2026-12', app.paris_day(app.clock()))"
    )
    await amina.enters()
    await amina.waits(days=31)

    challenge, code = await amina.is_challenged(), await amina.shown()
    first = await amina.sends(challenge, code=code)
    agreed = await amina.sends(challenge, code=code, accepted_terms="2026-12")

    assert refused_with(first) == (403, "consent.terms_to_accept")
    assert accepted(agreed).json()["terms_to_accept"] is None


async def test_a_challenge_token_opens_nothing_else(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    challenge = await amina.is_challenged()
    intruder = Person(town, await town.value("select id from app.accounts"), "Amina", None, challenge)

    taken, tried = await reached(intruder, "access.unauthenticated", 401)
    spent = [
        await amina.asks("POST", path, body)
        for path, body in (
            ("/auth/refresh", {"refresh_token": challenge}),
            ("/auth/reset-password", {"token": challenge, "password": NEW_PASSWORD}),
            ("/auth/activate", {"activation_token": challenge, "password": NEW_PASSWORD}),
            ("/auth/verify-email", {"token": challenge, "password": NEW_PASSWORD}),
        )
    ]

    assert taken == PUBLIC_ROUTES - FOR_PEOPLE
    assert tried > len(taken) + 20
    assert [answer.status_code for answer in spent] == [401, 422, 422, 422]
    accepted(await amina.sends(challenge, code=await amina.shown()))


async def test_a_challenge_is_over_after_five_minutes(town: Town) -> None:
    amina = await a_holder(town)
    await amina.adds()
    challenge = await amina.is_challenged()

    await amina.waits(minutes=6)
    answer = await amina.sends(challenge, code=await amina.shown())

    assert refused_with(answer) == refused_with(await amina.sends("x" * 43, code="000000"))
    assert refused_with(answer) == (401, "auth.challenge_over")
