"""Admins find accounts, so that they can suspend them, and take down one lot of a shop."""

from typing import Any
from uuid import UUID, uuid4

from tests.town import Admin, Town, refused
from tests.town.answers import refusal_in
from tests.visitors import Visitor, mails

REASON = "Photo d'un autre produit."


async def found(odile: Admin, **asked: Any) -> list[str]:
    return [one["id"] for one in (await odile.gets("/admin/accounts", **asked))["data"]]


async def test_admins_find_accounts_by_address_siret_shop_and_code(town: Town) -> None:
    odile, sophie, marc = await town.an_admin(), await town.a_merchant(), await town.a_customer()
    shop = await town.a_shop(sophie)
    await town.changes("update app.shops set name = 'Épicerie d''Amélie' where id = $1", shop.id)
    await town.a_shop(await town.a_merchant("Paul"))
    relais = await town.an_association()
    amina = await town.a_beneficiary(association=relais)
    siret = await town.value("select siret from app.shops where id = $1", shop.id)
    theirs = await town.value("select siret from app.associations where id = $1", relais.id)
    assert marc.email

    for asked, person in (
        (marc.email.upper(), marc),
        (f" {siret[:3]} {siret[3:9]} {siret[9:]}", sophie),
        (theirs, relais),
        ("amelie", sophie),
        ("ÉPICERIE am", sophie),
        (amina.code.lower(), amina),
        (str(marc.id), marc),
    ):
        [one] = (await odile.gets("/admin/accounts", q=asked))["data"]
        assert one["id"] == str(person.id), asked
    for nothing in (
        "melie",
        "!!",
        "& | !:*",
        "%",
        "nobody@example.org",
        "1999-BEN-00001",
        "00000000000000",
        "Amina",
        str(uuid4()),
    ):
        assert await found(odile, q=nothing) == [], nothing

    [merchant] = (await odile.gets("/admin/accounts", q="amelie"))["data"]
    assert merchant["shops"] == [
        {"id": str(shop.id), "name": "Épicerie d'Amélie", "siret": siret, "status": "verified"}
    ]
    # What is found is what suspending needs.
    await odile.posts(f"/admin/accounts/{merchant['id']}/suspend", {"reason": REASON})
    assert await found(odile, status="suspended") == [str(sophie.id)]
    assert await found(odile, status="suspended", role="customer") == []
    assert await found(odile, q="amelie", status="active") == []
    everybody = await found(odile, limit=100)
    assert everybody == sorted(everybody)
    assert {str(one.id) for one in (odile, sophie, marc, relais, amina)} <= set(everybody)
    page = await odile.gets("/admin/accounts", limit=2)
    rest = await odile.gets("/admin/accounts", limit=100, after=page["next"])
    assert [one["id"] for one in page["data"] + rest["data"]] == everybody


async def test_no_address_or_name_finds_or_shows_a_beneficiary(town: Town) -> None:
    odile, relais = await town.an_admin(), await town.an_association()
    enrolled = await relais.enrols(email="amina@example.org")
    await town.changes("update app.accounts set display_name = 'Amina Benali' where id = $1", UUID(enrolled["id"]))
    token = {"activation_token": enrolled["activation_token"], "password": "un long mot de passe"}
    await Visitor(town).posts("/auth/activate", {**token, "email": "amina@example.org"})

    for asked in ("amina@example.org", "Amina", "Benali"):
        assert await found(odile, q=asked) == []
    answer = await odile.asks("GET", "/admin/accounts", params={"q": enrolled["code"]})
    [one] = answer.json()["data"]
    assert (one["code"], one["email"], one["display_name"]) == (enrolled["code"], None, None)
    assert not any(name in answer.text for name in ("Amina", "Benali", "amina@"))


async def test_only_admins_search_and_each_search_is_noted(town: Town) -> None:
    odile = await town.an_admin()
    for nosy in (await town.a_merchant(), await town.an_association(), await town.a_customer()):
        assert refusal_in(await nosy.asks("GET", "/admin/accounts")).code == "access.forbidden"
        assert refusal_in(await nosy.asks("POST", f"/admin/lots/{uuid4()}/withdraw", {"reason": REASON})).code == (
            "access.forbidden"
        )
    for asked in ({"q": "marc@example.org"}, {"q": "2026-BEN-00001"}, {"q": "marché"}, {}):
        await odile.gets("/admin/accounts", **asked)
    noted = await town.rows(
        "select actor_id, detail::text from app.audit_entries where action = 'account.sought' order by id"
    )
    # The text of a search is not kept: it may be a person's address.
    assert [tuple(row) for row in noted] == [
        (odile.id, f'{{"by": "{way}"}}') for way in ("email", "code", "shop", "list")
    ]


