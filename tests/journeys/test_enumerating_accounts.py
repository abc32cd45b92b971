"""Enumerating accounts: answers, and the work for them, are the same for every address; mails are limited."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from backend.accounts import passwords
from backend.sealing.seals import address_look_up, keyring
from tests.town import Town, refused
from tests.town.answers import refusal_in
from tests.visitors import PASSWORD, Visitor, mails

WRONG = "not the right password"


def without_id(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "request_id"}


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
    assert [jobs[0][0] for _, jobs in work["/auth/forgot-password"]] == ["notices.deliver"] * 4
    assert [steps.count("hash") for steps, _ in work["/auth/register"]] == [1] * 4


# How forgot-password looked addresses up until it did the same work for each.
QUEUED_ONLY_IF_KNOWN = """
    create or replace function app.ask_password_reset(given_email text, email_lookup bytea) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    declare account uuid := app.holder_of_address(given_email, email_lookup);
    begin
        if account is not null then
            perform app.queue_mail('reset_password', account);
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


async def test_a_stranger_s_registrations_do_not_use_up_password_links(town: Town) -> None:
    stranger, marc = Visitor(town), Visitor(town)
    await Visitor(town).joins("marc@example.org")
    for _ in range(5):
        await stranger.asks("POST", "/auth/register", stranger.registration("marc@example.org", password=WRONG))
    before = len(await mails(town))

    await marc.posts("/auth/forgot-password", {"email": "marc@example.org"})

    (asked,) = (await mails(town))[before:]
    assert asked.link.startswith("/new-password/")
