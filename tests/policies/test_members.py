"""What owners, staff and readers of a shop or an association may do: the requests of `members.md`, sent as each."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.policies.readable import table_in
from tests.town import Customer, Town
from tests.town.things import recurring_listing

AT_SHOPS = table_in("members.md", "at a shop", "owner")
AT_ASSOCIATIONS = table_in("members.md", "at an association", "owner")
ROLES = ("owner", "staff", "reader", "former", "nobody")

# Method, path and body of a request.
Asked = tuple[str, str, Any]


async def _a_person(town: Town, role: str, column: str, place: UUID) -> tuple[Customer, str]:
    """Return a customer with this role, and the id of a colleague's membership."""
    person, colleague = await town.a_customer("Léa"), await town.a_customer("Karim")
    join = (
        f"insert into app.members ({column}, account_id, role, joined_at)"  # noqa: S608  a word of this test
        " values ($1, $2, $3, now()) returning id"
    )
    if role in ("owner", "staff", "reader", "former"):
        await town.value(join, place, person.id, "staff" if role == "former" else role)
    if role == "former":
        await town.changes("delete from app.members where account_id = $1", person.id)
    return person, str(await town.value(join, place, colleague.id, "staff"))


async def _at_a_shop(town: Town, role: str) -> tuple[Customer, dict[str, Asked]]:
    merchant, amina = await town.a_merchant(), await town.a_customer("Amina")
    shop = await town.a_shop(merchant=merchant)
    hidden = await town.a_shop(merchant=merchant, verified=False)
    person, colleague = await _a_person(town, role, "shop_id", shop.id)
    if role in ("owner", "staff", "reader"):
        await town.changes(
            "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, $3, now())",
            hidden.id,
            person.id,
            role,
        )
    lot = await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5))
    shown = await amina.pass_for(await amina.buys(lot))
    fields = await town.lot_fields(shop)
    draft = await merchant.posts("/lots", {**fields, "publish": False})
    other = await town.a_lot(shop=shop)
    agreement = await town.an_agreement(await town.an_association(), shop.id)
    members = f"/shops/{shop.id}/members"
    marc = await town.a_customer()
    held = await marc.reserves(await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5)))
    await town.changes(
        "update app.reservations set status = 'confirmed', hold_until = null, confirmed_at = now() where id = $1",
        held.id,
    )
    report = await marc.posts(f"/reservations/{held.id}/problem-report", {"kind": "closed", "text": "Rideau baissé."})
    answer = {"outcome": "sorry", "text": "Désolés."}
    station = (await merchant.posts(f"/shops/{shop.id}/stations", {"name": "Caisse"}))["id"]
    return person, {
        "read the shop": ("GET", f"/shops/{hidden.id}", None),
        "edit the shop": ("PATCH", f"/shops/{shop.id}", {"name": "Chez Léa"}),
        "list a lot": ("POST", "/lots", fields),
        "read the draft": ("GET", f"/lots/{draft['id']}", None),
        "edit the draft": ("PATCH", f"/lots/{draft['id']}", {"title": "Autre"}),
        "withdraw the lot": ("POST", f"/lots/{other.id}/withdraw", None),
        "begin a listing": ("POST", "/recurring-listings", recurring_listing(shop.id)),
        "list the listings": ("GET", f"/shops/{shop.id}/recurring-listings", None),
        "list reservations": ("GET", f"/reservations?shop={shop.id}", None),
        "hand over": ("POST", "/pickups", {"qr": shown.qr, "pin": shown.pin}),
        "read the figures": ("GET", f"/impact/shops/{shop.id}", None),
        "read figures by day": ("GET", f"/shops/{shop.id}/figures", None),
        "confirm the agreement": ("POST", f"/agreements/{agreement}/confirm", None),
        "list members": ("GET", members, None),
        "invite a member": ("POST", members, {"email": "jeanne@example.org", "role": "staff"}),
        "promote a member": ("PATCH", f"{members}/{colleague}", {"role": "reader"}),
        "remove a member": ("DELETE", f"{members}/{colleague}", None),
        "list stations": ("GET", f"/shops/{shop.id}/stations", None),
        "add a station": ("POST", f"/shops/{shop.id}/stations", {"name": "Caisse"}),
        "revoke a station": ("DELETE", f"/shops/{shop.id}/stations/{station}", None),
        "list problem reports": ("GET", f"/problem-reports?shop={shop.id}", None),
        "read a problem report": ("GET", f"/problem-reports/{report['id']}", None),
        "answer a problem report": ("POST", f"/problem-reports/{report['id']}/answer", answer),
        "resume the shop": ("POST", f"/shops/{shop.id}/resume", None),
        "register a shop": ("POST", "/shops", town.shop_fields()),
    }


async def _at_an_association(town: Town, role: str) -> tuple[Customer, dict[str, Asked]]:
    association, receiver = await town.an_association("Le Relais"), await town.an_association("Les Paniers")
    person, _ = await _a_person(town, role, "association_id", association.id)
    amina = await town.a_beneficiary(association=association, status="pending")
    about = f"/beneficiaries/{amina.id}"
    agreement = await town.an_agreement(association, (await town.a_shop()).id)
    return person, {
        "read the association": ("GET", "/associations/me", None),
        "edit the association": ("PATCH", "/associations/me", {"phone": "0388000000"}),
        "read the figures": ("GET", "/associations/me/figures", None),
        "read the activity": ("GET", "/associations/me/activity.csv", None),
        "enrol a person": ("POST", "/beneficiaries", await town.person_fields()),
        "list people": ("GET", "/beneficiaries", None),
        "read a person": ("GET", about, None),
        "verify a person": ("POST", f"{about}/verify", None),
        "renew an activation": ("POST", f"{about}/activation", None),
        "make a card": ("POST", "/beneficiaries/cards", {"beneficiary_ids": [str(amina.id)]}),
        "register a kiosk": ("POST", "/kiosks", {"name": "Accueil"}),
        "ask a transfer": ("POST", f"{about}/transfer", {"association_id": str(receiver.id)}),
        "end the agreement": ("POST", f"/agreements/{agreement}/end", None),
        "list members": ("GET", "/associations/me/members", None),
        "invite a member": ("POST", "/associations/me/members", {"email": "jeanne@example.org", "role": "reader"}),
        "erase a person": ("DELETE", about, None),
    }


async def _answers(person: Customer, requests: dict[str, Asked]) -> dict[str, str]:
    found = {}
    for name, (method, path, body) in requests.items():
        answer = await person.asks(method, path, body, key=str(uuid4()) if method == "POST" else None)
        found[name] = "✓" if answer.is_success else answer.json()["code"]
    return found


@pytest.mark.parametrize("role", ROLES)
async def test_a_shops_members_may_do_what_the_table_says(town: Town, role: str) -> None:
    person, requests = await _at_a_shop(town, role)

    assert await _answers(person, requests) == {row["at a shop"]: row[role] for row in AT_SHOPS}


@pytest.mark.parametrize("role", ROLES)
async def test_an_associations_members_may_do_what_the_table_says(town: Town, role: str) -> None:
    person, requests = await _at_an_association(town, role)

    assert await _answers(person, requests) == {row["at an association"]: row[role] for row in AT_ASSOCIATIONS}
