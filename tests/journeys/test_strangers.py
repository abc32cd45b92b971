"""Each role calls each route with ids of other people's things: the answers are those for ids that do not exist.

The routes come from the served description, so a new route is tried too. A path parameter that is missing here fails
the test.
"""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.town import Town
from tests.town.funds import a_fund
from tests.town.people import Person
from tests.town.rounds import a_round
from tests.town.things import recurring_listing

# The ids that fill the path parameters: things of people who are none of the callers.
Things = dict[str, UUID]

# Routes that show everybody the same.
PUBLIC = ("/v1/terms/", "/v1/help/")
# Routes on which an admin decides and may therefore see other people's things.
DECIDED_BY_ADMINS = (
    "/v1/admin/",
    "/v1/api-clients/",
    "/v1/collection-points/",
    "/v1/agreements/",
    "/v1/beneficiaries/",
    "/v1/collections/",
    "/v1/donation-receipts/",
    "/v1/funds/",
    "/v1/kiosks/",
    "/v1/shops/",
    "/v1/lots/{lot_id}",
    "/v1/organisations/",
    "/v1/problem-reports/",
    "/v1/tours/",
)


WEBHOOK = {"url": "https://hooks.example.org/x", "events": ["collection.taken.v1"]}
CHAT = {"name": "#collectes", "kind": "slack", "url": "https://hooks.slack.com/services/T0/B0/x", "events": ["asked"]}
PLACE = {"name": "Maison", "latitude": 48.5734, "longitude": 7.7521}


async def things_of_other_people(town: Town) -> Things:
    """Make one thing for each path parameter, such as an unverified shop, its draft and another's reservation."""
    merchant = await town.a_merchant("Gilles")
    shop = await merchant.registers_shop()
    fields = await town.lot_fields(await town.a_shop())
    draft = await merchant.posts("/lots", {**fields, "shop_id": shop["id"], "publish": False})
    helene = await town.a_customer("Hélène")
    bought, given = await helene.buys(await town.a_lot()), await helene.gives(await town.a_lot())
    photo = await town.value(
        "insert into app.photos (account_id, status, width, height) values ($1, 'kept', 1600, 1200) returning id",
        merchant.id,
    )
    await town.changes("update app.lots set photo_id = $1 where id = $2", photo, UUID(draft["id"]))
    listing = await merchant.posts("/recurring-listings", recurring_listing(UUID(shop["id"])))
    entry = await town.value(
        "insert into app.waiting (lot_id, account_id, quantity) select lot_id, account_id, 1 from app.reservations"
        " where id = $1 returning id",
        bought.id,
    )
    association = await town.an_association("Autre part")
    enrolled = await association.enrols()
    receiver = {"association_id": str((await town.an_association("Encore ailleurs")).id)}
    transfer = await association.posts(f"/beneficiaries/{enrolled['id']}/transfer", receiver)
    report = await town.value(
        "insert into app.problem_reports"
        " (reservation_id, account_id, lot_id, shop_id, kind, words, reported_at, answer_by)"
        " select r.id, r.account_id, l.id, l.shop_id, 'other', '-', now(), now() + interval '1 day'"
        " from app.reservations r join app.lots l on l.id = r.lot_id where r.id = $1 returning id",
        bought.id,
    )
    import_id = await town.value(
        "insert into app.imports (account_id, lines, begun_at, seen_at) values ($1, 0, now(), now()) returning id",
        association.id,
    )
    city = await town.an_organisation()
    return {
        "shop_id": UUID(shop["id"]),
        "lot_id": UUID(draft["id"]),
        "reservation_id": bought.id,
        "suspended_lot_id": given.id,
        "beneficiary_id": UUID(enrolled["id"]),
        "import_id": import_id,
        "transfer_id": UUID(transfer["id"]),
        "association_id": association.id,
        "collector_id": (await town.a_collector("Loin")).id,
        "tour_id": (tour := await a_round(town)).id,
        "collection_id": tour.collections[0].id,
        "plan_id": await town.value(
            "insert into app.tour_plans (day, asked_at, effort_seconds) values (current_date, now(), 1) returning id"
        ),
        "paper_id": await town.value(
            "insert into app.collection_papers"
            " (kind, shop_id, association_id, number, first_day, last_day, value_cents, issued_at, contents)"
            " values ('donation', $1, $2, '2026-0001', current_date, current_date, 1, now(), '{}') returning id",
            tour.collections[0].shop.id,
            tour.association.id,
        ),
        "account_id": merchant.id,
        "photo_id": photo,
        "listing_id": UUID(listing["id"]),
        "place_id": UUID((await helene.posts("/me/places", PLACE))["id"]),
        "kiosk_id": UUID((await association.posts("/kiosks", {"name": "Accueil"}))["id"]),
        "waiting_id": entry,
        "report_id": report,
        "station_id": UUID((await merchant.posts(f"/shops/{shop['id']}/stations", {"name": "Caisse"}))["id"]),
        "point_id": await town.value("select id from app.collection_points where shop_id = $1::text::uuid", shop["id"]),
        "hook_id": UUID((await association.posts("/chat-hooks", CHAT))["id"]),
        "endpoint_id": UUID((hook := await association.posts("/webhook-endpoints", WEBHOOK))["id"]),
        "delivery_id": UUID((await association.posts(f"/webhook-endpoints/{hook['id']}/test"))["delivery_id"]),
        "notice_id": await town.value(
            "insert into app.notices (account_id, event, facts, in_app, at)"
            " values ($1, 'account_ends', '{}', true, now()) returning id",
            merchant.id,
        ),
        "recall_notice_id": uuid4(),
        "session_id": await town.value("insert into app.sessions (account_id) values ($1) returning id", merchant.id),
        "member_id": await town.value("select id from app.members where shop_id = $1::text::uuid", shop["id"]),
        "token": uuid4(),
        "dispute_id": uuid4(),
        "code": uuid4(),
        "link_id": await town.value(
            "insert into app.collection_links (shop_id, name, token_hash, created_at)"
            " values ($1::text::uuid, 'Soir', 'x', now()) returning id",
            shop["id"],
        ),
        "series_id": await town.value(
            "insert into app.recurring_collections (shop_id, weekdays, opens, closes, items, first_day, created_at)"
            " values ($1::text::uuid, '{1}', '19:00', '20:00', '[{}]', '2026-11-30', now()) returning id",
            shop["id"],
        ),
        "organisation_id": city.id,
        "fund_id": await a_fund(town, city),
        "client_id": (await town.an_api_client(city)).id,
        "mandate_id": uuid4(),
        "batch_id": uuid4(),
        "secret_id": await town.value("select id from app.api_client_secrets"),
        "agreement_id": await town.an_agreement(association, UUID(shop["id"])),
        "document_id": await town.value(
            "insert into accounting.documents (kind, source, shop_id, first_day, last_day, issued_at, contents)"
            " values ('receipt', '-', $1::text::uuid, '2026-11-01', '2026-11-01', now(), '{}') returning id",
            shop["id"],
        ),
    }


