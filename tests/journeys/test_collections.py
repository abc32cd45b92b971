"""Collections: a shop asks, an operator decides, portions leave their lots and come back, and people are told."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.town import Association, Lot, Merchant, Person, Shop, Town
from tests.town.answers import accepted, refusal_in
from tests.town.rounds import a_collection, a_round
from tests.visitors import mails


async def window(town: Town, opens_in: float = 3, lasts: float = 2) -> dict[str, str]:
    """Return the window of a collection that opens and lasts so many hours from now."""
    starts = await town.now() + timedelta(hours=opens_in)
    return {"window_start": starts.isoformat(), "window_end": (starts + timedelta(hours=lasts)).isoformat()}


async def request(town: Town, shop: Shop, **fields: Any) -> dict[str, Any]:
    """Return the body of a request for 12.5 kg of bread; `fields` replace its fields."""
    bread = {"title": "Pains", "category": "bakery", "kg": 12.5, "crates": 2, "date_kind": "none"}
    return {"shop_id": str(shop.id), "items": [bread], **await window(town), **fields}


async def refused_with(person: Person, method: str, path: str, body: Any = None, **headers: str) -> str:
    return refusal_in(await person.asks(method, path, body, headers=headers)).code


async def told(person: Person) -> list[str]:
    return [notice["event"] for notice in (await person.gets("/notices"))["data"]]


async def partners(town: Town) -> tuple[Merchant, Shop, Association]:
    """Return a merchant, their shop, and an association that has an agreement with it."""
    sophie, relais = await town.a_merchant(), await town.an_association()
    shop = await town.a_shop(sophie)
    await town.an_agreement(relais, shop.id, status="confirmed")
    return sophie, shop, relais


async def test_a_shop_asks_and_its_association_accepts(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    lot = await town.a_lot(shop=shop, left=5, weight_grams=400)

    asked = await sophie.posts(
        "/collections",
        await request(town, shop, lots=[{"lot_id": str(lot.id), "portions": 3}], association_id=str(relais.id)),
        key="tonight",
    )

    assert (asked["status"], asked["asked_how"], asked["carrier"], asked["may"]) == (
        "requested",
        "member",
        "volunteer",
        ["postpone", "cancel"],
    )
    assert (asked["grams"], asked["crates"], asked["portions"]) == (13_700, 2, 3)
    assert [(item["title"], item["grams"], item["portions"]) for item in asked["items"]] == [
        ("Panier du soir", 1200, 3),
        ("Pains", 12_500, None),
    ]
    assert await town.left(lot) == 2
    assert await town.stock_is_exact()
    assert await told(relais) == ["collection_asked"]
    assert await told(sophie) == []

    assert [one["id"] for one in (await relais.gets("/collections", status="requested"))["data"]] == [asked["id"]]
    path = f"/collections/{asked['id']}"
    done = await relais.posts(f"{path}/accept", {})
    assert (done["status"], done["association"]["name"], done["version"]) == ("accepted", "Le Relais", 2)
    assert await relais.posts(f"{path}/accept", {}) == done  # again: nothing changes
    assert await told(sophie) == ["collection_accepted"]
    read = await sophie.asks("GET", path)
    assert read.headers["etag"] == '"r2"'
    assert [(change["change"], change["by"]) for change in read.json()["history"]] == [
        ("requested", "shop"),
        ("accepted", "association"),
    ]
    assert await refused_with(relais, "POST", f"{path}/refuse", {"reason": "Plein"}) == "collection.accepted"


async def test_a_refused_collection_gives_its_portions_back(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    lot = await town.a_lot(shop=shop, left=4)
    marc = await town.a_customer()
    asked = await sophie.posts(
        "/collections",
        await request(town, shop, items=[], lots=[{"lot_id": str(lot.id)}], association_id=str(relais.id)),
    )
    assert asked["portions"] == 4
    assert (await marc.tries_to_reserve(lot)).code == "lot.sold_out"

    path = f"/collections/{asked['id']}"
    assert await refused_with(sophie, "POST", f"{path}/refuse", {"reason": "Non"}) == "access.forbidden"
    done = await relais.posts(f"{path}/refuse", {"reason": "Notre frigo est plein."})

    assert (done["status"], done["reason"], done["may"]) == ("refused", "Notre frigo est plein.", [])
    assert await relais.posts(f"{path}/refuse", {"reason": "Encore"}) == done
    assert await town.left(lot) == 4
    assert await town.stock_is_exact()
    await marc.reserves(lot)
    [notice] = (await sophie.gets("/notices"))["data"]
    assert "Notre frigo est plein." in notice["text"]
    assert await refused_with(sophie, "POST", f"{path}/cancel", {"reason": "Trop tard"}) == "collection.refused"


async def test_a_refused_collection_goes_on_to_the_next_that_fits(town: Town) -> None:
    await town.clock("2026-11-30T12:00+01:00")
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    near = [await town.an_association(name, commune="67482") for name in ("Une", "Deux")]
    await town.changes(
        "update app.associations set latitude = $1, longitude = $2", shop.latitude + 0.01, shop.longitude
    )
    for number, one in enumerate(near):
        await town.changes(
            "insert into app.association_needs (association_id, takes, farthest_metres, grams_a_day, decides, lacks,"
            " weekdays, opens, closes)"
            " values ($1, '{bakery}', 20000, 100000, $2, $3, '{1,2,3,4,5,6,7}', '0:00', '23:59')",
            one.id,
            ("person", "automatic")[number],
            ["bakery"] if number == 0 else [],
        )
    asked = await sophie.posts("/collections", await request(town, shop))
    assert (asked["status"], asked["association"]["name"]) == ("requested", "Une")
    assert await told(near[0]) == ["collection_asked"]

    path = f"/collections/{asked['id']}"
    assert (await near[0].posts(f"{path}/refuse", {"reason": "Fermés ce soir"}))["status"] == "refused"
    assert await refused_with(near[0], "GET", path) == "collection.not_found"  # it is theirs no more
    read = await sophie.gets(f"/collections/{asked['id']}")
    assert (read["status"], read["association"]["name"]) == ("accepted", "Deux")
    assert [(one["change"], one["by"]) for one in read["history"]] == [
        ("requested", "shop"),
        ("edited", "program"),
        ("refused", "association"),
        ("edited", "program"),
        ("accepted", "program"),
    ]
    assert await told(near[1]) == ["collection_accepted", "collection_asked"]


async def test_an_offer_is_announced_once_to_each_person_and_chat(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    other, noe = await town.an_association("Autre"), await town.a_customer("Noé")
    await town.changes(
        "insert into app.members (account_id, shop_id, role, joined_at) values ($1, $2, 'staff', now())",
        noe.id,
        shop.id,
    )
    for owner in (await town.an_admin(), relais):
        hook = {"name": "#tout", "kind": "slack", "url": "https://hooks.example.org/s/T0", "events": ["asked"]}
        await owner.posts("/chat-hooks", hook)
    asked = await sophie.posts("/collections", await request(town, shop))
    posts = "select count(*) from jobs.procrastinate_jobs where task_name = 'chat_hooks.post'"

    async def offered(*associations: Association) -> list[list[str]]:
        for one in associations:
            await town.changes("select app.offer_collection($1::text::uuid, $2)", asked["id"], one.id)
        return [await told(person) for person in (sophie, noe, relais, other)]

    assert await told(noe) == ["collection_asked"]
    assert await offered(relais, other) == [[], *[["collection_asked"]] * 3]
    before = await town.value(posts)
    assert await offered(relais, other) == [[], *[["collection_asked"]] * 3]
    assert await town.value(posts) == before

    # The control: without the key of its notice, the association is told again of the same offer.
    await town.changes("update app.notices set once = null where account_id = $1", relais.id)
    assert (await offered(relais))[2] == ["collection_asked"] * 2


async def test_a_shop_cancels_until_the_food_is_taken(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    lot = await town.a_lot(shop=shop, left=4)
    ask = await request(town, shop, lots=[{"lot_id": str(lot.id), "portions": 1}], association_id=str(relais.id))
    first, second = [await sophie.posts("/collections", ask) for _ in range(2)]
    await relais.posts(f"/collections/{first['id']}/accept", {})

    done = await sophie.posts(f"/collections/{first['id']}/cancel", {"reason": "Tout est vendu."})
    assert done["status"] == "cancelled"
    assert await sophie.posts(f"/collections/{first['id']}/cancel", {"reason": "Encore"}) == done
    assert await town.left(lot) == 3
    assert await told(relais) == ["collection_cancelled", "collection_asked", "collection_asked"]

    await relais.posts(f"/collections/{second['id']}/accept", {})
    await town.changes("update app.collections set status = 'taken' where id = $1::text::uuid", second["id"])
    for verb, body in (("cancel", {"reason": "Non"}), ("postpone", {"reason": "Non", **await window(town, 30)})):
        path = f"/collections/{second['id']}/{verb}"
        assert await refused_with(sophie if verb == "cancel" else relais, "POST", path, body) == "collection.taken"
    assert await town.left(lot) == 3


async def test_postponing_changes_the_window_and_asks_the_food_law_again(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    today = await town.today()
    yogurt = {"title": "Yaourts", "portions": 20, "date_kind": "use_by", "food_date": str(today + timedelta(days=4))}
    asked = await sophie.posts(
        "/collections",
        await request(town, shop, items=[{**yogurt, "cold": "chilled"}], association_id=str(relais.id)),
    )
    assert (asked["cold"], asked["grams"]) == ("chilled", 10_000)  # a portion counts as a meal
    path = f"/collections/{asked['id']}"
    await relais.posts(f"{path}/accept", {})

    later = {"reason": "La camionnette est en panne.", **await window(town, 24)}
    done = await relais.posts(f"{path}/postpone", later)
    assert done["status"] == "accepted"
    assert datetime.fromisoformat(done["window_start"]) == datetime.fromisoformat(later["window_start"])
    assert await relais.posts(f"{path}/postpone", later) == done
    assert (await told(sophie))[0] == "collection_postponed"
    too_late = {"reason": "Encore", **await window(town, 24 * 3)}  # 24 to 48 h before its end, at any hour
    assert await refused_with(relais, "POST", f"{path}/postpone", too_late) == "lot.use_by_too_near"
    # The shop asks for another window only while nobody has accepted.
    assert await refused_with(sophie, "POST", f"{path}/postpone", too_late) == "access.forbidden"
    assert await sophie.gets(path) == {**done, "may": ["cancel"], "history": (await sophie.gets(path))["history"]}


async def test_food_is_given_two_days_before_its_use_by_date_or_in_time(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    today = await town.today()

    async def asks(days: int, kind: str = "use_by", association: bool = True) -> str:
        item = {"title": "Yaourts", "portions": 2, "date_kind": kind, "food_date": str(today + timedelta(days=days))}
        body = await request(town, shop, items=[item], association_id=str(relais.id) if association else None)
        answer = await sophie.asks("POST", "/collections", body)
        return answer.json()["id"] if answer.is_success else refusal_in(answer).code

    assert await asks(1) == "lot.use_by_too_near"
    assert await asks(-1) == "lot.past_use_by"
    assert len(await asks(-3, "best_before")) == 36
    assert len(await asks(3)) == 36
    # Offered to nobody yet: one that distributes in time may still receive it, this one may not.
    open_ = await asks(1, association=False)
    odile = await town.an_admin()
    accept = (f"/collections/{open_}/accept", {"association_id": str(relais.id)})
    assert await refused_with(odile, "POST", accept[0], {}) == "collection.no_association"
    assert await refused_with(odile, "POST", *accept) == "lot.use_by_too_near"
    await town.changes("update app.associations set distributes_in_time = true")
    assert (await odile.posts(*accept))["association"]["id"] == str(relais.id)
    assert len(await asks(1)) == 36
    assert await asks(-1) == "lot.past_use_by"


async def test_an_invalid_collection_is_refused_and_changes_nothing(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    helene = await town.a_merchant("Hélène")
    foreign = await town.a_lot(shop=await town.a_shop(helene))
    lot = await town.a_lot(shop=shop, left=3, gtin="03017620422003", batch="L1")
    secret = await town.an_association("Secrète")
    past = await window(town, -3, 2)
    bread = {"title": "Pains", "kg": 1, "date_kind": "none"}
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"items": [], "lots": []}, "collection.empty"),
        ({"items": [], "lots": [{"lot_id": str(foreign.id)}]}, "lot.not_found"),
        ({"lots": [{"lot_id": str(uuid4())}]}, "lot.not_found"),
        ({"lots": [{"lot_id": str(lot.id), "portions": 4}]}, "collection.too_few_left"),
        ({"lots": [{"lot_id": str(lot.id), "portions": 2}] * 2}, "collection.too_few_left"),
        ({"items": [{**bread, "title": "Six bouteilles de vin"}]}, "lot.alcohol"),
        (
            {"items": [{**bread, "kg": None, "crates": 10_000, "title": f"Pains {n}"} for n in range(2)]},
            "collection.too_much",
        ),
        (past, "collection.window_invalid"),
        (await window(town, 3, 25), "collection.window_invalid"),
        (await window(town, 24 * 61), "collection.window_invalid"),
        ({"association_id": str(secret.id)}, "association.not_found"),
        ({"shop_id": str(foreign.shop.id)}, "shop.not_found"),
        ({"items": [{**bread, "grams": 3}]}, "request.invalid"),
        ({"items": [{"title": "Pains", "date_kind": "none"}]}, "request.invalid"),
        ({"items": [{**bread, "date_kind": "use_by"}]}, "request.invalid"),
        ({"items": [{**bread, "kg": -1}]}, "request.invalid"),
        ({"items": [{**bread, "title": "Pains\nfrais"}]}, "request.invalid"),
    ]
    for fields, code in refusals:
        body = await request(town, shop, **{"association_id": None, **fields})
        assert await refused_with(sophie, "POST", "/collections", body) == code, fields
    recalled = await request(town, shop, items=[{**bread, "gtin": "3017620422003", "batch": "L1"}])
    whole = await request(town, shop, items=[], lots=[{"lot_id": str(lot.id)}])
    await (await town.an_admin()).posts("/admin/recalls", {"gtin": "3017620422003", "batch": "L1", "reason": "Verre"})
    assert await refused_with(sophie, "POST", "/collections", recalled) == "lot.recalled"
    assert await refused_with(sophie, "POST", "/collections", whole) == "lot.recalled"
    await town.changes("update app.shops set status = 'suspended' where id = $1", shop.id)
    assert await refused_with(sophie, "POST", "/collections", await request(town, shop)) == "shop.not_verified"

    assert await town.value("select count(*) from app.collections") == 0
    assert await town.left(lot) == 3
    assert await told(relais) == []


async def test_a_large_shop_gives_under_an_agreement_only(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    banque = await town.an_association("Banque")
    await town.changes("update app.associations set is_public = true")
    ask = await request(town, shop, association_id=str(banque.id))
    assert (await sophie.posts("/collections", ask))["association"]["name"] == "Banque"

    changed = await sophie.asks("PATCH", f"/shops/{shop.id}", {"above_400_m2": True})
    assert accepted(changed).json()["above_400_m2"] is True
    assert await refused_with(sophie, "POST", "/collections", ask) == "collection.no_agreement"
    agreement = await town.an_agreement(banque, shop.id, status="confirmed")
    asked = await sophie.posts("/collections", ask)
    await town.changes(
        "update app.agreements set status = 'ended', ended_at = now(), ended_by = 'shop' where id = $1", agreement
    )
    assert await refused_with(banque, "POST", f"/collections/{asked['id']}/accept", {}) == "collection.no_agreement"
    assert "above_400_m2" not in (await banque.gets(f"/shops/{shop.id}"))


async def test_leftovers_of_a_lot_that_is_over_are_collected_once(town: Town) -> None:
    sophie, shop, _ = await partners(town)
    lot = await town.a_lot(shop=shop, left=5, opens_in=timedelta(0), lasts=timedelta(hours=1))
    marc, amina = await town.a_customer(), await town.a_customer("Amina")
    bought = await marc.pays(await marc.reserves(lot, 2))
    await amina.pays(await amina.reserves(lot))
    await town.clock(await town.now() + timedelta(minutes=30))
    await sophie.hands_over(await marc.pass_for(bought))
    await town.clock(await town.now() + timedelta(hours=2))
    await town.worker_runs()
    assert await town.left(lot) == 2

    async def asks(portions: int | None) -> Any:
        lots = [{"lot_id": str(lot.id), "portions": portions}]
        return await sophie.asks("POST", "/collections", await request(town, shop, items=[], lots=lots))

    first = accepted(await asks(2)).json()
    rest = accepted(await asks(None)).json()
    assert (first["portions"], rest["portions"]) == (2, 1)  # the one that Amina did not come for, too
    assert refusal_in(await asks(None)).code == "collection.too_few_left"
    await sophie.posts(f"/collections/{rest['id']}/cancel", {"reason": "Mangé"})
    assert accepted(await asks(None)).json()["portions"] == 1
    assert await town.left(lot) == 2
    assert await town.stock_is_exact()


async def test_only_those_concerned_see_a_collection(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    asked = await sophie.posts("/collections", await request(town, shop, association_id=str(relais.id)))
    path = f"/collections/{asked['id']}"
    strangers: list[Person] = [
        await town.a_merchant("Hélène"),
        await town.an_association("Autre"),
        await town.a_collector(),
        await town.a_customer(),
    ]
    for stranger in strangers:
        assert (await stranger.gets("/collections"))["data"] == []
        assert await refused_with(stranger, "GET", path) == "collection.not_found"
        for verb, body in (
            ("accept", {}),
            ("refuse", {"reason": "x"}),
            ("cancel", {"reason": "x"}),
            ("postpone", {"reason": "x", **await window(town)}),
        ):
            assert await refused_with(stranger, "POST", f"{path}/{verb}", body) == "collection.not_found"
    odile = await town.an_admin()
    assert [one["may"] for one in (await odile.gets("/collections", shop=str(shop.id)))["data"]] == [
        ["accept", "refuse", "postpone", "cancel"]
    ]
    assert (await odile.gets("/collections", association=str(uuid4())))["data"] == []
    assert (await relais.gets("/collections", association=str(relais.id), status="accepted"))["data"] == []


async def test_a_list_of_collections_has_pages(town: Town) -> None:
    sophie, shop, _ = await partners(town)
    made = [(await sophie.posts("/collections", await request(town, shop)))["id"] for _ in range(3)]
    first = await sophie.gets("/collections", limit=2)
    rest = await sophie.gets("/collections", limit=2, after=first["next"])
    assert [one["id"] for one in first["data"] + rest["data"]] == made[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)


async def test_a_change_to_what_somebody_changed_meanwhile_is_refused(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    asked = await sophie.posts("/collections", await request(town, shop, association_id=str(relais.id)))
    path = f"/collections/{asked['id']}"
    await sophie.posts(f"{path}/postpone", {"reason": "Plus tard", **await window(town, 5)})

    stale = await relais.asks("POST", f"{path}/accept", {}, headers={"If-Match": '"r1"'})
    assert refusal_in(stale).code == "precondition.failed"
    assert (
        accepted(await relais.asks("POST", f"{path}/accept", {}, headers={"If-Match": '"r2"'})).json()["version"] == 3
    )


@pytest.mark.parametrize(("kg", "carrier"), [(100, "volunteer"), (100.001, "professional")])
async def test_a_heavy_collection_is_for_professionals(town: Town, kg: float, carrier: str) -> None:
    sophie, shop, _ = await partners(town)
    item = {"title": "Pains", "kg": kg, "date_kind": "none"}
    asked = await sophie.posts("/collections", await request(town, shop, items=[item]))
    assert (asked["grams"], asked["carrier"]) == (round(kg * 1000), carrier)


async def test_a_lot_in_a_collection_keeps_its_dates(town: Town) -> None:
    sophie, shop, _ = await partners(town)
    lot: Lot = await town.a_lot(shop=shop, left=2, batch="L1")
    lots = [{"lot_id": str(lot.id), "portions": 1}]
    asked = await sophie.posts("/collections", await request(town, shop, items=[], lots=lots))

    change = await sophie.asks("PATCH", f"/lots/{lot.id}", {"batch": "L2"})
    assert refusal_in(change).code == "lot.has_reservations"
    fewer = await sophie.asks("PATCH", f"/lots/{lot.id}", {"quantity": 1})
    assert accepted(fewer).json()["remaining"] == 0
    assert refusal_in(await sophie.asks("PATCH", f"/lots/{lot.id}", {"quantity": 0})).status == 422
    await sophie.posts(f"/collections/{asked['id']}/cancel", {"reason": "Vendu"})
    assert accepted(await sophie.asks("PATCH", f"/lots/{lot.id}", {"batch": "L2"})).json()["batch"] == "L2"
    assert UUID(asked["items"][0]["lot_id"]) == lot.id


async def test_cancelling_a_scheduled_collection_takes_it_out_of_its_tour(town: Town) -> None:
    lot = await town.a_lot(left=5)
    held = {"lot_id": lot.id, "portions": 3, "holds_stock": True}
    await town.changes("update app.lot_stock set remaining = 2 where lot_id = $1", lot.id)
    tour = await a_round(town, await a_collection(town, shop=lot.shop, items=[held]), await a_collection(town))
    first, second = tour.collections

    done = await lot.shop.merchant.posts(f"/collections/{first.id}/cancel", {"reason": "Tout est vendu."})
    assert (done["status"], done["history"][-1]["change"]) == ("cancelled", "cancelled")
    assert await town.left(lot) == 5
    assert await told(tour.collector) == ["collection_cancelled"]
    later = {"reason": "La camionnette est en panne.", **await window(town, 24)}
    done = await second.association.posts(f"/collections/{second.id}/postpone", later)
    assert done["status"] == "accepted"
    assert "collection_postponed" in await told(tour.collector)
    assert await town.value("select count(*) from app.stop_tasks where living") == 0


async def test_the_programs_reason_is_told_in_each_readers_language(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    await town.changes("update app.accounts set locale = 'en' where id = $1", relais.id)
    asked = await sophie.posts("/collections", await request(town, shop, association_id=str(relais.id)))
    await town.worker_runs()
    await town.clock(await town.now() + timedelta(hours=31))
    await town.worker_runs()

    read = await sophie.gets(f"/collections/{asked['id']}")
    assert (read["status"], read["reason"], read["reason_code"]) == ("cancelled", None, "nobody_came")
    assert (read["history"][-1]["reason"], read["history"][-1]["reason_code"]) == (None, "nobody_came")
    assert "Motif : Personne n'est passé dans le créneau." in (await mails(town, sophie.email))[-1].text
    assert "Reason: Nobody came within the window." in (await mails(town, relais.email))[-1].text
    (told_, *_) = (await relais.gets("/notices"))["data"]
    assert "Nobody came within the window." in told_["text"]

    # What somebody wrote stays in their words.
    other = await sophie.posts("/collections", await request(town, shop, association_id=str(relais.id)))
    done = await sophie.posts(f"/collections/{other['id']}/cancel", {"reason": "Tout est vendu."})
    assert (done["reason"], done["reason_code"]) == ("Tout est vendu.", None)
    await town.worker_runs()
    assert "Reason: Tout est vendu." in (await mails(town, relais.email))[-1].text


async def test_the_category_of_chilled_food_decides_how_cold_it_must_be(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    said = {"dairy": 8, "prepared_meals": 3, "fish": 4, "other": 4, None: 4}
    items = [
        {"title": f"Froid {category}", "kg": 1, "date_kind": "none", "cold": "chilled"}
        | ({"category": category} if category else {})
        for category in said
    ]
    warm = {"title": "Froid ambiant", "category": "dairy", "kg": 1, "date_kind": "none"}

    asked = await sophie.posts(
        "/collections", await request(town, shop, association_id=str(relais.id), items=[*items, warm])
    )

    limits = await town.rows(
        "select i.title, l.highest from app.collection_items i"
        " cross join lateral app.temperature_limit_of(i, current_date) l where i.collection_id = $1::text::uuid",
        asked["id"],
    )
    assert {row["title"]: row["highest"] for row in limits} == {
        **{f"Froid {category}": degrees for category, degrees in said.items()},
        "Froid ambiant": None,
    }
    assert {item["title"]: item["category"] for item in asked["items"]}["Froid None"] == "other"
