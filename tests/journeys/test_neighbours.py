"""Agreements that shops and associations are suggested, and where nobody collects."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.leaving import an_association_that_takes, counts, leaves, shows, weekday_left
from tests.town.people import Person
from tests.town.things import Shop

HERE = (48.58, 7.75)
STRASBOURG, GEISPOLSHEIM, GRIESHEIM = "67482", "67152", "67172"  # Griesheim is in another EPCI


async def a_leaving_shop(town: Town, *, shown: bool = True, commune: str = STRASBOURG, **left: Any) -> Shop:
    shop = await town.a_shop(await town.a_merchant(), near=HERE, commune=commune)
    await leaves(town, shop, **left)
    if shown:
        await shows(town, shop)
    return shop


async def suggested(person: Person, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.gets("/neighbours/suggestions", **query))["data"]
    return found


async def test_an_association_is_suggested_shops_near_it_with_reasons(town: Town) -> None:
    shop = await a_leaving_shop(town)
    relais = await an_association_that_takes(town, lacks=["bakery"])

    [one] = await suggested(relais)

    weekday = await weekday_left(town)
    assert (one["kind"], one["id"], one["name"]) == ("shop", str(shop.id), "Boulangerie du Marché")
    assert (one["distance_m"], one["nobody_collects"]) == (500, True)
    # 6.3 kg are told as 5 kg: about how much, and not what the shop sold.
    assert one["leftovers"] == [{"weekday": weekday, "category": "bakery", "grams": 5000, "lacks": True}]
    assert one["grams_a_week"] == 5000
    assert 95 <= one["score"] <= 100


async def test_a_shop_that_did_not_agree_is_never_suggested(town: Town) -> None:
    silent = await a_leaving_shop(town, shown=False)
    relais = await an_association_that_takes(town)
    assert await suggested(relais) == await suggested(relais, territory="FR") == []
    dismissed = await relais.asks("POST", "/neighbours/dismissals", {"shop_id": str(silent.id)})
    assert refusal_in(dismissed).code == "shop.not_found"

    await shows(town, silent)
    assert [one["id"] for one in await suggested(relais)] == [str(silent.id)]
    # It takes effect at once, and not only when leftovers are counted again.
    await shows(town, silent, False)
    assert await suggested(relais) == []


async def test_control_a_search_without_the_choice_shows_the_silent_shop(town: Town) -> None:
    silent = await a_leaving_shop(town, shown=False)
    relais = await an_association_that_takes(town)
    unprotected = await town.value("select pg_get_functiondef('app.neighbour_pairs'::regproc)")
    await town.changes(unprotected.replace("and s.shows_leftovers", ""))

    assert [one["id"] for one in await suggested(relais)] == [str(silent.id)]


async def test_only_the_owner_chooses_to_show_leftovers(town: Town) -> None:
    shop = await a_leaving_shop(town, shown=False)
    assistant = await town.a_customer()
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'staff', now())",
        shop.id,
        assistant.id,
    )

    refused = await assistant.asks("PATCH", f"/shops/{shop.id}", {"shows_leftovers": True})

    assert refused.status_code == 404
    assert await town.value("select shows_leftovers from app.shops where id = $1", shop.id) is False


@pytest.mark.parametrize(
    ("left", "needs"),
    [
        ({"weeks": 7}, {}),  # not eight weeks yet
        ({"grams": 300}, {}),  # too little to fetch
        ({"category": "grocery"}, {}),  # not taken
        ({}, {"farthest_metres": 500, "metres": 600}),
        ({"category": "frozen"}, {"takes": ["frozen"]}),  # taken, but it has no freezer
    ],
)
async def test_a_neighbour_that_does_not_fit_is_not_suggested(
    town: Town, left: dict[str, Any], needs: dict[str, Any]
) -> None:
    shop = await a_leaving_shop(town, **left)
    relais = await an_association_that_takes(town, **needs)

    assert await suggested(relais) == await suggested(shop.merchant, shop_id=str(shop.id)) == []


async def test_leftovers_on_days_without_a_need_do_not_count(town: Town) -> None:
    shop = await a_leaving_shop(town)
    left_on = await weekday_left(town)
    other = await an_association_that_takes(town, weekdays=[day for day in range(1, 8) if day != left_on])

    assert await suggested(other) == []
    assert await suggested(shop.merchant, shop_id=str(shop.id)) == []


async def test_a_shop_is_suggested_public_associations_and_former_partners(town: Town) -> None:
    shop = await a_leaving_shop(town, shown=False)
    public = await an_association_that_takes(town, "Publique", metres=400)
    await an_association_that_takes(town, "Secrète", public=False)
    former = await an_association_that_takes(town, "Ancienne", metres=3000, public=False)
    agreement = await town.an_agreement(former, shop.id, status="confirmed")
    at_first = await suggested(shop.merchant, shop_id=str(shop.id))
    await town.changes(
        "update app.agreements set status = 'ended', ended_at = now(), ended_by = 'shop' where id = $1", agreement
    )

    found = await suggested(shop.merchant, shop_id=str(shop.id))

    assert [one["id"] for one in at_first] == [str(public.id)]
    assert at_first[0]["nobody_collects"] is False
    assert [one["id"] for one in found] == [str(public.id), str(former.id)]
    assert {one["kind"] for one in found} == {"association"}


async def test_a_secret_association_cannot_be_found_by_dismissing_it(town: Town) -> None:
    shop = await a_leaving_shop(town)
    secret = await an_association_that_takes(town, public=False)

    answers = [
        await shop.merchant.asks(
            "POST", "/neighbours/dismissals", {"shop_id": str(shop.id), "association_id": str(association)}
        )
        for association in (secret.id, uuid4())
    ]

    assert [refusal_in(answer).code for answer in answers] == ["association.not_found"] * 2


@pytest.mark.parametrize("status", ["proposed", "confirmed"])
async def test_neighbours_with_an_agreement_are_not_suggested_to_each_other(town: Town, status: str) -> None:
    shop = await a_leaving_shop(town)
    relais = await an_association_that_takes(town)
    await town.an_agreement(relais, shop.id, status=status)

    assert await suggested(relais) == await suggested(shop.merchant, shop_id=str(shop.id)) == []

    # One that ran out makes room.
    await town.changes("update app.agreements set ends_on = '2020-01-01', signed_on = '2019-01-01'")
    assert len(await suggested(relais)) == (status == "confirmed")


async def test_a_dismissed_suggestion_stays_away_for_ninety_days(town: Town) -> None:
    shop = await a_leaving_shop(town)
    relais = await an_association_that_takes(town)

    for _ in range(2):
        said = await relais.asks("POST", "/neighbours/dismissals", {"shop_id": str(shop.id)})
        assert said.status_code == 204
    assert await suggested(relais) == []
    # The shop goes on seeing its own suggestion: it is not told.
    assert len(await suggested(shop.merchant, shop_id=str(shop.id))) == 1

    await town.changes("update app.neighbour_dismissals set at = at - interval '91 days'")
    assert len(await suggested(relais)) == 1
    await town.changes("do $$ begin perform app.prune(100); end $$")
    assert await town.value("select count(*) from app.neighbour_dismissals") == 0

    mine = {"shop_id": str(shop.id), "association_id": str(relais.id)}
    assert (await shop.merchant.asks("POST", "/neighbours/dismissals", mine)).status_code == 204
    assert await suggested(shop.merchant, shop_id=str(shop.id)) == []
    assert len(await suggested(relais)) == 1


async def test_suggestions_end_at_the_border_of_the_territory(town: Town) -> None:
    await town.territories(GRIESHEIM, "246700744")
    across = await a_leaving_shop(town, commune=GRIESHEIM)
    near = await a_leaving_shop(town, commune=GEISPOLSHEIM)
    relais = await an_association_that_takes(town, commune=STRASBOURG)

    async def ids(**query: str) -> set[str]:
        return {one["id"] for one in await suggested(relais, **query)}

    both, here, there = {str(near.id), str(across.id)}, {str(near.id)}, {str(across.id)}
    assert await ids() == here  # its EPCI
    assert await ids(territory="DEP-67") == await ids(territory="REG-44") == await ids(territory="FR") == both
    assert await ids(territory="246700744") == await ids(territory=GRIESHEIM) == there
    assert await ids(territory=STRASBOURG) == await ids(territory="DEP-68") == set()
    # The shop's own EPCI is another one, so it does not see the association unless it asks wider.
    assert await suggested(across.merchant, shop_id=str(across.id)) == []
    assert len(await suggested(across.merchant, shop_id=str(across.id), territory="DEP-67")) == 1
    unknown = await relais.asks("GET", "/neighbours/suggestions?territory=99999")
    assert refusal_in(unknown).code == "territory.not_found"


async def test_control_without_borders_the_shop_across_is_suggested(town: Town) -> None:
    await town.territories(GRIESHEIM, "246700744")
    across = await a_leaving_shop(town, commune=GRIESHEIM)
    relais = await an_association_that_takes(town, commune=STRASBOURG)
    await town.changes(
        "create or replace function app.communes_around(insee text) returns text[]"
        " language sql as $$ select null::text[] $$"
    )

    assert [one["id"] for one in await suggested(relais)] == [str(across.id)]


async def test_without_loaded_territories_neighbours_are_those_of_the_commune(town: Town) -> None:
    await a_leaving_shop(town, commune=GEISPOLSHEIM)
    same = await a_leaving_shop(town, commune=STRASBOURG)
    relais = await an_association_that_takes(town, commune=STRASBOURG)

    assert [one["id"] for one in await suggested(relais)] == [str(same.id)]


async def test_suggestions_come_in_pages_the_best_first(town: Town) -> None:
    shop = await a_leaving_shop(town)
    for number in range(5):
        await an_association_that_takes(town, f"A{number}", metres=800 * number)
    whole = await suggested(shop.merchant, shop_id=str(shop.id))

    names, after = [], None
    while True:
        query = {"shop_id": str(shop.id), "limit": "2", **({"after": after} if after else {})}
        page = await shop.merchant.gets("/neighbours/suggestions", **query)
        names += [one["name"] for one in page["data"]]
        if not (after := page["next"]):
            break

    assert names == [one["name"] for one in whole] == ["A0", "A1", "A2", "A3", "A4"]


async def test_only_those_who_work_at_a_verified_side_are_suggested_neighbours(town: Town) -> None:
    shop = await a_leaving_shop(town)
    relais = await an_association_that_takes(town)
    customer, other = await town.a_customer(), await town.a_merchant("Ailleurs")
    await town.a_shop(other)

    assert refusal_in(await customer.asks("GET", "/neighbours/suggestions")).code == "access.forbidden"
    assert refusal_in(await other.asks("GET", "/neighbours/suggestions")).code == "access.forbidden"
    foreign = await other.asks("GET", f"/neighbours/suggestions?shop_id={shop.id}")
    assert refusal_in(foreign).code == "shop.not_found"

    await town.changes("update app.members set role = 'reader' where association_id = $1", relais.id)
    assert refusal_in(await relais.asks("GET", "/neighbours/suggestions")).code == "access.forbidden"
    await town.changes("update app.members set role = 'staff' where association_id = $1", relais.id)
    assert len(await suggested(relais)) == 1
    await town.changes("update app.associations set status = 'pending' where id = $1", relais.id)
    assert refusal_in(await relais.asks("GET", "/neighbours/suggestions")).code == "access.forbidden"
    assert await suggested(shop.merchant, shop_id=str(shop.id)) == []


async def test_members_of_two_associations_say_which_one_asks(town: Town) -> None:
    shop = await a_leaving_shop(town)
    relais, other = await an_association_that_takes(town), await an_association_that_takes(town, "Autre")
    await town.changes(
        "insert into app.members (association_id, account_id, role, joined_at) values ($1, $2, 'staff', now())",
        other.id,
        relais.id,
    )

    assert refusal_in(await relais.asks("GET", "/neighbours/suggestions")).code == "association.which"
    assert [one["id"] for one in await suggested(relais, association=str(other.id))] == [str(shop.id)]


async def test_leftovers_that_end_are_forgotten_at_the_next_count(town: Town) -> None:
    shop = await a_leaving_shop(town)
    relais = await an_association_that_takes(town)
    assert len(await suggested(relais)) == 1

    await town.clock(await town.now() + timedelta(weeks=5))
    await counts(town)
    assert await suggested(relais) == []

    await town.changes("update app.shops set status = 'suspended' where id = $1", shop.id)
    await counts(town)
    assert await town.value("select count(*) from app.shop_leftovers") == 0


async def test_admins_see_where_nobody_collects_and_no_shop_is_named(town: Town) -> None:
    await town.territories(GRIESHEIM, "246700744")
    agreed = await a_leaving_shop(town, shown=False)
    lonely = await a_leaving_shop(town, shown=False, category="grocery", grams=4000)
    await a_leaving_shop(town, commune=GRIESHEIM)
    relais = await an_association_that_takes(town, lacks=["dairy"])
    await town.an_agreement(relais, agreed.id, status="confirmed")
    odile = await town.an_admin()

    first = await odile.gets("/neighbours/uncollected", limit="1")
    second = await odile.gets("/neighbours/uncollected", limit="1", after=first["next"])
    [strasbourg] = (await odile.gets("/neighbours/uncollected", territory="246700488"))["data"]

    [griesheim] = first["data"]
    assert (griesheim["insee_code"], griesheim["name"]) == (GRIESHEIM, "Griesheim-près-Molsheim")
    assert (griesheim["shops"], griesheim["without_agreement"], griesheim["without_association"]) == (1, 1, 0)
    assert (second["data"], second["next"]) == ([strasbourg], None)
    numbers = {name: strasbourg[name] for name in strasbourg if name not in ("left", "lacks", "name")}
    assert numbers == {
        "insee_code": STRASBOURG,
        "shops": 2,
        "grams_a_week": 10300,
        "without_agreement": 1,
        "without_agreement_grams": 4000,
        "without_association": 1,  # groceries, which nobody takes
        "without_collector": 1,
    }
    assert strasbourg["lacks"] == [{"category": "dairy", "associations": 1}]
    assert sorted((one["category"], one["grams"]) for one in strasbourg["left"]) == [
        ("bakery", 6300),
        ("grocery", 4000),
    ]
    assert str(lonely.id) not in str(strasbourg)
    for person in (relais, agreed.merchant, await town.a_customer()):
        assert (await person.asks("GET", "/neighbours/uncollected")).status_code == 403
