"""Registration, sign-in, sessions, password reset, activation and the `/me` page."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from tests.town import Town, refused
from tests.town.answers import accepted, refusal_in
from tests.visitors import PASSWORD, Visitor, mails

ANOTHER = "trois chats dorment au soleil"


async def test_a_visitor_registers_confirms_their_address_and_signs_in(town: Town) -> None:
    amina = Visitor(town)

    account = await amina.registers("Amina@Example.org")
    (mail,) = await mails(town, "Amina@example.org")
    before = await amina.tries_to_sign_in()
    wanted = {"email": "amina@example.ORG", "code": mail.code}
    tokens = await amina.posts("/auth/verify-email", wanted)
    me = await amina.sees_me(tokens)

    assert mail.subject == "Confirmez votre adresse e-mail"
    assert mail.code in mail.html
    assert f'href="{town.url}{mail.link}"' in mail.html
    assert before.code == "auth.wrong_credentials"
    assert {**account, "email_verified": True, "beneficiary": None} == me
    assert (account["email_verified"], tokens["token_type"], tokens["expires_in"]) == (False, "bearer", 900)
    assert await amina.sees_me(await amina.signs_in("amina@example.ORG")) == me
    consent = await town.rows("select purpose, version from app.consents where account_id = $1", UUID(account["id"]))
    assert [tuple(row) for row in consent] == [("terms", "2026-01")]
    for again in (wanted, {"token": mail.token}):
        assert (await refused(amina.posts("/auth/verify-email", again))).code == "auth.invalid_one_time_token"


async def test_confirming_an_address_confirms_no_other(town: Town) -> None:
    amina = Visitor(town)
    account = await amina.registers("amina@example.org")
    await amina.registers("later@example.org")
    (mail,) = await mails(town, "amina@example.org")

    other = await refused(amina.posts("/auth/verify-email", {"email": "later@example.org", "code": mail.code}))
    await amina.posts("/auth/verify-email", {"token": mail.token})

    assert other.code == "auth.invalid_one_time_token"
    confirmed = await town.rows("select id, email_verified_at is not null as verified from app.accounts")
    assert [tuple(row) for row in confirmed] == [(UUID(account["id"]), True)]


async def test_mails_use_the_chosen_locale_then_accept_language(town: Town) -> None:
    visitor = Visitor(town)
    await visitor.registers("chosen@example.org", locale="en")
    await visitor.asks(
        "POST", "/auth/register", visitor.registration("asked@example.org"), headers={"Accept-Language": "en-GB"}
    )
    await visitor.registers("neither@example.org")

    subjects = {mail.to: mail.subject for mail in await mails(town)}

    assert subjects == {
        "chosen@example.org": "Confirm your e-mail address",
        "asked@example.org": "Confirm your e-mail address",
        "neither@example.org": "Confirmez votre adresse e-mail",
    }


@pytest.mark.parametrize("role", ["customer", "merchant", "collector", "association"])
async def test_four_roles_can_register(town: Town, role: str) -> None:
    account = await Visitor(town).joins(role=role)

    assert account["role"] == role
    assert await town.value("select role from app.accounts") == role
    own = {"association": "select status from app.associations", "collector": "select status from app.collectors"}
    if role in own:
        assert await town.value(own[role]) == "pending"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"role": "admin"}, "body.role"),
        ({"role": "beneficiary"}, "body.role"),
        ({"consents": {"terms": "December"}}, "body.consents.terms"),
        ({"consents": {}}, "body.consents.terms"),
        ({"status": "active"}, "body.status"),
        ({"email_verified": True}, "body.email_verified"),
        ({"password": "neuf sig."}, "body.password"),
        ({"password": "un vélo " * 17}, "body.password"),
        ({"email": "amina"}, "body.email"),
        ({"email": "amina@example"}, "body.email"),
        ({"email": "a b@example.org"}, "body.email"),
        ({"email": "amina@example.org\r\nBcc: all@example.org"}, "body.email"),
        ({"display_name": ""}, "body.display_name"),
        ({"display_name": "Amina\nB."}, "body.display_name"),
        ({"display_name": "evil \u202e name"}, "body.display_name"),
        ({"locale": "de"}, "body.locale"),
    ],
)
async def test_an_invalid_registration_is_refused_and_leaves_nothing(
    lasting_town: Town, fields: dict[str, Any], field: str
) -> None:
    visitor = Visitor(lasting_town)
    refusal = await refused(visitor.registers(**fields))

    assert refusal.status == 422
    assert [error["field"] for error in refusal.body["errors"]] == [field]
    assert await lasting_town.value("select count(*) from app.confirmations") == 0


@pytest.mark.parametrize(
    "password",
    ["motdepasse1", "Passw0rd!!", "azertyuiop", "1234567890", "aaaaaaaaaaaa", "amina123456", "ecopanier2026"],
)
async def test_a_common_password_is_refused(lasting_town: Town, password: str) -> None:
    refusal = await refused(Visitor(lasting_town).registers(password=password))

    assert refusal.code == "auth.password_too_common"
    assert await lasting_town.value("select count(*) from app.confirmations") == 0


async def test_passwords_are_compared_in_unicode_normal_form(town: Town) -> None:
    visitor = Visitor(town)
    await visitor.joins(password="un v\u00e9lo bleu sous la pluie ")  # é as one code point, a space at the end

    await visitor.signs_in(password="un ve\u0301lo bleu sous la pluie ")  # é as two code points

    assert (await visitor.tries_to_sign_in(password="un v\u00e9lo bleu sous la pluie")).code == "auth.wrong_credentials"


async def test_a_registration_repeated_with_its_key_happens_once(town: Town) -> None:
    visitor = Visitor(town)
    key = str(uuid4())

    answers = await asyncio.gather(
        *(visitor.posts("/auth/register", visitor.registration(), key=key) for _ in range(12))
    )
    other = await refused(visitor.posts("/auth/register", visitor.registration("b@example.org"), key=key))

    assert all(answer == answers[0] for answer in answers)
    assert str(await town.value("select id from app.confirmations")) == answers[0]["id"]
    assert len(await mails(town)) == 1
    assert other.code == "idempotency.mismatch"


async def test_signing_out_ends_one_session_and_leaves_the_others(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    phone, tablet = await amina.signs_in(), await amina.signs_in()

    await amina.posts("/auth/logout", {"refresh_token": phone["refresh_token"]})
    await amina.posts("/auth/logout", {"refresh_token": phone["refresh_token"]})

    assert (await refused(amina.refreshes(phone))).code == "auth.session_over"
    await amina.refreshes(tablet)


async def test_a_session_lasts_thirty_days_from_its_last_refresh(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    tokens = await amina.signs_in()

    async def days_pass(days: int) -> None:
        await town.changes("update app.refresh_tokens set expires_at = expires_at - make_interval(days => $1)", days)

    await days_pass(29)
    tokens = await amina.refreshes(tokens)
    await days_pass(29)
    tokens = await amina.refreshes(tokens)
    await days_pass(31)

    assert (await refused(amina.refreshes(tokens))).code == "auth.session_over"


async def test_a_forgotten_password_is_replaced_by_mail(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    old = await amina.signs_in()

    await amina.posts("/auth/forgot-password", {"email": "AMINA@example.org"})
    mail = (await mails(town))[-1]
    await amina.posts("/auth/reset-password", {"token": mail.token, "password": ANOTHER})

    assert mail.subject == "Choisissez un nouveau mot de passe"
    assert (await refused(amina.refreshes(old))).code == "auth.session_over"
    assert (await amina.tries_to_sign_in()).code == "auth.wrong_credentials"
    await amina.signs_in(password=ANOTHER)
    again = await refused(amina.posts("/auth/reset-password", {"token": mail.token, "password": PASSWORD}))
    assert again.code == "auth.invalid_one_time_token"
    await amina.signs_in(password=ANOTHER)


async def test_only_the_latest_reset_token_works_and_for_an_hour(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    for _ in range(2):
        await amina.posts("/auth/forgot-password", {"email": "amina@example.org"})
    first, second = [mail for mail in await mails(town) if "nouveau" in mail.subject]

    superseded = await refused(amina.posts("/auth/reset-password", {"token": first.token, "password": ANOTHER}))
    await town.clock(await town.now() + timedelta(minutes=61))
    late = await refused(amina.posts("/auth/reset-password", {"token": second.token, "password": ANOTHER}))

    assert superseded.code == late.code == "auth.invalid_one_time_token"
    await amina.signs_in()


async def test_a_one_time_token_serves_only_its_own_purpose(town: Town) -> None:
    amina, other = Visitor(town), Visitor(town)
    await amina.joins()
    await amina.posts("/auth/forgot-password", {"email": "amina@example.org"})
    await other.registers("other@example.org")
    reset, confirm = [(await mails(town, f"{name}@example.org"))[-1].token for name in ("amina", "other")]

    misused = [
        await refused(amina.posts("/auth/reset-password", {"token": confirm, "password": ANOTHER})),
        await refused(amina.posts("/auth/activate", {"activation_token": confirm, "password": ANOTHER})),
        await refused(amina.posts("/auth/activate", {"activation_token": reset, "password": ANOTHER})),
        await refused(amina.posts("/auth/verify-email", {"token": reset})),
    ]

    assert {refusal.code for refusal in misused} == {"auth.invalid_one_time_token"}
    await amina.posts("/auth/reset-password", {"token": reset, "password": ANOTHER})
    await other.posts("/auth/verify-email", {"token": confirm})


async def test_concurrent_resets_with_one_token_succeed_once(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    await amina.posts("/auth/forgot-password", {"email": "amina@example.org"})
    token = (await mails(town))[-1].token

    answers = await asyncio.gather(
        *(amina.asks("POST", "/auth/reset-password", {"token": token, "password": f"{ANOTHER} {n}"}) for n in range(8))
    )

    won = [number for number, answer in enumerate(answers) if answer.status_code == 204]
    assert len(won) == 1
    await amina.signs_in(password=f"{ANOTHER} {won[0]}")


@pytest.mark.parametrize(
    ("asks_for", "subject"), [("en", "Confirm your e-mail address"), ("fr", "Confirmez votre adresse e-mail")]
)
async def test_a_beneficiary_s_mails_are_in_the_language_of_their_activation(
    town: Town, asks_for: str, subject: str
) -> None:
    relais = await town.an_association()
    enrolled = await relais.enrols()
    amina, headers = Visitor(town), {"Accept-Language": asks_for}

    chosen = {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "amina@example.org"}
    tokens = accepted(await amina.asks("POST", "/auth/activate", chosen, headers=headers)).json()

    assert (await mails(town, "amina@example.org"))[0].subject == subject
    # A language that they chose themselves stays when their access is renewed on somebody else's device.
    await town.changes("update app.accounts set locale = 'fr' where id = $1", UUID(enrolled["id"]))
    renewed = await relais.posts(f"/beneficiaries/{enrolled['id']}/activation")
    again = {"activation_token": renewed["activation_token"], "password": ANOTHER}
    tokens = accepted(await amina.asks("POST", "/auth/activate", again, headers=headers)).json()
    assert (await amina.sees_me(tokens))["locale"] == "fr"


async def test_a_beneficiary_activates_and_signs_in_with_code_or_address(town: Town) -> None:
    enrolled = await (await town.an_association()).enrols()
    amina = Visitor(town)

    wanted = {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "amina@example.org"}
    tokens = await amina.posts("/auth/activate", wanted)
    me = await amina.sees_me(tokens)

    assert me["role"] == "beneficiary"
    assert me["display_name"] == me["beneficiary"]["code"] == enrolled["code"]
    assert me["email"] == "amina@example.org"
    assert (await mails(town))[0].to == "amina@example.org"
    await amina.signs_in(enrolled["code"])
    await amina.signs_in(enrolled["code"].lower())
    await amina.signs_in("amina@example.org")
    assert (await refused(amina.posts("/auth/activate", wanted))).code == "auth.invalid_one_time_token"


async def test_an_activation_can_be_retried_after_a_taken_address(town: Town) -> None:
    enrolled = await (await town.an_association()).enrols()
    amina = Visitor(town)
    await amina.joins("taken@example.org")
    wanted = {"activation_token": enrolled["activation_token"], "password": PASSWORD}

    refusal = await refused(amina.posts("/auth/activate", {**wanted, "email": "Taken@example.org"}))
    nothing = await town.value("select count(*) from app.credentials where account_id = $1", UUID(enrolled["id"]))
    await amina.posts("/auth/activate", wanted)

    assert refusal.code == "account.email_taken"
    assert nothing == 0


async def test_a_beneficiary_sees_their_code_right_and_portions_left(town: Town) -> None:
    amina = await town.a_beneficiary()
    lot = await town.a_free_lot()

    before = await amina.gets("/me")
    await amina.reserves(lot, 1)
    after = await amina.gets("/me")
    await town.changes("update app.beneficiaries set status = 'suspended'")
    suspended = await amina.gets("/me")

    assert before["beneficiary"]["code"] == amina.code
    assert before["beneficiary"]["current"] is True
    assert [me["beneficiary"]["portions_left_today"] for me in (before, after, suspended)] == [2, 1, 0]
    assert suspended["beneficiary"]["current"] is False


async def test_other_roles_have_no_beneficiary_right(town: Town) -> None:
    people = (await town.a_customer(), await town.a_merchant(), await town.a_collector(), await town.an_association())
    for person in (*people, await town.an_admin()):
        me = await person.gets("/me")
        assert (me["id"], me["role"], me["beneficiary"]) == (str(person.id), person.role, None)


async def test_only_name_and_locale_can_be_changed(town: Town) -> None:
    marc = await town.a_customer()

    changed = accepted(await marc.asks("PATCH", "/me", {"display_name": " Marc D. ", "locale": "en"})).json()

    assert (changed["display_name"], changed["locale"]) == ("Marc D.", "en")
    for forbidden in ("role", "status", "email", "email_verified", "id", "email_verified_at"):
        assert refusal_in(await marc.asks("PATCH", "/me", {forbidden: "admin"})).status == 422
    for nothing in ({"display_name": None}, {"locale": None}, {"display_name": ""}, {"display_name": "a\u0000b"}):
        assert refusal_in(await marc.asks("PATCH", "/me", nothing)).status == 422
    assert await marc.gets("/me") == changed


async def test_a_change_with_an_outdated_if_match_is_refused(town: Town) -> None:
    marc = await town.a_customer()
    tag = (await marc.asks("GET", "/me")).headers["etag"]

    first = await marc.asks("PATCH", "/me", {"display_name": "First"}, headers={"If-Match": tag})
    second = await marc.asks("PATCH", "/me", {"display_name": "Second"}, headers={"If-Match": tag})
    third = await marc.asks("PATCH", "/me", {"display_name": "Third"}, headers={"If-Match": first.headers["etag"]})

    assert [first.status_code, second.status_code, third.status_code] == [200, 412, 200]
    assert (await marc.gets("/me"))["display_name"] == "Third"


async def test_a_beneficiary_cannot_replace_the_code_by_a_name(town: Town) -> None:
    amina = await town.a_beneficiary()
    before = await amina.gets("/me")

    refusal = refusal_in(await amina.asks("PATCH", "/me", {"display_name": "Amina Benali"}))
    accepted(await amina.asks("PATCH", "/me", {"locale": "en"}))

    assert refusal.code == "account.name_is_code"
    assert await amina.gets("/me") == {**before, "locale": "en"}


async def test_a_suspension_applies_from_the_next_request(town: Town) -> None:
    admin, marc = await town.an_admin(), Visitor(town)
    account = await marc.joins()
    tokens = await marc.signs_in()
    await marc.sees_me(tokens)

    await admin.posts(f"/admin/accounts/{account['id']}/suspend", {"reason": "reported"})

    assert (await refused(marc.sees_me(tokens))).code == "account.suspended"
    assert (await refused(marc.refreshes(tokens))).code == "auth.session_over"
    assert (await marc.tries_to_sign_in()).code == "account.suspended"
    assert (await marc.tries_to_sign_in(password=ANOTHER)).code == "auth.wrong_credentials"

    await admin.posts(f"/admin/accounts/{account['id']}/restore", {"reason": "cleared up"})
    await marc.sees_me(await marc.signs_in())


async def test_a_suspended_account_cannot_refresh_an_open_session(town: Town) -> None:
    marc = Visitor(town)
    await marc.joins()
    tokens = await marc.signs_in()

    await town.changes("update app.accounts set status = 'suspended'")
    refusal = await refused(marc.refreshes(tokens))
    await town.changes("update app.accounts set status = 'active'")

    assert refusal.code == "auth.session_over"
    await marc.refreshes(tokens)  # the control: only the suspension was in the way


async def test_refusals_are_in_english_when_requested(town: Town) -> None:
    answer = await Visitor(town).asks(
        "POST", "/auth/token", form={"username": "a@example.org", "password": "x"}, headers={"Accept-Language": "en"}
    )

    assert refusal_in(answer).body["title"] == "Wrong credentials"


async def test_the_public_key_of_access_tokens_is_published(town: Town) -> None:
    marc = Visitor(town)
    await marc.joins()
    token = (await marc.signs_in())["access_token"]

    keys = accepted(await town.request("GET", "/.well-known/jwks.json")).json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]

    assert jwt.decode(token, key, ["EdDSA"], audience="authenticated")["iss"] == town.url
    assert set(keys["keys"][0]) == {"kty", "crv", "x", "kid", "use", "alg"}  # no private part
