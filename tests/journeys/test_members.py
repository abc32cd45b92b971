"""Members of a shop: invited by mail, they work under their own name until they leave or are removed."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.photographs import file_of, two_colours
from tests.town import Merchant, Shop, Town, refused
from tests.town.answers import accepted
from tests.town.people import Person
from tests.town.things import recurring_listing
from tests.visitors import PASSWORD, Visitor, mails


async def _invites(owner: Person, shop: Shop, email: str | None, role: str = "staff") -> dict[str, Any]:
    invited: dict[str, Any] = await owner.posts(f"/shops/{shop.id}/members", {"email": email, "role": role})
    return invited


async def _joins(town: Town, person: Person, shop: Shop, role: str = "staff") -> str:
    """Let a shop's owner invite a person, and the person accept; return the member's id."""
    await _invites(shop.merchant, shop, person.email, role)
    mail = (await mails(town, person.email))[-1]
    joined = await person.posts(f"/invitations/{mail.token}/accept")
    return str(joined["member_id"])


async def _changes(owner: Person, shop: Shop, member: str, role: str) -> Any:
    return accepted(await owner.asks("PATCH", f"/shops/{shop.id}/members/{member}", {"role": role})).json()


async def _removes(owner: Person, shop: Shop, member: str) -> None:
    accepted(await owner.asks("DELETE", f"/shops/{shop.id}/members/{member}"))


async def _member_id(town: Town, person: Person, shop: Shop) -> str:
    return str(
        await town.value("select id from app.members where account_id = $1 and shop_id = $2", person.id, shop.id)
    )


def _as_merchant(person: Person) -> Merchant:
    """Return the person with a merchant's verbs; the account keeps its role."""
    return Merchant(person.town, person.id, person.name, person.email)


async def test_an_assistant_with_a_customer_account_works_at_the_counter(town: Town) -> None:
    lea, amina = await town.a_customer("Léa"), await town.a_customer("Amina")
    shop = await town.a_shop()
    assistant = _as_merchant(lea)
    assert (await refused(assistant.lists(shop))).code == "access.forbidden"

    invited = await _invites(shop.merchant, shop, lea.email)
    mail = (await mails(town, lea.email))[-1]
    shown = (await town.request("GET", f"/v1/invitations/{mail.token}")).json()
    joined = await lea.posts(f"/invitations/{mail.token}/accept")
    listed = await assistant.lists(shop)
    lot = await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5))
    bought = await amina.buys(lot)
    await assistant.hands_over(await amina.pass_for(bought))

    assert (shown["kind"], shown["name"], shown["role"]) == ("shop", "Boulangerie du Marché", "staff")
    assert shown["ends_at"] == invited["ends_at"]
    assert (joined["kind"], joined["id"], joined["role"]) == ("shop", str(shop.id), "staff")
    assert (await lea.gets("/me/memberships"))["data"] == [joined]
    assert (await lea.gets("/me"))["role"] == "customer"
    assert [one["id"] for one in (await lea.gets("/shops"))["data"]] == [str(shop.id)]
    # The counter's reservations are those of the named shop; without it a customer sees their own.
    assert [one["id"] for one in (await lea.gets("/reservations", shop=str(shop.id)))["data"]] == [str(bought.id)]
    assert (await lea.gets("/reservations"))["data"] == []
    seen = await lea.gets(f"/reservations/{bought.id}")
    assert (seen["status"], seen["total_cents"]) == ("picked_up", None)
    # What was done has the name of the person who did it.
    assert await town.value("select handed_over_by from app.reservations where id = $1", bought.id) == lea.id
    assert (
        await town.value(
            "select actor_id from app.audit_entries where action = 'lot.published' and subject_id = $1::text::uuid",
            listed["id"],
        )
        == lea.id
    )
    # Only owners edit the shop, its members and its agreements.
    assert (await lea.asks("PATCH", f"/shops/{shop.id}", {"name": "Chez Léa"})).status_code == 404
    assert (await lea.asks("GET", f"/shops/{shop.id}/members")).status_code == 404
    assert (
        await lea.asks("POST", f"/shops/{shop.id}/members", {"email": "x@example.org", "role": "staff"})
    ).status_code == 404


