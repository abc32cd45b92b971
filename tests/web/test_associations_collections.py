"""The pages where an association says what it takes, accepts and receives collections, and keeps its chats."""

from tests.journeys.test_needs import NEEDS, asked
from tests.town import Town
from tests.town.rounds import a_round
from tests.web.browser import Browser

NAME = "Pain <b>& Cie</b>"


async def test_an_association_says_what_it_takes_and_nobody_overwrites_it(town: Town) -> None:
    relais = await town.an_association()
    browser = await Browser.of(relais)
    page = await (await browser.opens("/association")).follows("Besoins")
    wrong = await page.form("Enregistrer").send(takes=["bakery"], opens="20:00", closes="18:00")
    assert wrong.status_code == 422
    assert wrong.alert
    page = await wrong.form("Enregistrer").send(
        takes=["bakery", "dairy"], lacks=["dairy"], opens="17:30", closes="20:00", kg_a_day="62,5", farthest_km="8"
    )
    assert page.said == "C’est enregistré."
    said = await relais.gets("/associations/me/needs")
    assert (said["takes"], said["lacks"]) == (["bakery", "dairy"], ["dairy"])
    assert (said["grams_a_day"], said["farthest_metres"], said["opens"]) == (62_500, 8000, "17:30")

    await relais.asks("PUT", "/associations/me/needs", {**NEEDS, "takes": ["fish"]})
    late = await page.form("Enregistrer").send(takes=["bakery"], kg_a_day="50")
    assert late.status_code == 412
    assert "Poisson" in late.alert
    assert (await relais.gets("/associations/me/needs"))["takes"] == ["fish"]
    page = await late.form("Enregistrer").send()
    assert page.said == "C’est enregistré."


async def test_an_offer_is_accepted_with_two_taps_and_refused_with_a_reason(town: Town) -> None:
    relais, shop = await town.an_association(), await town.a_shop()
    await town.changes("update app.shops set name = $1", NAME)
    first, second = await asked(town, shop), await asked(town, shop)
    await town.changes(
        "update app.collections set association_id = $1, to_point = p.id from app.collection_points p"
        " where p.association_id = $1",
        relais.id,
    )
    browser = await Browser.of(relais)
    page = await (await browser.opens("/association")).follows("Collectes")
    assert "Proposées" in page.headings
    assert NAME in page.words
    page = await page.form(f"/association/collections/{first}/accept").send()
    assert page.said == "La collecte est acceptée. Le donneur est prévenu."
    one = await browser.opens(f"/association/collections/{second}")
    page = await one.form("Refuser").send(reason="Plus de place <froid>")
    assert page.said == "La collecte est refusée. Le donneur lit votre raison."
    assert "Refuser cette collecte" not in (await browser.opens(f"/association/collections/{second}")).words
    assert await town.value("select status from app.collections where id = $1", first) == "accepted"


async def test_a_collection_is_received_with_less_than_was_taken(town: Town) -> None:
    tour = await a_round(town)
    (one,) = tour.collections
    await tour.takes(1, items=[{"item_id": str(one.items[0]), "kg": 22}])
    await tour.leaves()
    browser = await Browser.of(tour.association)
    page = await browser.opens("/association/collections")
    assert "À réceptionner" in page.headings
    page = await browser.opens(f"/association/collections/{one.id}")
    wrong = await page.form("C’est reçu").send({f"kg-{one.items[0]}": "15,5"})
    assert wrong.status_code == 422
    assert wrong.alert
    sent = {f"kg-{one.items[0]}": "15,5", f"because-{one.items[0]}": "Moisi"}
    page = await wrong.form("C’est reçu").send(sent, degrees="3,5")
    assert page.said.startswith("C’est reçu.")
    got = await tour.association.gets(f"/collections/{one.id}/reception")
    assert (got["accepted_grams"], got["degrees"]) == (15_500, 3.5)
    assert "Moisi" in (await browser.opens(f"/association/collections/{one.id}")).words


async def test_surplus_is_offered_by_a_form_and_cancelled(town: Town) -> None:
    browser = await Browser.of(await town.an_association())
    page = await (await browser.opens("/association/collections")).follows("Proposer un surplus")
    wrong = await page.form("Proposer").send(title="Lait <cru>", category="dairy", kg="douze", until="16:00")
    assert set(wrong.errors) == {"kg"}
    wrong = await wrong.form("Proposer").send(kg="12,5", date_kind="use_by")
    assert set(wrong.errors) == {"food_date"}
    wrong = await wrong.form("Proposer").send(date_kind="none")
    assert set(wrong.errors) == {"until"}
    page = await wrong.form("Proposer").send(until="19:00", crates="2")
    assert page.said.startswith("C’est proposé")
    assert "Lait <cru>" in page.words
    assert await town.value("select grams from app.collections where giver_id is not null") == 12_500
    page = await page.form("Annuler la collecte").send(reason="Distribué")
    assert page.said == "La collecte est annulée. Chacun est prévenu."
    assert "Ce que vous donnez" in page.headings


async def test_an_owner_adds_tests_and_removes_a_chat_whose_address_is_not_shown(town: Town) -> None:
    browser = await Browser.of(await town.an_association())
    page = await (await browser.opens("/association/collections")).follows("Slack et Teams")
    secret = "https://hooks.example.org/services/secretQz9w"
    wrong = await page.form("Ajouter un salon").send(kind="teams", name="#c", url="http://hooks.example.org/secret")
    assert set(wrong.errors) == {"url"}
    assert "secret" not in wrong.text.replace("un secret", "")
    page = await wrong.form("Ajouter un salon").send(kind="teams", name="#collectes <b>", url=secret)
    assert page.said == "C’est enregistré."
    assert "services" not in page.text
    assert "Teams, hooks.example.org, …Qz9w" in page.words
    assert "#collectes <b>" in page.words
    page = await page.form("Envoyer un essai #collectes <b>").send()
    assert page.said.startswith("L’essai est parti.")
    page = await page.form("Retirer #collectes <b>").send()
    assert page.said == "Le salon est retiré."
    assert await town.value("select count(*) from app.chat_hooks") == 0


async def test_readers_and_strangers_are_kept_out(town: Town) -> None:
    relais, other, shop = await town.an_association(), await town.an_association("Autre"), await town.a_shop()
    collection = await asked(town, shop, to=relais.id)
    stranger = await Browser.of(other)
    assert (await stranger.opens(f"/association/collections/{collection}")).status_code == 404
    await town.changes("update app.members set role = 'staff' where association_id = $1", other.id)
    staff = await Browser.of(other)
    assert (await staff.opens("/association/chats")).status_code == 403
    assert "Slack et Teams" not in (await staff.opens("/association/collections")).words
    await town.changes("update app.members set role = 'reader' where association_id = $1", other.id)
    reader = await Browser.of(other)
    for path in ("collections", "needs", "chats"):
        assert (await reader.opens(f"/association/{path}")).status_code == 403
