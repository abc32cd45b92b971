"""The export of a person's data: complete for each role, and without data of anybody else."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.privacy.manifest import LEFT_OUT, PARTS
from tests.photographs import file_of, two_colours
from tests.policies.scene import ROLES, two_of_everybody
from tests.town import Person, Town


async def copy_of(person: Person) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the parsed JSON files by name, and the other files by name."""
    answer = await person.asks("GET", "/me/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as made:
        assert made.testzip() is None
        files = {name: made.read(name) for name in made.namelist()}
    parts = {name.removesuffix(".json"): json.loads(data) for name, data in files.items() if name.endswith(".json")}
    return parts, {name: data for name, data in files.items() if not name.endswith(".json")}


async def test_every_table_is_exported_or_left_out_for_a_reason(lasting_town: Town) -> None:
    """Compare with the catalogue, so that a new table cannot be forgotten."""
    told = {table for part in PARTS.values() for table in part.tables}
    assert told.isdisjoint(LEFT_OUT)

    async def not_told() -> set[str]:
        rows = await lasting_town.rows("""
            select case c.relnamespace::regnamespace::text when 'accounting' then 'accounting.' else '' end || c.relname
            from pg_class c
            where c.relnamespace::regnamespace::text in ('app', 'key_vault', 'accounting') and c.relkind in ('r', 'p')
        """)
        return {row[0] for row in rows} ^ (told | set(LEFT_OUT))

    assert await not_told() == set()
    # The act reads each table that the manifest names.
    act = await lasting_town.value("select prosrc from pg_proc where proname = 'export_account'")
    # By open_own_address, open_diet, own_email_changes and own_external_ids.
    opened = {"sealed_addresses", "diets", "email_changes", "partner_enrolments"}
    assert [table for table in told - opened if f"app.{table} " not in act] == []

    await lasting_town.changes("create table app.diaries (account_id uuid references app.accounts)")
    assert await not_told() == {"diaries"}
    await lasting_town.changes("drop table app.diaries")


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_exports_exactly_its_own_rows(lasting_town: Town, role: str) -> None:
    """In a town with rows of every kind, the export has as many rows as the tables, and none of another person."""
    if not await lasting_town.value("select count(*) from app.accounts"):
        lasting_town.scene = await two_of_everybody(lasting_town)  # type: ignore[attr-defined]
    person: Person = lasting_town.scene.first[role]  # type: ignore[attr-defined]
    other: Person = lasting_town.scene.second[role]  # type: ignore[attr-defined]
    if role == "beneficiary":  # what the scene has sealed cannot be opened
        await lasting_town.changes("delete from app.sealed_addresses")
        await lasting_town.changes("delete from app.diets")
        await lasting_town.changes("delete from app.email_changes")
    parts, others = await copy_of(person)

    listed = {entry["file"].removesuffix(".json"): entry for entry in parts.pop("manifest")["files"]}
    assert set(parts) == set(listed) <= set(PARTS)
    assert all(entry["entries"] == len(parts[name]) and entry["contains"] in others["LISEZMOI.txt"].decode()
               for name, entry in listed.items())  # fmt: skip
    mine = "account_id = $1"
    of_shops = "shop_id in (select id from app.shops where owner_id = $1)"
    of_reservations = "reservation_id in (select id from app.reservations where account_id = $1)"
    counted = {
        "account": ("accounts", "id = $1"),
        "consents": ("consents", mine),
        "undelivered_mails": ("undelivered_mails", mine),
        "sessions": ("sessions", mine),
        "right": ("beneficiaries", "id = $1"),
        "person": ("beneficiary_persons", "beneficiary_id = $1"),
        "cards": ("cards", "beneficiary_id = $1"),
        "free_portions": ("free_portions", mine),
        "reservations": ("reservations", mine),
        "payments": ("payments", of_reservations),
        "waiting": ("waiting", mine),
        "favourites": ("favourites", mine),
        "saved_places": ("saved_places", mine),
        "suspended_lots": ("suspended_lots", "id in (select id from app.reservations where account_id = $1)"),
        "impact": ("impact_entries", mine),
        "shops": ("shops", "owner_id = $1"),
        "lots": ("lots", of_shops + " and suspended_from is null"),
        "recurring_listings": ("recurring_listings", of_shops),
        "photos": ("photos", mine),
        "listing_drafts": ("listing_drafts", of_shops),
        "agreements": ("agreements", "association_id = $1 or " + of_shops + " and status not in ('coming', 'going')"),
        "association": ("associations", "id = $1"),
        "beneficiaries": ("beneficiaries", "association_id = $1"),
        "imports": ("imports", mine),
        "kiosks": ("kiosks", "association_id = $1 or registered_by = $1"),
        "transfers": ("transfers", "$1 in (beneficiary_id, from_association_id, to_association_id)"),
        "collector": ("collectors", "id = $1"),
        "decisions_by_me": ("decisions", "decided_by = $1"),
        "recalls": ("recalls", "issued_by = $1"),
        "recall_decisions": ("recall_matches", "decided_by = $1"),
        "setting_changes": ("setting_changes", "changed_by = $1"),
    }
    for part, (table, condition) in counted.items():
        rows = await lasting_town.value(f"select count(*) from app.{table} where {condition}", person.id)  # noqa: S608
        assert (part, len(parts.get(part, []))) == (part, rows)
    whole = json.dumps(parts)
    for word in ("hash", "lookup", "identity", "sealed", "wrapped"):
        assert f'"{word}' not in whole.replace('"hashes', "")
        assert f'_{word}"' not in whole
    assert str(other.id) not in whole


async def test_a_beneficiary_exports_their_data_and_who_read_them(town: Town) -> None:
    association = await town.an_association("Le Relais")
    enrolled = await association.enrols(first_name="Zélie", last_name="Sentinelle", household_size=4)
    await association.verifies(enrolled["id"])
    await association.gets(f"/beneficiaries/{enrolled['id']}")
    zelie = await town.a_beneficiary()
    zelie.id, zelie.token = UUID(enrolled["id"]), None
    lot = await town.a_free_lot(opens_in=timedelta(hours=-1))
    await lot.shop.merchant.hands_over(await zelie.pass_for(await zelie.reserves(lot)))

    parts, _ = await copy_of(zelie)

    (person,) = parts["person"]
    assert (person["first_name"], person["last_name"], person["household_size"]) == ("Zélie", "Sentinelle", 4)
    assert parts["right"][0] | {"code": enrolled["code"], "association": "Le Relais"} == parts["right"][0]
    assert [r["status"] for r in parts["reservations"]] == ["picked_up"]
    opened = [(e["association"], e["detail"]["why"]) for e in parts["audit_about_me"] if e["action"] == "person.opened"]
    assert ("Le Relais", "read") in opened
    assert not any("request_id" in entry for entry in parts["audit_about_me"])
    said = await town.rows("select detail->>'why' from app.audit_entries where actor_id = $1", zelie.id)
    assert "export" in {row[0] for row in said}
    # The association's export has the code but no name: the name is the beneficiary's own data.
    parts, others = await copy_of(association)
    assert parts["beneficiaries"][0]["code"] == enrolled["code"]
    assert "Sentinelle" not in json.dumps(parts)
    assert "Leurs noms n'y sont pas" in others["LISEZMOI.txt"].decode()
    # The export of another association that tried to enrol her does not say which account it met.
    ailleurs = await town.an_association("Ailleurs")
    fields = await town.person_fields(None)
    hers = await association.posts("/beneficiaries", fields)
    assert (await ailleurs.asks("POST", "/beneficiaries", fields)).status_code == 409
    parts, _ = await copy_of(ailleurs)
    assert "beneficiary.found_elsewhere" in {entry["action"] for entry in parts["audit_by_me"]}
    assert hers["id"] not in json.dumps(parts)


async def test_a_merchant_exports_their_photos_unless_suspended(town: Town) -> None:
    merchant = await town.a_merchant()
    shop = await town.a_shop(merchant)
    photo = (await merchant.photographs(file_of(two_colours()), shop_id=str(shop.id)))["photo_id"]

    parts, others = await copy_of(merchant)

    assert [p["id"] for p in parts["photos"]] == [photo]
    shown = await merchant.asks("GET", f"/photos/{photo}/full")
    assert others[f"photos/{photo}.webp"] == shown.content
    assert (await town.request("GET", "/v1/me/export")).status_code == 401
    await (await town.an_admin()).suspends_account(merchant)
    assert (await merchant.asks("GET", "/me/export")).status_code == 403
