"""Attacks on sign-in: enumerating accounts, guessing, stealing and forging tokens; with controls where they work."""

import asyncio
import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, event

from backend.accounts import passwords
from backend.sealing.seals import address_look_up, keyring
from backend.settings import settings
from tests.town import Town, refused
from tests.town.answers import accepted, refusal_in
from tests.visitors import PASSWORD, Visitor, mails

WRONG = "not the right password"
PHONE, LAPTOP = "phone-secret-of-thirty-two-letters", "laptop-secret-of-thirty-two-letters"


def without_id(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "request_id"}


# Enumerating accounts


async def test_registering_a_known_address_is_answered_like_a_new_one(town: Town) -> None:
    amina, nosy = Visitor(town), Visitor(town)
    await amina.joins("amina@example.org")
    before = [tuple(row) for row in await town.rows("select * from app.accounts, app.credentials")]

    wanted = nosy.registration("AMINA@example.org", role="merchant", display_name="X", password=WRONG)
    known = await nosy.asks("POST", "/auth/register", wanted)
    new = await nosy.asks("POST", "/auth/register", {**wanted, "email": "new@example.org"})

    assert known.status_code == new.status_code == 201
    assert known.json().keys() == new.json().keys()
    asked_for = ("role", "display_name", "locale", "email_verified")
    assert [known.json()[name] for name in asked_for] == [new.json()[name] for name in asked_for]
    # The id looks like a new account's: a UUID of version 7 with the present time.
    stamps = [UUID(answer.json()["id"]).int >> 80 for answer in (known, new)]
    assert 0 <= stamps[1] - stamps[0] < 60_000
    assert {UUID(answer.json()["id"]).version for answer in (known, new)} == {7}
    assert set(known.headers) == set(new.headers)
    told = [mail.subject for mail in await mails(town, "amina@example.org")]
    assert told == ["Confirmez votre adresse e-mail", "Vous avez déjà un compte EcoPanier"]
    # Signing in with what was just registered tells nothing either, and neither does guessing a code.
    for email in ("amina@example.org", "new@example.org"):
        assert (await nosy.tries_to_sign_in(email, WRONG)).code == "auth.wrong_credentials"
        guess = await refused(nosy.posts("/auth/verify-email", {"email": email, "code": "000000"}))
        assert (guess.code, guess.body["tries_left"]) == ("auth.invalid_one_time_token", 4)
    assert [tuple(row) for row in await town.rows("select * from app.accounts, app.credentials")] == before


