"""Shops that are invited by others: the mail, what becomes of it, and what nobody learns from it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from backend.accounts.tokens import token_hash
from backend.sealing.seals import address_look_up, keyring
from tests.town import Merchant, Town
from tests.town.answers import accepted, refusal_in
from tests.town.databases import become
from tests.town.people import Person
from tests.town.things import Shop
from tests.visitors import Visitor, mails

CHEESE = "fromagerie@example.org"


async def invites(person: Person, shop: Shop, email: str | None = CHEESE, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await person.posts(f"/shops/{shop.id}/shop-invitations", {"email": email, **fields})
    return made


async def invited(town: Town, shop: Shop, email: str = CHEESE) -> str:
    """Invite an address; return the token of its mail."""
    await invites(shop.merchant, shop, email)
    return (await mails(town, email))[-1].token


async def counted(shop: Shop) -> tuple[int | None, ...]:
    found = await shop.merchant.gets(f"/shops/{shop.id}/shop-invitations")
    return tuple(found[name] for name in ("invited", "opened", "registered", "verified", "first_lot"))


async def joins(town: Town, token: str, email: str = CHEESE, **fields: Any) -> Merchant:
    visitor = Visitor(town)
    account = await visitor.joins(email, role="merchant", display_name="Rose", invitation=token, **fields)
    known = await town.value("select id from app.accounts where email = $1", email)
    assert str(known) == account["id"]
    return Merchant(town, known, "Rose", email)


async def opens_shop(town: Town, merchant: Merchant) -> Shop:
    """Let a merchant register a shop and an admin verify it."""
    made = await merchant.registers_shop(name="Fromagerie du Pont")
    await (await town.an_admin()).verifies_shop(made["id"])
    return Shop(made["id"], merchant, 48.58, 7.75)


async def told(person: Person) -> list[str]:
    notices = (await person.gets("/notices"))["data"]
    return [one["title"] for one in notices if one["event"] == "invited_shop_publishes"]


async def test_an_invited_shop_is_counted_at_each_step_up_to_its_first_lot(town: Town) -> None:
    shop = await town.a_shop()
    for other in ("un@example.org", "deux@example.org"):
        await invites(shop.merchant, shop, other)
    token = await invited(town, shop)
    shown = (await town.request("GET", f"/v1/shop-invitations/{token}")).json()
    at_first = await counted(shop)
    accepted(await town.request("POST", f"/v1/shop-invitations/{token}/open"))
    opened = await counted(shop)
    rose = await joins(town, token, invitation_named=True)
    registered = await counted(shop)
    hers = await opens_shop(town, rose)
    verified = await counted(shop)
    await rose.lists(hers)
    await rose.lists(hers)

    assert shown["shop"] == "Boulangerie du Marché"
    assert [at_first, opened, registered, verified] == [
        (3, 0, 0, 0, 0),
        (3, 1, 0, 0, 0),
        (3, 1, 1, 0, 0),
        (3, 1, 1, 1, 0),
    ]
    assert await counted(shop) == (3, 1, 1, 1, 1)
    assert await told(shop.merchant) == ["Fromagerie du Pont publie ses premiers invendus"]
    # The link worked once.
    again = await town.request("GET", f"/v1/shop-invitations/{token}")
    assert refusal_in(again).code == "invitation.not_found"
    month = (await (await town.an_admin("Omar")).gets("/admin/shop-invitations"))["data"]
    assert [{name: one[name] for name in one if name != "month"} for one in month] == [
        {"invited": 3, "opened": 1, "refused": 0, "registered": 1, "verified": 1, "first_lot": 1}
    ]


async def test_a_shop_that_did_not_agree_is_counted_and_not_named(town: Town) -> None:
    shop = await town.a_shop()
    for other in ("un@example.org", "deux@example.org"):
        await invites(shop.merchant, shop, other)
    rose = await joins(town, await invited(town, shop))
    await rose.lists(await opens_shop(town, rose))

    assert await counted(shop) == (3, 1, 1, 1, 1)
    assert await told(shop.merchant) == []
    assert await mails(town, shop.merchant.email) == []


async def test_control_without_the_agreement_the_invited_shop_would_be_named(town: Town) -> None:
    unprotected = await town.value("select pg_get_functiondef('app.invited_shop_publishes'::regproc)")
    await town.changes(unprotected.replace("continue when not invited.named;", ""))
    shop = await town.a_shop()
    rose = await joins(town, await invited(town, shop))
    await rose.lists(await opens_shop(town, rose))

    assert len(await told(shop.merchant)) == 1


async def test_one_or_two_invitations_do_not_tell_who_answered(town: Town) -> None:
    shop = await town.a_shop()
    await joins(town, await invited(town, shop))

    assert await counted(shop) == (1, None, None, None, None)
    await invites(shop.merchant, shop, "deux@example.org")
    assert await counted(shop) == (2, None, None, None, None)
    await invites(shop.merchant, shop, "trois@example.org")
    assert await counted(shop) == (3, 1, 1, 0, 0)


async def test_a_link_to_print_is_shown_once_and_works_once(town: Town) -> None:
    shop = await town.a_shop()
    made = await invites(shop.merchant, shop, None, name="Fromagerie du Pont")

    assert (made["name"], made["left_this_week"]) == ("Fromagerie du Pont", 19)
    token = made["link"].rpartition("/join-shop/")[2]
    kept = await town.rows("select lookup, sealed, token_hash from app.shop_invitations")
    assert [tuple(row) for row in kept] == [(None, None, token_hash(token))]
    await joins(town, token)
    assert await town.value("select count(*) from app.shop_invitations where registered_at is not null") == 1
    other = await joins(town, token, "autre@example.org")
    assert await town.value("select count(*) from app.shop_invitations where account_id = $1", other.id) == 0


@pytest.mark.parametrize("token", ["x", "0" * 43])
async def test_a_registration_with_a_wrong_invitation_still_succeeds(town: Town, token: str) -> None:
    merchant = await joins(town, token)

    assert await town.value("select count(*) from app.accounts where id = $1", merchant.id) == 1
    assert await town.value("select count(*) from app.shop_invitations") == 0


async def test_only_merchants_use_up_an_invitation_and_not_whoever_made_it(town: Town) -> None:
    shop = await town.a_shop()
    token = (await invites(shop.merchant, shop, None))["link"].rpartition("/")[2]
    await Visitor(town).joins("cliente@example.org", invitation=token)
    await town.changes(
        "do $$ begin perform app.answer_shop_invitation(owner_id, (select token_hash from app.shop_invitations), true)"
        " from app.shops; end $$"
    )

    assert await town.value("select registered_at from app.shop_invitations") is None


async def test_refusing_ends_the_invitation_and_all_later_ones(town: Town) -> None:
    shop, other = await town.a_shop(), await town.a_shop(await town.a_merchant("Gilles"))
    token = await invited(town, shop)
    mail = (await mails(town, CHEESE))[-1]

    for _ in range(2):
        refused = await town.request("POST", f"/v1/shop-invitations/{token}/refuse")
        assert refused.status_code == 204
    await town.clock(await town.now() + timedelta(days=40))
    await invites(other.merchant, other)

    assert f"/no-invitations/{token}" in mail.text
    assert len(await mails(town, CHEESE)) == 1
    assert refusal_in(await town.request("GET", f"/v1/shop-invitations/{token}")).code == "invitation.not_found"
    unknown = await town.request("POST", "/v1/shop-invitations/unknown/refuse")
    assert refusal_in(unknown).code == "invitation.not_found"
    assert await town.value("select count(sealed) from app.shop_invitations where refused_at is not null") == 0


async def test_an_address_gets_one_mail_within_thirty_days_whoever_invites(town: Town) -> None:
    shop, other = await town.a_shop(), await town.a_shop(await town.a_merchant("Gilles"))
    await invites(shop.merchant, shop)
    await invites(shop.merchant, shop)
    await invites(other.merchant, other, CHEESE.upper())
    assert len(await mails(town, CHEESE)) == 1

    await town.clock(await town.now() + timedelta(days=31))
    await invites(other.merchant, other)
    assert len(await mails(town, CHEESE)) == 2


async def test_an_address_with_an_account_gets_no_mail_and_the_same_answer(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer()
    known = await shop.merchant.asks("POST", f"/shops/{shop.id}/shop-invitations", {"email": amina.email})
    new = await shop.merchant.asks("POST", f"/shops/{shop.id}/shop-invitations", {"email": CHEESE})

    assert known.status_code == new.status_code == 201
    assert known.json().keys() == new.json().keys()
    assert (known.json()["link"], new.json()["link"]) == (None, None)
    assert set(known.headers) == set(new.headers)
    assert len(await mails(town, CHEESE)) == 1
    assert await mails(town, amina.email) == []


# The act if it looked up whether the address belongs to somebody.
LOOKS_UP = """
    if address_lookup is not null and not exists (
        select from app.sealed_addresses s where s.lookup = address_lookup) then
        perform app.queue_mail('shop_invitation', invitation);
    end if;