async def test_an_assistant_drafts_from_photos_until_they_are_removed(town: Town) -> None:
    lea, shop = await town.a_customer("Léa"), await town.a_shop()
    assert (await lea.sends_photo(file_of(two_colours()))).status_code == 403
    member = await _joins(town, lea, shop)

    draft = await lea.photographs(file_of(two_colours()))
    photo = draft["photo_id"]
    seen = (await lea.asks("GET", f"/photos/{photo}/card")).status_code
    await _removes(shop.merchant, shop, member)

    assert seen == 200
    assert (await lea.asks("GET", f"/photos/{photo}/card")).status_code == 404
    assert (await lea.sends_photo(file_of(two_colours()))).status_code == 403
    # The shop may go on with the photo of who works there, but not with that of somebody who left.
    refusal = await refused(shop.merchant.lists(shop, photo_id=photo))
    assert refusal.code == "lot.photo_unknown"


async def test_a_removed_members_token_does_nothing_on_the_next_request(town: Town) -> None:
    lea, amina = await town.a_customer("Léa"), await town.a_customer("Amina")
    shop, assistant = await town.a_shop(), _as_merchant(lea)
    member = await _joins(town, lea, shop)
    listed = await assistant.lists(shop, publish=False)
    lot = await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5))
    bought = await amina.buys(lot)
    shown = await amina.pass_for(bought)
    requests: list[tuple[str, str, Any]] = [
        ("GET", f"/lots/{listed['id']}", None),
        ("PATCH", f"/lots/{listed['id']}", {"title": "Autre"}),
        ("POST", f"/lots/{lot.id}/withdraw", None),
        ("POST", "/lots", await town.lot_fields(shop)),
        ("GET", f"/reservations?shop={shop.id}", None),
        ("GET", f"/reservations/{bought.id}", None),
        ("POST", "/pickups", {"qr": shown.qr, "pin": shown.pin}),
        ("GET", f"/impact/shops/{shop.id}", None),
        ("GET", f"/shops/{shop.id}/recurring-listings", None),
        ("GET", "/agreements", None),
        ("DELETE", f"/shops/{shop.id}/members/{member}", None),
    ]
    before = await lea.asks("GET", f"/lots/{listed['id']}")
    held = await _things(town)

    await _removes(shop.merchant, shop, member)
    answers = [
        (await lea.asks(method, path, body, key=str(uuid4()) if method == "POST" else None))
        for method, path, body in requests
    ]

    assert before.status_code == 200
    assert {answer.status_code for answer in answers} <= {403, 404}, [answer.text for answer in answers]
    assert await _things(town) == held
    assert (await lea.gets("/me/memberships"))["data"] == []
    export = await town.rows("select action from app.audit_entries where subject_id = $1 order by id", lea.id)
    assert [row["action"] for row in export] == ["member.joined", "member.removed"]


async def _things(town: Town) -> Any:
    return (
        await town.rows(
            "select id, title, status, remaining from app.lots join app.lot_stock on lot_id = id order by id"
        ),
        await town.rows("select id, status from app.reservations order by id"),
    )