async def test_asking_for_an_address_costs_the_same_work_known_or_not(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work is compared by the statements sent, the passwords hashed and the jobs queued."""
    amina = Visitor(town)
    await amina.joins("amina@example.org")
    enrolled = await (await town.an_association()).enrols()
    activation = {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "ines@example.org"}
    await amina.posts("/auth/activate", activation)
    await amina.confirms("ines@example.org", password=PASSWORD)
    await amina.registers("waiting@example.org")
    await town.worker_runs()
    hashed = passwords._argon2.hash
    done: list[str] = []

    def hashing(password: bytes) -> str:
        done.append("hash")
        return hashed(password)

    def sending(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        done.append(statement)

    monkeypatch.setattr(passwords._argon2, "hash", hashing)
    event.listen(Engine, "before_cursor_execute", sending)
    work: dict[str, list[tuple[list[str], list[tuple[Any, ...]]]]] = {}
    try:
        for who in ("amina", "ines", "waiting", "nobody"):
            for path in ("/auth/forgot-password", "/auth/register"):
                queued = await town.value("select coalesce(max(id), 0) from jobs.procrastinate_jobs")
                done.clear()
                visitor = Visitor(town)
                body: dict[str, Any] = visitor.registration(f"{who}@example.org")
                await visitor.posts(path, body if path == "/auth/register" else {"email": body["email"]})
                jobs = await town.rows(
                    "select task_name, jsonb_object_keys(args), scheduled_at from jobs.procrastinate_jobs"
                    " where id > $1",
                    queued,
                )
                work.setdefault(path, []).append((list(done), [tuple(row) for row in jobs]))
    finally:
        event.remove(Engine, "before_cursor_execute", sending)

    for path, one in work.items():
        assert all(other == one[0] for other in one), path
    assert [jobs[0][0] for _, jobs in work["/auth/forgot-password"]] == ["accounts.send_mail"] * 4
    assert [steps.count("hash") for steps, _ in work["/auth/register"]] == [1] * 4


# How forgot-password looked addresses up until it did the same work for each.
QUEUED_ONLY_IF_KNOWN = """
    create or replace function app.ask_password_reset(given_email text, email_lookup bytea) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    declare account uuid := app.holder_of_address(given_email, email_lookup);
    begin
        if account is not null then
            perform app.defer('accounts.send_mail',
                              jsonb_build_object('account_id', account, 'mail', 'reset_password'));
        end if;
    end $$
"""


@pytest.mark.parametrize("control", [False, True])
async def test_a_password_reset_reads_and_writes_the_same_rows_for_anybody(town: Town, control: bool) -> None:
    """The work is compared by the rows that the statement read or wrote in each table."""
    await Visitor(town).joins("amina@example.org")
    if control:
        await town.changes(QUEUED_ONLY_IF_KNOWN)

    async def work(email: str) -> dict[str, tuple[int, ...]]:
        async with town.copy.connection() as connection, connection.transaction():
            await connection.execute("select app.ask_password_reset($1, $2)", email, address_look_up(keyring(), email))
            rows = await connection.fetch(
                "select schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del, seq_scan, idx_scan"
                " from pg_stat_xact_user_tables where schemaname in ('app', 'jobs')"
                " and n_tup_ins + n_tup_upd + n_tup_del + seq_scan + coalesce(idx_scan, 0) > 0"
            )
            return {row[0]: tuple(row)[1:] for row in rows}

    known, unknown = await work("amina@example.org"), await work("nobody@example.org")

    assert "jobs.procrastinate_jobs" in known
    assert (known == unknown) is not control


async def test_failed_sign_ins_look_alike_whatever_the_reason(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer and the work for it are the same: the Argon2 parameters of each comparison are recorded."""
    work: list[str] = []
    verify = passwords._argon2.verify_and_update

    def recorded(password: bytes, kept: str) -> tuple[bool, str | None]:
        work.append(kept.rsplit("$", 2)[0])
        return verify(password, kept)

    monkeypatch.setattr(passwords._argon2, "verify_and_update", recorded)
    visitor = Visitor(town)
    await visitor.joins()
    await visitor.registers("waiting@example.org", password=WRONG)
    beneficiary = await town.a_beneficiary()

    names = (
        "amina@example.org",
        "waiting@example.org",  # registered, not confirmed: even the right password is refused
        "nobody@example.org",
        beneficiary.code,
        "2026-BEN-99999",
        "not a name at all",
        "\u017f@\u00e9.fr",
    )
    refusals = [await visitor.tries_to_sign_in(name, WRONG) for name in names]

    assert {refusal.code for refusal in refusals} == {"auth.wrong_credentials"}
    assert all(without_id(refusal.body) == without_id(refusals[0].body) for refusal in refusals)
    assert work == ["$argon2id$v=19$m=19456,t=2,p=1"] * len(names)


async def test_a_password_reset_does_not_reveal_accounts(town: Town) -> None:
    amina, nosy = Visitor(town), Visitor(town)
    await amina.registers("unverified@example.org")
    await amina.joins("verified@example.org")
    written = len(await mails(town))

    answers = [
        await nosy.asks("POST", "/auth/forgot-password", {"email": f"{who}@example.org"})
        for who in ("verified", "unverified", "unknown")
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}
    assert [mail.to for mail in (await mails(town))[written:]] == ["verified@example.org"]


async def test_an_activation_token_tries_at_most_ten_addresses(town: Town) -> None:
    """A taken address is refused openly, because the association knows whose token this is, but not without end."""
    enrolled = await (await town.an_association()).enrols()
    await Visitor(town).joins("taken@example.org")
    wanted = {"activation_token": enrolled["activation_token"], "password": PASSWORD}

    answers = [
        refusal_in(await Visitor(town).asks("POST", "/auth/activate", {**wanted, "email": "taken@example.org"}))
        for _ in range(11)
    ]

    assert [answer.code for answer in answers] == ["account.email_taken"] * 10 + ["rate.limited"]
    await Visitor(town).posts("/auth/activate", wanted)


async def test_renewed_activation_tokens_share_the_ten_addresses(town: Town) -> None:
    """An association may issue tokens without end, so the limit counts the person and not the token."""
    association = await town.an_association()
    enrolled, other = [await association.enrols(first_name=name) for name in ("Amina", "Samir")]
    await Visitor(town).joins("taken@example.org")
    token, answers = enrolled["activation_token"], []

    for _ in range(4):
        for _ in range(3):
            wanted = {"activation_token": token, "password": PASSWORD, "email": "taken@example.org"}
            answers.append(refusal_in(await Visitor(town).asks("POST", "/auth/activate", wanted)).code)
        token = (await association.posts(f"/beneficiaries/{enrolled['id']}/activation"))["activation_token"]
    unlimited = {**wanted, "activation_token": other["activation_token"]}

    assert answers == ["account.email_taken"] * 10 + ["rate.limited"] * 2
    assert refusal_in(await Visitor(town).asks("POST", "/auth/activate", unlimited)).code == "account.email_taken"


async def test_a_registration_mail_contains_no_text_of_the_registrant(town: Town) -> None:
    await Visitor(town).registers("stranger@example.org", display_name="WIN A CAR https://evil.example")
    (mail,) = await mails(town)

    assert "evil" not in mail.text + mail.html + mail.subject


async def test_a_mailbox_gets_at_most_five_mails_of_a_kind_an_hour(town: Town) -> None:
    await Visitor(town).joins("amina@example.org")
    answers = [
        await Visitor(town).asks("POST", path, body)
        for _ in range(6)
        for path, body in (
            ("/auth/forgot-password", {"email": "Amina@example.org"}),
            ("/auth/register", Visitor(town).registration("amina@EXAMPLE.org")),
        )
    ]

    # The first registration was one of five mails an hour. Refusals reveal nothing: unknown addresses count the same.
    assert [answer.status_code for answer in answers] == [204, 201] * 4 + [204, 429] * 2
    assert len(await mails(town)) == 10


async def test_a_stranger_s_registrations_do_not_use_up_the_links_to_a_new_password(town: Town) -> None:
    stranger, marc = Visitor(town), Visitor(town)
    await Visitor(town).joins("marc@example.org")
    for _ in range(5):
        await stranger.asks("POST", "/auth/register", stranger.registration("marc@example.org", password=WRONG))
    before = len(await mails(town))

    await marc.posts("/auth/forgot-password", {"email": "marc@example.org"})

    (asked,) = (await mails(town))[before:]
    assert asked.link.startswith("/new-password/")


# Guessing passwords


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hashes cheap, for tests that count hundreds of sign-ins."""
    monkeypatch.setattr(passwords, "_argon2", PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))
    monkeypatch.setattr(passwords, "NOBODYS", passwords._argon2.hash("nobody's"))


async def guesses(visitor: Visitor, times: int, name: str = "amina@example.org") -> None:
    for _ in range(times):
        await visitor.sends_sign_in(name, WRONG)


@pytest.mark.usefixtures("quick_hashes")
async def test_ten_wrong_passwords_lock_a_name_for_15_minutes(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins("amina@example.org")
    await amina.joins("other@example.org")
    # From ten IP addresses and in different spellings, it is still one name.
    for number in range(10):
        await guesses(Visitor(town), 1, f" {'AMINA' if number % 2 else 'amina'}@Example.org ")

    anywhere = Visitor(town)
    locked = await anywhere.tries_to_sign_in()
    await anywhere.signs_in("other@example.org")
    await town.clock(await town.now() + timedelta(minutes=16))
    await anywhere.signs_in()

    assert (locked.status, locked.code) == (429, "auth.too_many_tries")
    assert 800 < int(locked.headers["Retry-After"]) <= 900


async def test_control_without_the_count_wrong_passwords_lock_nothing(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    await guesses(Visitor(town), 10)

    await town.changes("delete from app.throttles")

    await Visitor(town).signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_the_right_password_resets_the_count_of_its_name(town: Town) -> None:
    await Visitor(town).joins()
    for _ in range(2):
        amina = Visitor(town)
        await guesses(amina, 9)
        await amina.signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_a_known_device_signs_in_while_a_stranger_guesses(town: Town) -> None:
    amina, stranger, travelling = Visitor(town), Visitor(town), Visitor(town)
    await amina.joins()
    await stranger.joins("stranger@example.org")
    await amina.signs_in(device=PHONE)
    await stranger.signs_in("stranger@example.org", device=LAPTOP)
    await guesses(stranger, 10)

    for nobody_s in ({}, {"device": LAPTOP}, {"device": "another-device-that-nobody-has-seen"}):
        assert (await travelling.tries_to_sign_in(**nobody_s)).code == "auth.too_many_tries"
    for _ in range(2):
        await travelling.signs_in(device=PHONE)
        await amina.signs_in()  # without a secret, she is known by the address and user agent that she confirmed from
    # The stranger's count goes on: a sign-in from a known device does not give a guesser new tries.
    assert (await stranger.tries_to_sign_in(password=WRONG)).code == "auth.too_many_tries"


@pytest.mark.usefixtures("quick_hashes")
async def test_another_user_agent_behind_the_same_address_is_a_stranger(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    await guesses(Visitor(town), 10)

    form = {"username": "amina@example.org", "password": PASSWORD}
    other = refusal_in(await amina.asks("POST", "/auth/token", form=form, headers={"User-Agent": "another"}))

    assert other.code == "auth.too_many_tries"
    await amina.signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_a_known_device_has_ten_tries_of_its_own(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    for device in (PHONE, LAPTOP):
        await amina.signs_in(device=device)
    answers = [await amina.sends_sign_in(password=WRONG, device=PHONE) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert (await amina.tries_to_sign_in(device=PHONE)).code == "auth.too_many_tries"
    await amina.signs_in(device=LAPTOP)
    await Visitor(town).signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_a_mailed_link_gets_through_a_lock(town: Town) -> None:
    stranger, abroad = Visitor(town), Visitor(town)
    await Visitor(town).joins()
    await guesses(stranger, 10)
    locked = await abroad.tries_to_sign_in()

    await abroad.posts("/auth/forgot-password", {"email": "amina@example.org"})
    token = (await mails(town))[-1].token
    await abroad.posts("/auth/reset-password", {"token": token, "password": PASSWORD, "device": PHONE})
    await abroad.signs_in()
    await guesses(stranger, 10)

    assert locked.code == "auth.too_many_tries"
    assert (await Visitor(town).tries_to_sign_in()).code == "auth.too_many_tries"
    await Visitor(town).signs_in(device=PHONE)  # the device that chose the new password is known


@pytest.mark.usefixtures("quick_hashes")
async def test_a_reset_unlocks_a_beneficiary_s_code_and_address(town: Town) -> None:
    enrolled = await (await town.an_association()).enrols()
    amina, names = Visitor(town), ("amina@example.org", enrolled["code"])
    await amina.posts(
        "/auth/activate",
        {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "amina@example.org"},
    )
    await amina.confirms(password=PASSWORD)
    for name in names:
        await guesses(Visitor(town), 10, name)
        assert (await Visitor(town).tries_to_sign_in(name)).code == "auth.too_many_tries"

    await amina.posts("/auth/forgot-password", {"email": "amina@example.org"})
    await amina.posts("/auth/reset-password", {"token": (await mails(town))[-1].token, "password": PASSWORD})

    for name in names:
        await Visitor(town).signs_in(name)


@pytest.mark.usefixtures("quick_hashes")
async def test_a_new_password_forgets_the_devices_that_knew_the_old_one(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    await amina.signs_in(device=PHONE)
    await amina.posts("/auth/forgot-password", {"email": "amina@example.org"})
    elsewhere = Visitor(town)
    await elsewhere.posts("/auth/reset-password", {"token": (await mails(town))[-1].token, "password": PASSWORD})
    await guesses(Visitor(town), 10)

    for known_before in (amina.tries_to_sign_in(), amina.tries_to_sign_in(device=PHONE)):
        assert (await known_before).code == "auth.too_many_tries"
    await elsewhere.signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_devices_are_hashed_and_the_twenty_latest_are_known(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()  # from a device without a secret, the first that is forgotten
    devices = [f"{number:02d}-{PHONE}" for number in range(22)]
    for day, device in enumerate(devices):
        await amina.signs_in(device=device)
        await town.changes("update app.devices set last_used_on = last_used_on - 1")
        assert await town.value("select count(*) from app.devices") == min(day + 2, 20)

    await guesses(Visitor(town), 10)
    known = [(await amina.sends_sign_in(device=device)).status_code for device in (devices[21], devices[2], devices[1])]
    assert known == [200, 200, 429]
    kept = str(await town.rows("select device_hash from app.devices"))
    assert PHONE not in kept
    assert hashlib.sha256(devices[21].encode()).digest().hex() not in kept


@pytest.mark.usefixtures("quick_hashes")
async def test_concurrent_guesses_count_like_sequential_ones(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()

    answers = await asyncio.gather(*(Visitor(town).sends_sign_in(password=f"{WRONG} {n}") for n in range(25)))

    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 15


@pytest.mark.usefixtures("quick_hashes")
async def test_fifty_failures_from_one_ip_address_lock_nobody_else_there(town: Town) -> None:
    amina, elsewhere = Visitor(town), Visitor(town)
    neighbour, guesser = Visitor(town, amina.address), Visitor(town, amina.address)
    for name in ("amina", "neighbour", "target"):
        await elsewhere.joins(f"{name}@example.org")
    answers = await asyncio.gather(*(guesser.sends_sign_in(f"person{n}@example.org", WRONG) for n in range(50)))

    assert {answer.status_code for answer in answers} == {401}
    for _ in range(3):
        await amina.signs_in("amina@example.org")
    # A mistyped password is forgiven; whoever guesses has two tries a name, and no more for a right one in between.
    assert (await neighbour.tries_to_sign_in("neighbour@example.org", WRONG)).code == "auth.wrong_credentials"
    await neighbour.signs_in("neighbour@example.org")
    tries = [await guesser.sends_sign_in("target@example.org", WRONG) for _ in range(3)]
    assert [answer.status_code for answer in tries] == [401, 401, 429]
    assert (await guesser.tries_to_sign_in("target@example.org")).code == "auth.too_many_tries"
    await elsewhere.signs_in("target@example.org")  # the account itself is not locked


@pytest.mark.usefixtures("quick_hashes")
async def test_many_correct_sign_ins_from_one_ip_address_are_not_limited(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    answers = [await amina.sends_sign_in() for _ in range(52)]

    assert {answer.status_code for answer in answers} == {200}
    # Signing in between guesses does not give more of them.
    for _ in range(5):
        await asyncio.gather(*(amina.sends_sign_in(f"person{n}@example.org", WRONG) for n in range(10)))
        await amina.signs_in()
    assert [(await amina.sends_sign_in("person0@example.org", WRONG)).status_code for _ in range(3)] == [401, 401, 429]


@pytest.mark.usefixtures("quick_hashes")
async def test_rate_limits_off_still_locks_a_guessed_account(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_RATE_LIMITS", "off")
    settings.cache_clear()
    amina = Visitor(town)
    await amina.joins()
    await asyncio.gather(*(amina.sends_sign_in(f"person{n}@example.org", WRONG) for n in range(51)))
    for _ in range(3):
        assert (await amina.sends_sign_in("person0@example.org", WRONG)).status_code == 401
    await guesses(amina, 10)

    assert (await amina.tries_to_sign_in()).code == "auth.too_many_tries"


@pytest.mark.parametrize(
    ("path", "body", "most"),
    [
        ("/auth/register", {}, 30),
        ("/auth/forgot-password", {}, 20),
        ("/auth/reset-password", {}, 20),
        ("/auth/activate", {}, 20),
        ("/auth/verify-email", {}, 60),
        ("/auth/refresh", {}, 300),
    ],
)
async def test_each_auth_route_is_limited_by_ip_address(
    lasting_town: Town, path: str, body: dict[str, Any], most: int
) -> None:
    visitor = Visitor(lasting_town)
    answers = [await visitor.asks("POST", path, body) for _ in range(most + 1)]
    elsewhere = await Visitor(lasting_town).asks("POST", path, body)

    assert [answer.status_code for answer in answers] == [422] * most + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert elsewhere.status_code == 422


# Stealing tokens


async def test_a_refresh_token_used_twice_ends_the_session(town: Town) -> None:
    amina, thief = Visitor(town), Visitor(town)
    await amina.joins()
    tokens = await amina.signs_in()

    stolen = await thief.refreshes(tokens)
    caught = await refused(amina.refreshes(tokens))

    assert caught.code == "auth.session_over"
    assert (await refused(thief.refreshes(stolen))).code == "auth.session_over"
    assert "token_reused" in {row[0] for row in await town.rows("select ended_because from app.sessions")}


async def test_control_a_stolen_token_works_until_its_owner_uses_theirs(town: Town) -> None:
    amina, thief = Visitor(town), Visitor(town)
    await amina.joins()
    stolen = await thief.refreshes(await amina.signs_in())

    await thief.refreshes(stolen)


@pytest.mark.parametrize("keys", [False, True])
async def test_two_tabs_that_refresh_at_once_stay_signed_in(town: Town, keys: bool) -> None:
    amina = Visitor(town)
    await amina.joins()
    tokens = await amina.signs_in()

    for _ in range(3):
        answers = await asyncio.gather(
            *(amina.refreshes(tokens, key=f"tab {n} of {uuid4()}" if keys else None) for n in range(20))
        )
        assert {answer["refresh_token"] for answer in answers} == {answers[0]["refresh_token"]}
        tokens = answers[0]

    await amina.sees_me(tokens)


async def test_a_spent_token_is_accepted_from_its_device_for_ten_seconds(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    began = await town.now()

    for seconds, accepted_again in ((9, True), (11, False)):
        await town.clock(began)
        tokens = await amina.signs_in()
        first = await amina.refreshes(tokens)
        await town.clock(began + timedelta(seconds=seconds))
        if accepted_again:
            assert (await amina.refreshes(tokens))["refresh_token"] == first["refresh_token"]
        else:
            assert (await refused(amina.refreshes(tokens))).code == "auth.session_over"
            assert (await refused(amina.refreshes(first))).code == "auth.session_over"


async def test_a_device_is_recognised_by_its_secret_on_any_network(town: Town) -> None:
    wifi, mobile, thief = Visitor(town), Visitor(town), Visitor(town)
    thief.address = wifi.address
    await wifi.joins()
    tokens = await wifi.signs_in()

    first = await wifi.refreshes(tokens, device=PHONE)
    second = await mobile.refreshes(tokens, device=PHONE)

    assert first["refresh_token"] == second["refresh_token"]
    # Behind the same address, another secret or none is another device.
    for other in ({"device": LAPTOP}, {}):
        tokens = await wifi.signs_in()
        held = await wifi.refreshes(tokens, device=PHONE)
        assert (await refused(thief.refreshes(tokens, **other))).code == "auth.session_over"
        assert (await refused(wifi.refreshes(held, device=PHONE))).code == "auth.session_over"


async def test_another_user_agent_behind_the_same_address_is_another_device(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    tokens = await amina.signs_in()
    body = {"refresh_token": tokens["refresh_token"]}

    answers = [
        await amina.asks("POST", "/auth/refresh", body, headers={"User-Agent": agent}) for agent in ("one", "another")
    ]

    assert [answer.status_code for answer in answers] == [200, 401]


async def test_a_refresh_repeated_with_its_key_is_no_theft(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    tokens, key = await amina.signs_in(), str(uuid4())

    answers = await asyncio.gather(*(amina.refreshes(tokens, key=key) for _ in range(20)))

    assert {answer["refresh_token"] for answer in answers} == {answers[0]["refresh_token"]}
    unspent = "select count(*) from app.refresh_tokens where spent_at is null"
    assert await town.value(unspent) == 2  # the other is of the session that confirming the address opened
    following = await amina.refreshes(answers[0], key=key)
    assert following["refresh_token"] != answers[0]["refresh_token"]
    # Once its answer has been used, repeating the request counts as theft.
    assert (await refused(amina.refreshes(tokens, key=key))).code == "auth.session_over"
    assert (await refused(amina.refreshes(following))).code == "auth.session_over"


async def test_a_refresh_repeated_with_another_key_ends_the_session(town: Town) -> None:
    amina, thief = Visitor(town), Visitor(town)
    await amina.joins()
    tokens = await amina.signs_in()
    held = await amina.refreshes(tokens, key="mine")

    assert (await refused(thief.refreshes(tokens, key="a guess"))).code == "auth.session_over"
    assert (await refused(amina.refreshes(held))).code == "auth.session_over"


async def test_no_token_or_password_is_stored_in_the_database(town: Town) -> None:
    amina = Visitor(town)
    await amina.registers("waiting@example.org")
    await amina.joins()
    (mail,) = await mails(town, "waiting@example.org")
    tokens = await amina.refreshes(await amina.signs_in(device=PHONE), key="a key")

    rows: list[str] = []
    for table in await town.rows(
        "select schemaname || '.' || tablename from pg_tables where schemaname in ('app', 'jobs')"
    ):
        rows += [str(row[0]) for row in await town.rows(f"select t::text from {table[0]} t")]  # noqa: S608
    dump = "\n".join(rows)

    assert "Amina B." in dump  # the control: what is stored is found
    for secret in (PASSWORD, mail.token, tokens["refresh_token"], tokens["access_token"], PHONE):
        assert secret not in dump
        assert hashlib.sha256(mail.code.encode()).digest().hex() not in dump  # six digits are quickly tried out
    assert "waiting@" not in dump


async def test_request_fingerprints_are_keyed_against_password_guessing(town: Town) -> None:
    """A plain hash of a body with a password would allow a billion guesses a second, so the fingerprint is keyed."""
    body = json.dumps(Visitor(town).registration()).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": "a key"}
    accepted(await town.request("POST", "/v1/auth/register", content=body, headers=headers))

    plain = hashlib.sha256(b"\0".join((b"POST", b"/v1/auth/register", body))).digest()
    keyed = hmac.digest(settings().derived_key("idempotency"), plain, "sha256")

    assert [row[0] for row in await town.rows("select fingerprint from app.idempotency_keys")] == [keyed]


async def test_answers_with_tokens_are_never_cached(town: Town) -> None:
    amina = Visitor(town)
    registered = await amina.asks("POST", "/auth/register", amina.registration())
    code = (await mails(town))[0].code
    confirmed = await amina.asks("POST", "/auth/verify-email", {"email": "amina@example.org", "code": code})
    signed_in = await amina.sends_sign_in()
    refreshed = await amina.asks("POST", "/auth/refresh", {"refresh_token": signed_in.json()["refresh_token"]})
    me = await amina.asks("GET", "/me", token=signed_in.json()["access_token"])

    assert {a.headers["cache-control"] for a in (registered, confirmed, signed_in, refreshed, me)} == {"no-store"}


# Forging tokens


def forged(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    """Return a token made by hand, because PyJWT refuses to make most of these."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signature = hmac.digest(key, b".".join(parts), "sha256") if header["alg"] == "HS256" else b""
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


async def test_forged_access_tokens_are_refused(town: Town) -> None:
    marc = await town.a_customer()
    own = Ed25519PrivateKey.from_private_bytes(settings().derived_key("access-tokens"))
    now = int(time.time())
    good = {"sub": str(marc.id), "iss": town.url or "", "aud": "authenticated", "iat": now, "exp": now + 60}
    kid = (await town.request("GET", "/.well-known/jwks.json")).json()["keys"][0]["kid"]
    raw = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def signed(key: Ed25519PrivateKey = own, **changed: Any) -> str:
        claims = {name: value for name, value in {**good, **changed}.items() if value is not None}
        return jwt.encode(claims, key, "EdDSA", headers={"kid": kid})

    forgeries = {
        "another key": signed(Ed25519PrivateKey.generate()),
        "expired": signed(exp=now - 10),
        "not yet valid": signed(nbf=now + 60),
        "another issuer": signed(iss="https://elsewhere.example"),
        "another audience": signed(aud="anon"),
        "no expiry": signed(exp=None),
        "no subject": signed(sub=None),
        "no audience": signed(aud=None),
        "no issuer": signed(iss=None),
        "a subject that is no id": signed(sub="marc"),
        "no signature": forged({"alg": "none", "typ": "JWT"}, good, b""),
        "our public key as a secret": forged({"alg": "HS256", "kid": kid}, good, raw),
        "our public key, written out, as a secret": forged({"alg": "HS256", "kid": kid}, good, pem),
        "a signature cut off": signed().rpartition(".")[0] + ".",
        "nested": urlsafe_b64encode(b"[" * 4000).decode() + ".e30.",
        "too long": signed(padding="x" * 9000),
        "nothing like a token": "marc",
    }
    refusals = {
        name: refusal_in(await town.request("GET", "/v1/me", headers={"Authorization": f"Bearer {token}"})).code
        for name, token in forgeries.items()
    }
    sound = await town.request("GET", "/v1/me", headers={"Authorization": f"Bearer {signed()}"})

    assert set(refusals.values()) == {"access.unauthenticated"}, refusals
    assert accepted(sound).json()["id"] == str(marc.id)


def test_control_trusting_the_header_accepts_a_public_key_as_secret() -> None:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    token = forged({"alg": "HS256"}, {"sub": "anyone"}, raw)

    believed = jwt.get_unverified_header(token)["alg"]

    assert jwt.decode(token, raw, [believed])["sub"] == "anyone"


async def test_a_cached_token_still_expires(town: Town) -> None:
    marc = await town.a_customer()
    key = Ed25519PrivateKey.from_private_bytes(settings().derived_key("access-tokens"))
    await town.ensure_served()
    claims = {"sub": str(marc.id), "iss": town.url, "aud": "authenticated", "exp": time.time() + 1.5}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, key, 'EdDSA')}"}

    first = await town.request("GET", "/v1/me", headers=headers)
    await asyncio.sleep(2)
    second = await town.request("GET", "/v1/me", headers=headers)

    assert [first.status_code, second.status_code] == [200, 401]


