"""Organisations: an admin makes one, its owner joins by mail and invites others, and an admin closes it."""

from typing import Any
from uuid import UUID

import pytest

from tests.town import Admin, Customer, Organisation, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.visitors import mails


def _wanted(town: Town, owner: str = "claire@strasbourg.example", **fields: Any) -> dict[str, Any]:
    wanted = {"name": "Ville de Strasbourg", "kind": "municipality", "siren": town.a_siren(), "territory": "67482"}
    return {**wanted, "owner_email": owner, **fields}


async def _joins(town: Town, person: Customer) -> Any:
    assert person.email
    return await person.posts(f"/invitations/{(await mails(town, person.email))[-1].token}/accept")


async def _a_member(town: Town, at: Organisation, role: str) -> Customer:
    person = await town.a_customer("Léa")
    await town.changes(
        "insert into app.members (organisation_id, account_id, role, joined_at) values ($1, $2, $3, now())",
        at.id,
        person.id,
        role,
    )
    return person


async def test_an_admin_makes_one_and_its_first_owner_joins_by_mail(town: Town) -> None:
    await town.an_organisation("Ailleurs")  # its territory is there
    odile, claire = await town.an_admin(), await town.a_customer("Claire")
    wanted = _wanted(town, str(claire.email))

    made = await odile.posts("/organisations", wanted)
    mail = (await mails(town, claire.email))[-1]
    shown = accepted(await town.request("GET", f"/v1/invitations/{mail.token}")).json()
    joined = await _joins(town, claire)
    theirs = (await claire.gets("/organisations"))["data"]

    assert (made["status"], made["territory"], made["role"]) == ("active", "67482", None)
    assert "Ville de Strasbourg" in mail.text
    assert "organisation" in mail.subject
    assert (shown["kind"], shown["name"], shown["role"]) == ("organisation", "Ville de Strasbourg", "owner")
    assert (joined["kind"], joined["id"], joined["role"]) == ("organisation", made["id"], "owner")
    assert [(one["id"], one["role"]) for one in theirs] == [(made["id"], "owner")]
    assert await claire.gets(f"/organisations/{made['id']}") == theirs[0]
    assert [one["kind"] for one in (await claire.gets("/me/memberships"))["data"]] == ["organisation"]
    assert [one["id"] for one in (await odile.gets("/organisations"))["data"]][-1] == made["id"]
    noted = await town.rows(
        "select action, actor_id from app.audit_entries where subject = 'organisation' and subject_id = $1 order by id",
        UUID(made["id"]),
    )
    assert [tuple(row) for row in noted] == [("organisation.created", odile.id), ("member.invited", odile.id)]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"siren": "216704826"}, "organisation.siren_invalid"),
        ({"siren": "000000000"}, "organisation.siren_invalid"),
        ({"territory": "67999"}, "organisation.territory_unfit"),
        ({"kind": "agglomeration"}, "organisation.territory_unfit"),
        ({"territory": "246700488"}, "organisation.territory_unfit"),
    ],
)
async def test_an_organisation_needs_a_siren_and_a_fit_territory(town: Town, fields: dict[str, str], code: str) -> None:
    await town.an_organisation()
    await town.an_organisation("Eurométropole", kind="agglomeration", territory="246700488")
    odile = await town.an_admin()

    refusal = await refused(odile.posts("/organisations", _wanted(town, **fields)))
    control = await odile.posts("/organisations", _wanted(town, kind="ngo", territory="246700488"))

    assert (refusal.status, refusal.code) == (422, code)
    assert control["kind"] == "ngo"


async def test_a_siren_serves_one_active_organisation(town: Town) -> None:
    await town.an_organisation()
    odile, wanted = await town.an_admin(), _wanted(town)
    made = await odile.posts("/organisations", wanted)

    again = await refused(odile.posts("/organisations", wanted))
    accepted(await odile.asks("PATCH", f"/organisations/{made['id']}", {"status": "closed"}))
    later = await odile.posts("/organisations", wanted)

    assert (again.status, again.code) == (409, "organisation.siren_taken")
    assert later["id"] != made["id"]


async def test_an_owner_invites_changes_and_removes_members(town: Town) -> None:
    city, lea = await town.an_organisation(), await town.a_customer("Léa")
    members = f"/organisations/{city.id}/members"
    invited = await city.owner.posts(members, {"email": lea.email, "role": "reader"})
    joined = await _joins(town, lea)
    assert (joined["role"], invited["status"]) == ("reader", "invited")

    assert (await lea.asks("GET", members)).status_code == 404
    promoted = accepted(await city.owner.asks("PATCH", f"{members}/{invited['id']}", {"role": "owner"})).json()
    own = next(one for one in (await lea.gets(members))["data"] if one["you"])
    other = next(one for one in (await lea.gets(members))["data"] if not one["you"])
    accepted(await lea.asks("DELETE", f"{members}/{other['id']}"))
    last = refusal_in(await lea.asks("DELETE", f"{members}/{own['id']}"))

    assert promoted["role"] == "owner"
    assert (last.status, last.code) == (409, "member.last_owner")
    assert (await city.owner.asks("GET", f"/organisations/{city.id}")).status_code == 404
    assert await city.owner.gets("/organisations") == {"data": [], "has_more": False, "next": None}