async def test_readers_read_figures_and_change_nothing(town: Town) -> None:
    lea, amina = await town.a_customer("Léa"), await town.a_customer("Amina")
    shop, reader = await town.a_shop(), _as_merchant(lea)
    listing = await shop.merchant.posts("/recurring-listings", _listing(shop))
    await _joins(town, lea, shop, "reader")
    lot = await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5))
    bought = await amina.buys(lot)

    assert (await lea.gets(f"/impact/shops/{shop.id}"))["meals"] == 0
    assert (await lea.gets(f"/recurring-listings/{listing['id']}"))["active"] is True
    assert (await refused(reader.lists(shop))).code == "shop.not_found"
    assert (await refused(reader.withdraws(lot))).code == "lot.not_found"
    assert (await reader.tries_to_hand_over(await amina.pass_for(bought))).code == "access.forbidden"
    assert (await lea.asks("GET", "/reservations", params={"shop": str(shop.id)})).status_code == 404
    assert (await lea.asks("GET", f"/reservations/{bought.id}")).status_code == 404
    assert (await lea.asks("PATCH", f"/lots/{lot.id}", {"title": "Autre"})).status_code == 404
    assert (await lea.asks("PATCH", f"/shops/{shop.id}", {"name": "Autre"})).status_code == 404
    for method, path, body in (
        ("PATCH", "", {"title": "Autre"}),
        ("POST", "/pause", None),
        ("PUT", "/days/2030-06-10", {"skipped": True}),
        ("DELETE", "/days/2030-06-10", None),
    ):
        answer = await lea.asks(method, f"/recurring-listings/{listing['id']}{path}", body)
        assert answer.status_code == 404, (method, path, answer.text)
    assert await town.value("select active from app.recurring_listings") is True


def _listing(shop: Shop) -> Any:
    return recurring_listing(shop.id)


async def test_only_the_invited_confirmed_address_accepts_once(town: Town) -> None:
    lea, karim, odile = await town.a_customer("Léa"), await town.a_customer("Karim"), await town.an_admin()
    unsure = await town.a_customer("Pas confirmé")
    shop = await town.a_shop()
    await _invites(shop.merchant, shop, lea.email)
    token = (await mails(town, lea.email))[-1].token
    await town.changes("update app.accounts set email_verified_at = null where id = $1", unsure.id)

    assert (await refused(karim.posts(f"/invitations/{token}/accept"))).code == "invitation.other_address"
    assert (await refused(unsure.posts(f"/invitations/{token}/accept"))).code == "invitation.other_address"
    assert (await refused(lea.posts(f"/invitations/{token[:-1]}x/accept"))).code == "invitation.not_found"
    assert await town.value("select count(*) from app.members where account_id is not null") == 1
    await lea.posts(f"/invitations/{token}/accept")
    assert (await refused(lea.posts(f"/invitations/{token}/accept"))).code == "invitation.not_found"
    assert (await town.request("GET", f"/v1/invitations/{token}")).status_code == 404
    assert (await refused(_invites(shop.merchant, shop, (lea.email or "").upper()))).code == "member.already"
    # Admins are members of nothing.
    await _invites(shop.merchant, shop, odile.email)
    refusal = await refused(odile.posts(f"/invitations/{(await mails(town, odile.email))[-1].token}/accept"))
    assert refusal.code == "access.forbidden"
    assert (
        await town.rows(
            "select from app.members where account_id is not null and num_nonnulls(sealed, lookup, token_hash) > 0"
        )
        == []
    )


async def test_an_invitation_ends_after_a_week_or_when_replaced(town: Town) -> None:
    lea, shop = await town.a_customer("Léa"), await town.a_shop()
    first = await _invites(shop.merchant, shop, lea.email)
    earlier = (await mails(town, lea.email))[-1].token
    again = await _invites(shop.merchant, shop, lea.email, "reader")
    later = (await mails(town, lea.email))[-1].token

    assert (again["id"], again["role"], again["email"]) == (first["id"], "reader", lea.email)
    assert (await refused(lea.posts(f"/invitations/{earlier}/accept"))).code == "invitation.not_found"
    await town.clock(await town.now() + timedelta(days=7, minutes=1))
    assert (await refused(lea.posts(f"/invitations/{later}/accept"))).code == "invitation.not_found"
    third = await _invites(shop.merchant, shop, lea.email)
    newest = (await mails(town, lea.email))[-1].token
    await _removes(shop.merchant, shop, third["id"])
    assert (await refused(lea.posts(f"/invitations/{newest}/accept"))).code == "invitation.not_found"
    assert str(lea.email) not in str(await town.rows("select * from app.members"))