async def test_each_filter_of_accounts_has_an_index(town: Town) -> None:
    plans = {
        "accounts_role_idx": "select from app.accounts where role = 'admin' and status = 'active' order by id",
        "accounts_status_idx": "select from app.accounts where status = 'suspended' order by id",
        "accounts_email_key": "select from app.accounts where lower(email) = 'x'",
        "shops_siret_idx": "select from app.shops where siret = '1'",
        "associations_siret_idx": "select from app.associations where siret = '1'",
        "beneficiaries_code_key": "select from app.beneficiaries where code = 'x'",
        "shops_name_idx": "select from app.shops s where to_tsvector('pg_catalog.simple', translate(s.name,"
        " 'ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜàâäçéèêëîïôöùûü', 'AAACEEEEIIOOUUUaaaceeeeiioouuu')) @@ to_tsquery('simple', 'x:*')",
    }
    async with town.copy.connection() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off; set local enable_sort = off")
        for index, asked in plans.items():
            plan = "\n".join(row[0] for row in await connection.fetch("explain " + asked))
            assert index in plan, plan


async def test_taking_down_a_lot_refunds_holders_and_tells_everybody(town: Town) -> None:
    odile, sophie = await town.an_admin(), await town.a_merchant()
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    shop = await town.a_shop(sophie)
    paid_lot, free_lot = await town.a_lot(shop=shop, left=3), await town.a_free_lot(shop=shop, left=3)
    untouched = await town.a_lot(shop=shop, left=3)
    bought, taken = await marc.buys(paid_lot, 2), await amina.reserves(free_lot, 2)

    for lot in (paid_lot, free_lot):
        path = f"/admin/lots/{lot.id}/withdraw"
        answer = await odile.posts(path, {"reason": REASON}, key=f"down {lot.id}")
        assert (answer["status"], answer["remaining"]) == ("withdrawn", 3)
        assert await odile.posts(path, {"reason": REASON}, key=f"down {lot.id}") == answer
        assert (await odile.posts(path, {"reason": REASON}))["status"] == "withdrawn"
    told = await mails(town, sophie.email)

    assert await town.status_of(bought) == await town.status_of(taken) == "cancelled"
    assert await town.money(bought) == (800, 800)
    assert await town.taken_today(amina) == 0
    assert await town.stock_is_exact()
    assert [mail.subject for mail in told] == ["Nous avons retiré un de vos lots"] * 2
    assert all(f"Motif : {REASON}" in mail.text for mail in told)
    [to_marc] = await mails(town, marc.email)
    assert to_marc.subject == "Votre réservation est annulée"
    assert REASON not in to_marc.text
    assert (await sophie.gets(f"/lots/{untouched.id}"))["status"] == "published"
    decided = await town.rows("select subject_id, decision, reason, decided_by from app.decisions order by id")
    assert [tuple(row) for row in decided if row["decision"] == "withdrawn"] == [
        (lot.id, "withdrawn", REASON, odile.id) for lot in (paid_lot, free_lot)
    ]
    assert await town.value("select count(*) from app.audit_entries where action = 'lot.withdrawn'") == 2


async def test_drafts_and_unknown_lots_cannot_be_taken_down(town: Town) -> None:
    odile, sophie = await town.an_admin(), await town.a_merchant()
    draft = await town.a_lot(shop=await town.a_shop(sophie))
    await town.changes("update app.lots set status = 'draft' where id = $1", draft.id)

    for lot_id in (draft.id, uuid4()):
        refusal = await refused(odile.posts(f"/admin/lots/{lot_id}/withdraw", {"reason": REASON}))
        assert (refusal.status, refusal.code) == (404, "lot.not_found")
    assert await town.value("select status from app.lots where id = $1", draft.id) == "draft"