def operations(description: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Return each route with a path parameter: its method, its path, and the example of its body."""
    found = []
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if "{" in path:
                content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                found.append((method.upper(), path, example_of(content, description)))
    return found


def example_of(content: dict[str, Any], description: dict[str, Any]) -> Any:
    if "example" in content:
        return content["example"]
    if content.get("examples"):
        return next(iter(content["examples"].values()))["value"]
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    properties = description["components"]["schemas"].get(name, {}).get("properties", {})
    return {field: schema["examples"][0] for field, schema in properties.items() if schema.get("examples")} or None


async def answer(person: Person, method: str, path: str, body: Any, things: Things) -> tuple[int, dict[str, Any]]:
    """Send a request and return its status and body, without the request id."""
    filled = path.removeprefix("/v1").format(**things, size="card", day="2030-06-10", number=1, month="2026-11")
    if path.endswith("/categories"):
        filled += "?month=2026-11"
    key = str(uuid4()) if method == "POST" else None
    got = await person.asks(method, filled, body, key=key)
    said = json.loads(got.text) if "json" in got.headers.get("content-type", "") else {"bytes": len(got.content)}
    said.pop("request_id", None)
    return got.status_code, said


@pytest.mark.parametrize("role", ["customer", "merchant", "beneficiary", "collector", "association", "admin"])
async def test_a_foreign_thing_answers_as_one_that_does_not_exist(town: Town, role: str) -> None:
    theirs = await things_of_other_people(town)
    nothing = {name: uuid4() for name in theirs}
    asker: Person = await {
        "customer": town.a_customer,
        "merchant": town.a_merchant,
        "beneficiary": town.a_beneficiary,
        "collector": town.a_collector,
        "association": town.an_association,
        "admin": town.an_admin,
    }[role]()
    description = (await town.request("GET", "/openapi.json")).json()
    before = await everything(town)

    tried = 0
    for method, path, body in operations(description):
        if path.startswith(PUBLIC) or (role == "admin" and path.startswith(DECIDED_BY_ADMINS)):
            continue
        of_theirs = await answer(asker, method, path, body, theirs)
        of_nothing = await answer(asker, method, path, body, nothing)
        assert of_theirs == of_nothing, f"{method} {path} tells {role} that it exists"
        # A list may be answered, but only an empty one.
        assert of_theirs[0] in (403, 404) or of_theirs == (200, {"data": [], "has_more": False, "next": None}), (
            method,
            path,
            of_theirs,
        )
        tried += 1

    assert tried >= 6
    assert await everything(town) == before


async def test_control_an_own_thing_answers_otherwise_than_a_missing_one(town: Town) -> None:
    """To its own holder a reservation does not answer as one that does not exist."""
    marc = await town.a_customer()
    bought = await marc.buys(await town.a_lot())
    path = "/v1/reservations/{reservation_id}"

    own = await answer(marc, "GET", path, None, {"reservation_id": bought.id})
    nothing = await answer(marc, "GET", path, None, {"reservation_id": uuid4()})

    assert own != nothing


async def everything(town: Town) -> list[str]:
    """Return one hash for each table of the product, except stored answers and counted tries, which may change."""
    hashes = []
    for row in await town.rows(
        "select tablename from pg_tables where schemaname = 'app' and tablename <> all ($1) order by 1",
        ["idempotency_keys", "throttles"],
    ):
        name = row["tablename"]
        content = f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from app.{name} t"  # noqa: S608  from the catalogue
        hashes.append(f"{name} {await town.value(content)}")
    return hashes