async def test_invitations_need_a_verified_shop_and_a_role_that_is_no_owner(town: Town) -> None:
    sophie = await town.a_merchant()
    pending = await town.a_shop(merchant=sophie, verified=False)
    shop = await town.a_shop(merchant=sophie)

    assert (await refused(_invites(sophie, pending, "lea@example.org"))).code == "invitation.workplace_unverified"
    assert (await refused(_invites(sophie, shop, "lea@example.org", "owner"))).code == "request.invalid"
    assert (await refused(_invites(sophie, shop, "lea"))).code == "request.invalid"
    assert (await refused(_invites(await town.a_merchant("Gilles"), shop, "lea@example.org"))).code == "shop.not_found"
    assert await mails(town) == []


async def test_ownership_is_handed_over_and_the_last_owner_cannot_leave(town: Town) -> None:
    lea, shop = await town.a_customer("Léa"), await town.a_shop()
    sophie = shop.merchant
    own = await _member_id(town, sophie, shop)
    invited = await _invites(sophie, shop, "karim@example.org")
    member = await _joins(town, lea, shop)

    assert (await refused(_changes(sophie, shop, invited["id"], "owner"))).code == "member.not_joined"
    assert (await refused(_removes(sophie, shop, own))).code == "member.last_owner"
    assert (await refused(_changes(sophie, shop, own, "staff"))).code == "member.last_owner"
    assert (await _changes(sophie, shop, member, "owner"))["role"] == "owner"
    assert await town.value("select owner_id from app.shops") == sophie.id
    assert (await _changes(sophie, shop, own, "staff"))["role"] == "staff"
    assert await town.value("select owner_id from app.shops") == lea.id
    assert (await sophie.asks("GET", f"/shops/{shop.id}/members")).status_code == 404
    listed = (await lea.gets(f"/shops/{shop.id}/members"))["data"]
    assert [(one["email"], one["role"], one["status"], one["you"]) for one in listed] == [
        (sophie.email, "staff", "joined", False),
        ("karim@example.org", "staff", "invited", False),
        (lea.email, "owner", "joined", True),
    ]
    await _removes(sophie, shop, own)  # leaves
    assert (await refused(sophie.lists(shop))).code == "shop.not_found"
    assert (await lea.asks("PATCH", f"/shops/{shop.id}", {"name": "Chez Léa"})).status_code == 200
    actions = await town.rows("select action, actor_id from app.audit_entries where action like 'member.%' order by id")
    assert [(row["action"], row["actor_id"]) for row in actions] == [
        ("member.invited", sophie.id),
        ("member.invited", sophie.id),
        ("member.joined", lea.id),
        ("member.role_changed", sophie.id),
        ("member.role_changed", sophie.id),
        ("member.left", sophie.id),
    ]


async def test_erasing_an_owner_leaves_the_shop_to_the_other_owner(town: Town) -> None:
    lea, shop = await town.a_customer("Léa"), await town.a_shop()
    lot = await town.a_lot(shop=shop)
    await _changes(shop.merchant, shop, await _joins(town, lea, shop), "owner")

    await town.changes("select app.erase_account($1, 'asked')", shop.merchant.id)

    [left] = await town.rows("select owner_id, status, name from app.shops")
    assert tuple(left) == (lea.id, "verified", "Boulangerie du Marché")
    assert await town.value("select status from app.lots where id = $1", lot.id) == "published"
    assert [one["email"] for one in (await lea.gets(f"/shops/{shop.id}/members"))["data"]] == [lea.email]
    # The last owner closes the shop with their account, and nobody works there any more.
    await town.changes("select app.erase_account($1, 'asked')", lea.id)
    assert await town.value("select status from app.shops") == "closed"
    assert await town.value("select status from app.lots where id = $1", lot.id) == "withdrawn"
    assert await town.rows("select from app.members") == []