"""


@pytest.mark.parametrize("control", [False, True])
async def test_inviting_reads_and_writes_the_same_rows_for_every_address(town: Town, control: bool) -> None:
    """The work is compared by the rows that the statement read or wrote in each table."""
    shop = await town.a_shop()
    enrolled = await (await town.an_association()).enrols()
    body = {"activation_token": enrolled["activation_token"], "password": "un vélo bleu sous la pluie"}
    await Visitor(town).posts("/auth/activate", {**body, "email": "ines@example.org"})
    await Visitor(town).joins("amina@example.org")
    await invited(town, shop, "avant@example.org")
    if control:
        source = await town.value("select pg_get_functiondef('app.invite_shop'::regproc)")
        line = "if address_lookup is not null then perform app.queue_mail('shop_invitation', invitation); end if;"
        assert line in source
        await town.changes(source.replace(line, LOOKS_UP))

    async def work(email: str) -> dict[str, tuple[int, ...]]:
        async with town.copy.connection() as connection, connection.transaction():
            look_up = address_look_up(keyring(), email)
            await become(connection, shop.merchant.id)
            await connection.fetchrow("select * from app.invite_shop($1, $2, 'sealed', $3)", shop.id, look_up, look_up)
            await connection.execute("reset role")
            rows = await connection.fetch(
                "select schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del, seq_scan, idx_scan"
                " from pg_stat_xact_user_tables where schemaname in ('app', 'jobs')"
                " and n_tup_ins + n_tup_upd + n_tup_del + seq_scan + coalesce(idx_scan, 0) > 0"
            )
            return {row[0]: tuple(row)[1:] for row in rows}

    done = [await work(f"{who}@example.org") for who in ("nobody", "amina", "ines", "avant")]

    assert all(one == done[0] for one in done) is not control


async def test_inviting_sends_the_same_statements_for_every_address(town: Town) -> None:
    shop = await town.a_shop()
    await Visitor(town).joins("amina@example.org")
    await invited(town, shop, "avant@example.org")
    sent: list[str] = []

    def sending(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", sending)
    try:
        work = []
        for who in ("nobody", "amina", "avant"):
            sent.clear()
            await invites(shop.merchant, shop, f"{who}@example.org")
            work.append(list(sent))
    finally:
        event.remove(Engine, "before_cursor_execute", sending)

    assert work[0]
    assert work[0] == work[1] == work[2]


async def test_a_shop_makes_twenty_invitations_in_seven_days(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes(
        "insert into app.shop_invitations (shop_id, created_at, ends_at)"
        " select $1, app.clock() - interval '1 day', app.clock() + interval '1 day' from generate_series(1, 19)",
        shop.id,
    )
    last = await invites(shop.merchant, shop)
    over = await shop.merchant.asks("POST", f"/shops/{shop.id}/shop-invitations", {"email": "x@example.org"})

    assert last["left_this_week"] == 0
    assert refusal_in(over).code == "shop_invitation.week_full"
    await town.clock(await town.now() + timedelta(days=6, hours=1))
    assert (await invites(shop.merchant, shop, "x@example.org"))["left_this_week"] == 18


async def test_only_owners_and_staff_of_a_verified_shop_invite(town: Town) -> None:
    shop, waiting = await town.a_shop(), await town.a_shop(await town.a_merchant("Pas encore"), verified=False)
    reader = await town.a_customer()
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'reader', now())",
        shop.id,
        reader.id,
    )

    for person, code in ((reader, "shop.not_found"), (waiting.merchant, "shop.not_found")):
        for method, body in (("POST", {"email": CHEESE}), ("GET", None)):
            answer = await person.asks(method, f"/shops/{shop.id}/shop-invitations", body)
            assert refusal_in(answer).code == code
    unverified = await waiting.merchant.asks("POST", f"/shops/{waiting.id}/shop-invitations", {"email": CHEESE})
    assert refusal_in(unverified).code == "invitation.workplace_unverified"
    assert (await shop.merchant.asks("GET", "/admin/shop-invitations")).status_code == 403
    assert await town.value("select count(*) from app.shop_invitations") == 0


async def test_an_invited_address_is_forgotten_after_ninety_days_but_counted(town: Town) -> None:
    shop = await town.a_shop()
    for number in range(3):
        await invited(town, shop, f"a{number}@example.org")
    token = await invited(town, shop)
    stored = await town.value("select string_agg(t::text, ' ') from app.shop_invitations t")
    assert CHEESE not in stored
    assert token not in stored

    await town.clock(await town.now() + timedelta(days=91))
    await town.changes("do $$ begin perform app.prune(100); end $$")

    left = await town.value(
        "select count(*) from app.shop_invitations where num_nonnulls(lookup, sealed, token_hash) > 0"
    )
    assert left == 0
    assert await counted(shop) == (4, 0, 0, 0, 0)


async def test_the_export_holds_invitations_made_and_used_without_addresses(town: Town) -> None:
    shop = await town.a_shop()
    rose = await joins(town, await invited(town, shop))

    async def exported(person: Person) -> list[dict[str, Any]]:
        async with town.copy.connection() as connection, connection.transaction():
            await become(connection, person.id)
            rows = await connection.fetch("select * from app.export_account()")
        return next(json.loads(row[1]) for row in rows if row[0] == "shop_invitations")

    [made], [used] = await exported(shop.merchant), await exported(rose)

    assert (made["by_you"], made["by_mail"], "registered_at" in made) == (True, True, False)
    assert (used["by_you"], used["shop"], used["named"]) == (False, "Boulangerie du Marché", False)
    assert CHEESE not in json.dumps([made, used])


async def test_erasing_an_invited_merchant_leaves_a_count_alone(town: Town) -> None:
    shop = await town.a_shop()
    rose = await joins(town, await invited(town, shop))
    await town.changes("do $$ begin perform app.forget_person(account_id) from app.shop_invitations; end $$")

    [row] = await town.rows("select * from app.shop_invitations")
    assert [row[name] for name in ("account_id", "lookup", "sealed", "token_hash", "named")] == [*[None] * 4, False]
    assert row["registered_at"] is not None
    await town.changes(f"do $$ begin perform app.forget_person('{shop.merchant.id}'); end $$")
    assert await town.value("select invited_by from app.shop_invitations") is None
    assert rose.id is not None
