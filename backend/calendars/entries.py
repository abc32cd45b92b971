"""Tours as iCalendar (RFC 5545): one event a tour, in UTC, the same from one reading to the next."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from pydantic import BaseModel


class Stop(BaseModel):
    """A stop of a tour: where, and when in the time zone of the place."""

    name: str
    address: str
    latitude: float | None
    longitude: float | None
    zone: str
    arrives_at: datetime

    @property
    def place(self) -> str:
        """The name with the address."""
        return f"{self.name}, {self.address}" if self.address else self.name


class Entry(BaseModel):
    """A tour in a calendar. sequence: rises with each change of the tour."""

    id: UUID
    sequence: int
    begins_at: datetime
    ends_at: datetime
    cancelled: bool
    accepted: bool
    association: str | None
    stops: list[Stop]


def calendar(entries: Iterable[Entry], host: str, public_url: str, now: datetime) -> bytes:
    """Return a calendar of tours. host: of the events' ids. now: when the calendar was read."""
    made = Calendar()
    made.add("prodid", "-//EcoPanier//EcoPanier//FR")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", "Tournées EcoPanier")
    for entry in entries:
        made.add_component(_event(entry, host, public_url, now))
    return bytes(made.to_ical())


def _event(entry: Entry, host: str, public_url: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"tour-{entry.id}@{host}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.begins_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", " – ".join(words for words in ("Tournée EcoPanier", entry.association) if words))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED" if entry.accepted else "TENTATIVE")
    if entry.stops:
        first = entry.stops[0]
        event.add("location", first.place)
        if first.latitude is not None and first.longitude is not None:
            event.add("geo", (first.latitude, first.longitude))
        event.add("description", "\n".join(_line(number, stop) for number, stop in enumerate(entry.stops, 1)))
    event.add("url", f"{public_url}/tours/{entry.id}")
    return event


def _line(number: int, stop: Stop) -> str:
    local = stop.arrives_at.astimezone(ZoneInfo(stop.zone))
    return f"{number}. {local.hour} h {local.minute:02} : {stop.place}"
