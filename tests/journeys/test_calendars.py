"""Calendars of tours: what they say, how they change, who reads them, and what their addresses give away."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
from icalendar import Calendar

from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.people import Collector
from tests.town.rounds import a_round


async def address_of(collector: Collector) -> str:
    made: dict[str, Any] = await collector.posts("/me/calendar")
    parts = urlsplit(made["url"])
    return f"{parts.path}?{parts.query}"


async def read(town: Town, address: str) -> httpx2.Response:
    return await town.request("GET", address)


def events_in(answer: httpx2.Response) -> list[Any]:
    calendar: Any = Calendar.from_ical(answer.content)
    return list(calendar.walk("VEVENT"))


async def events(town: Town, address: str) -> list[Any]:
    answer = await read(town, address)
    assert answer.status_code == 200, answer.text
    return events_in(answer)


async def test_a_calendar_program_reads_the_tours(town: Town) -> None:
    tour = await a_round(town)
    address = await address_of(tour.collector)

    answer = await read(town, address)

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    lines = answer.content.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in b"".join(lines)
    assert all(len(line) <= 75 for line in lines)
    (event,) = events_in(answer)
    assert str(event["uid"]).startswith(f"tour-{tour.id}@")
    assert event["dtstart"].dt == tour.begins.astimezone(UTC).replace(microsecond=0)
    assert b"DTSTART:" in answer.content
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(hours=2)
    assert (str(event["status"]), event["sequence"]) == ("CONFIRMED", 0)
    shop, association = tour.collections[0].shop, tour.association
    first, last = str(event["description"]).split("\n")
    name = await town.value("select name from app.shops where id = $1", shop.id)
    assert str(event["location"]).startswith(f"{name}, ")
    assert first.startswith("1. ")
    assert name in first
    assert association.name in last


async def test_a_changed_tour_is_the_same_event_with_a_higher_sequence(town: Town) -> None:
    tour = await a_round(town, status="proposed")
    address = await address_of(tour.collector)
    (before,) = await events(town, address)
    assert str(before["STATUS"]) == "TENTATIVE"
    await town.changes("update app.tours set status = 'cancelled', sequence = sequence + 1 where id = $1", tour.id)
    (after,) = await events(town, address)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert str(after["STATUS"]) == "CANCELLED"


async def test_a_tour_that_somebody_left_stays_cancelled_for_them(town: Town) -> None:
    tour = await a_round(town, status="accepted")
    nadia = await town.a_collector("Nadia")
    left, taken = await address_of(tour.collector), await address_of(nadia)
    for collector, gone, has in ((nadia, left, taken), (tour.collector, taken, left)):
        await town.changes(
            "update app.tours set collector_id = $2, sequence = sequence + 1 where id = $1", tour.id, collector.id
        )
        (cancelled,), (running,) = await events(town, gone), await events(town, has)
        assert (str(cancelled["STATUS"]), str(running["STATUS"])) == ("CANCELLED", "CONFIRMED")
        assert cancelled["UID"] == running["UID"]
        assert "DESCRIPTION" not in cancelled


async def test_only_tours_of_the_last_30_and_next_60_days_are_told(town: Town) -> None:
    karim = await town.a_collector()
    days = {}
    for away in (-31, -30, 60, 61):
        tour = await a_round(town, collector=karim, status="accepted")
        await town.changes(
            "update app.tours set day = app.paris_day(app.clock()) + $2::int, begins_at = begins_at + $3::interval,"
            " ends_at = ends_at + $3::interval where id = $1",
            tour.id,
            away,
            timedelta(days=away),
        )
        days[away] = tour.id
    told = {str(event["UID"]).split("@")[0] for event in await events(town, await address_of(karim))}
    assert told == {f"tour-{days[-30]}", f"tour-{days[60]}"}


async def test_a_replaced_revoked_or_guessed_address_opens_nothing(town: Town) -> None:
    tour = await a_round(town)
    first = await address_of(tour.collector)
    second = await address_of(tour.collector)
    assert len(await events(town, second)) == 1
    for address in (first, "/v1/tours.ics?token=guessed"):
        refusal = refusal_in(await read(town, address))
        assert (refusal.status, refusal.code) == (404, "calendar.unknown")
    for _ in range(2):
        assert (await tour.collector.asks("DELETE", "/me/calendar")).status_code == 204
    assert refusal_in(await read(town, second)).code == "calendar.unknown"


async def test_a_suspended_collector_s_calendar_opens_nothing(town: Town) -> None:
    tour = await a_round(town)
    address = await address_of(tour.collector)
    await town.changes("update app.accounts set status = 'suspended' where id = $1", tour.collector.id)
    assert refusal_in(await read(town, address)).code == "calendar.unknown"


async def test_a_calendar_shows_own_tours_and_neither_access_nor_contacts(town: Town) -> None:
    tour, other = await a_round(town), await a_round(town)
    await town.changes("update app.collection_points set access = 'Code 4711', contacts = '[{\"name\": \"Sophie\"}]'")
    text = (await read(town, await address_of(tour.collector))).text
    assert f"tour-{other.id}" not in text.replace("\r\n ", "")
    assert "4711" not in text
    assert "Sophie" not in text


async def test_only_collectors_have_a_calendar(town: Town) -> None:
    for person in (await town.a_customer(), await town.an_association(), await town.an_admin()):
        assert (await person.asks("POST", "/me/calendar")).status_code == 403


async def test_the_database_holds_no_address(town: Town) -> None:
    address = await address_of(await town.a_collector())
    token = address.partition("token=")[2]
    row = await town.value("select to_jsonb(c)::text from app.calendars c")
    assert token not in row
    assert datetime.fromisoformat(await town.value("select made_at::text from app.calendars")) <= datetime.now(UTC)