async def test_erasing_staff_ends_their_membership_only(town: Town) -> None:
    lea, shop = await town.a_customer("Léa"), await town.a_shop()
    lot = await town.a_lot(shop=shop)
    await _joins(town, lea, shop)

    await town.changes("select app.erase_account($1, 'asked')", lea.id)

    assert await town.value("select status from app.lots where id = $1", lot.id) == "published"
    [member] = await town.rows("select account_id, role from app.members")
    assert tuple(member) == (shop.merchant.id, "owner")


async def test_the_export_tells_where_somebody_works_and_owners_what_was_done(town: Town) -> None:
    lea, shop = await town.a_customer("Léa"), await town.a_shop()
    await _joins(town, lea, shop)

    hers = await _exported(town, lea)
    owners = await _exported(town, shop.merchant)

    assert [(one["name"], one["role"]) for one in hers["members"]] == [("Boulangerie du Marché", "staff")]
    assert "shops" not in hers
    assert [one["id"] for one in owners["shops"]] == [str(shop.id)]
    assert str(lea.id) not in str(owners)


async def _exported(town: Town, person: Person) -> dict[str, Any]:
    async with town.sql_as(person) as sql:
        return {
            row["file"]: json.loads(row["content"]) for row in await sql.fetch("select * from app.export_account()")
        }


async def test_owners_cannot_tell_that_a_member_is_a_beneficiary(town: Town) -> None:
    lea, shop = await town.a_customer("Léa"), await town.a_shop()
    enrolled = await (await town.an_association()).enrols()
    amina = await _with_address(town, UUID(enrolled["id"]), enrolled["activation_token"])
    await _joins(town, lea, shop)
    await _joins(town, amina, shop)

    listed = (await shop.merchant.gets(f"/shops/{shop.id}/members"))["data"]

    assert [one["email"] for one in listed[1:]] == [lea.email, amina.email]
    assert listed[1].keys() == listed[2].keys()
    assert (amina.email or "") not in str(await town.rows("select * from app.members"))
    opened = await town.rows(
        "select actor_id from app.audit_entries where action = 'address.opened' and subject_id = $1"
        " and detail ->> 'why' = 'members'",
        amina.id,
    )
    assert shop.merchant.id in {row["actor_id"] for row in opened}


async def _with_address(town: Town, account_id: UUID, activation_token: str) -> Person:
    """Activate an enrolled beneficiary with an address, and confirm it."""
    visitor, email = Visitor(town), "amina@example.org"
    await visitor.posts("/auth/activate", {"activation_token": activation_token, "password": PASSWORD, "email": email})
    code = (await mails(town, email))[-1].code
    accepted(await visitor.asks("POST", "/auth/verify-email", {"email": email, "code": code, "password": PASSWORD}))
    return Person(town, account_id, "Amina", email)


async def test_an_invitation_counts_for_its_own_shop_only(town: Town) -> None:
    lea = await town.a_customer("Léa")
    one, other = await town.a_shop(), await town.a_shop()
    member = await _joins(town, lea, one)
    await _joins(town, lea, other, "reader")

    assert len((await lea.gets("/me/memberships"))["data"]) == 2
    assert (await _as_merchant(lea).lists(one))["status"] == "published"
    assert (await refused(_as_merchant(lea).lists(other))).code == "shop.not_found"
    # A member's id works under its own shop only.
    assert (await refused(_removes(other.merchant, other, member))).code == "member.not_found"
    assert (await refused(_changes(other.merchant, other, member, "reader"))).code == "member.not_found"


@pytest.mark.parametrize("role", ["staff", "reader"])
async def test_registering_a_shop_stays_for_merchants(town: Town, role: str) -> None:
    lea, shop = await town.a_customer("Léa"), await town.a_shop()
    await _joins(town, lea, shop, role)

    assert (await refused(_as_merchant(lea).registers_shop())).code == "access.forbidden"
    sophie = await town.a_merchant("Sophie B.")
    made = await sophie.registers_shop()
    [member] = await town.rows("select account_id, role from app.members where shop_id = $1::text::uuid", made["id"])
    assert (member["account_id"], member["role"]) == (sophie.id, "owner")