@pytest.mark.parametrize(
    "body",
    [
        b'{"refresh_token": "\\u0000"}',
        b'{"refresh_token": "\\ud800"}',
        b'{"refresh_token": NaN}',
        b'{"refresh_token": ["x"]}',
        b'{"refresh_token": "x", "role": "admin"}',
        b'{"refresh_token": ""}',
        b'{"refresh_token": "' + b"x" * 201 + b'"}',
        b"\xff",
    ],
)
async def test_malformed_bodies_are_refused(lasting_town: Town, body: bytes) -> None:
    for path in ("refresh", "logout"):
        answer = await lasting_town.request(
            "POST", f"/v1/auth/{path}", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "form",
    [
        b"username=a%00b&password=x",
        b"username=amina@example.org",
        b"password=x",
        b"username=a&password=x&role=admin",
        b"username=a&password=x&grant_type=client_credentials",
        b"username=" + b"a" * 1001 + b"&password=x",
        b"username=a&password=" + b"a" * 1001,
        b"",
    ],
)
async def test_malformed_sign_in_forms_are_refused(lasting_town: Town, form: bytes) -> None:
    answer = await lasting_town.request(
        "POST", "/v1/auth/token", content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert refusal_in(answer).status == 422


@pytest.mark.parametrize("form", [b"username=%ed%a0%80&password=%ed%a0%80", b"username=\xff&password=\xff"])
async def test_invalid_utf_8_credentials_are_refused_as_wrong(lasting_town: Town, form: bytes) -> None:
    answer = await lasting_town.request(
        "POST", "/v1/auth/token", content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert refusal_in(answer).code == "auth.wrong_credentials"