async def test_only_admins_invite_owners(town: Town) -> None:
    city, odile = await town.an_organisation(), await town.an_admin()
    members, wanted = f"/organisations/{city.id}/members", {"email": "paul@strasbourg.example", "role": "owner"}

    by_owner = await refused(city.owner.posts(members, wanted))
    by_admin = await odile.posts(members, wanted)
    nobody = await refused((await town.a_customer()).posts(members, {**wanted, "role": "staff"}))

    assert (by_owner.status, by_owner.code) == (403, "access.forbidden")
    assert (by_admin["role"], by_admin["status"]) == ("owner", "invited")
    assert (nobody.status, nobody.code) == (404, "organisation.not_found")
    assert [one["email"] for one in (await odile.gets(members))["data"]] == [
        city.owner.email,
        "paul@strasbourg.example",
    ]


@pytest.mark.parametrize("role", ["staff", "reader", "nobody"])
async def test_others_read_at_most_and_change_nothing(town: Town, role: str) -> None:
    city = await town.an_organisation()
    person = await town.a_customer("Paul") if role == "nobody" else await _a_member(town, city, role)
    path = f"/organisations/{city.id}"

    read = await person.asks("GET", path)
    answers = [
        await person.asks("GET", f"{path}/members"),
        await person.asks("POST", f"{path}/members", {"email": "x@example.org", "role": "staff"}),
        await person.asks("PATCH", f"{path}/members/{city.id}", {"role": "staff"}),
        await person.asks("DELETE", f"{path}/members/{city.id}"),
    ]
    by_admins = [await person.asks("PATCH", path, {"name": "X"}), await person.asks("POST", "/organisations", {})]

    assert read.status_code == (404 if role == "nobody" else 200)
    assert {refusal_in(answer).code for answer in answers} == {"organisation.not_found"}
    assert {answer.status_code for answer in by_admins} <= {403, 422}
    assert refusal_in(by_admins[0]).code == "access.forbidden"
    assert (await town.rows("select name from app.organisations"))[0]["name"] == "Ville de Strasbourg"


async def _changes(odile: Admin, city: Organisation, body: dict[str, str], tag: str | None = None) -> Any:
    headers = {"If-Match": tag} if tag else {}
    return await odile.asks("PATCH", f"/organisations/{city.id}", body, headers=headers)


async def test_nobody_works_at_a_closed_organisation(town: Town) -> None:
    city, odile, lea = await town.an_organisation(), await town.an_admin(), await town.a_customer("Léa")
    await city.owner.posts(f"/organisations/{city.id}/members", {"email": lea.email, "role": "staff"})
    mail = (await mails(town, lea.email))[-1]

    renamed = accepted(await _changes(odile, city, {"name": "Strasbourg"}))
    stale = refusal_in(await _changes(odile, city, {"status": "closed"}, '"r1"'))
    closed = accepted(await _changes(odile, city, {"status": "closed"}, renamed.headers["etag"])).json()
    again = refusal_in(await _changes(odile, city, {"name": "Encore"}))
    late = refusal_in(await lea.asks("POST", f"/invitations/{mail.token}/accept"))

    assert (renamed.json()["name"], closed["status"]) == ("Strasbourg", "closed")
    assert (stale.status, again.code, late.code) == (412, "organisation.closed", "invitation.not_found")
    assert (await city.owner.asks("GET", f"/organisations/{city.id}")).status_code == 404
    assert (await city.owner.gets("/me/memberships"))["data"] == []


async def test_nothing_is_sent_any_more_to_a_closed_organisation(town: Town) -> None:
    city, odile = await town.an_organisation(), await town.an_admin()
    wanted = {"url": "https://sig.example.org/hook", "events": ["figures.released.v1"], "organisation_id": str(city.id)}
    added = await city.owner.posts("/webhook-endpoints", wanted)
    await city.owner.posts(f"/webhook-endpoints/{added['id']}/test")

    accepted(await _changes(odile, city, {"status": "closed"}))

    for table in ("webhook_endpoints", "webhook_secrets", "webhook_deliveries"):
        assert await town.value(f"select count(*) from app.{table}") == 0  # noqa: S608  one of three names
