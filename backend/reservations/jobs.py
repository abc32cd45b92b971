"""The enclosures of a reservation's mail: its current pass, and the pickup window as a calendar entry."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from icalendar import Calendar, Event

from backend.job_context import Work
from backend.mail import Enclosed, File
from backend.reservations.mailed_passes import mailed_token
from backend.reservations.passes import Passes, png


async def enclose_pass(work: Work, reservation_id: UUID, facts: Mapping[str, Any]) -> Enclosed:
    """Return the pass of a reservation for its holder's mail; the same for every kind of lot."""
    code: str = await work.acts.value("pass_to_mail", reservation=reservation_id)
    passes = Passes(work.settings.derived_key("passes"))
    token = mailed_token(work.settings, reservation_id, code)
    return Enclosed(
        values={"pass_code": code, "pass_pin": passes.pin(code), "secret_token": token},
        files=(
            File("pass.png", "image/png", png(passes.qr(code)), inline="pass"),
            File("retrait.ics", "text/calendar", calendar(work.settings.mail_host, reservation_id, facts["lot"])),
        ),
    )


def calendar(host: str, reservation_id: UUID, lot: Mapping[str, Any]) -> bytes:
    """Return the pickup window as iCalendar (RFC 5545), without a word on who holds it or what it cost."""
    entry = Event()
    entry.add("uid", f"{reservation_id}@{host}")
    entry.add("dtstamp", datetime.now(UTC))
    entry.add("dtstart", datetime.fromisoformat(lot["pickup_start"]).astimezone(UTC))
    entry.add("dtend", datetime.fromisoformat(lot["pickup_end"]).astimezone(UTC))
    entry.add("summary", f"EcoPanier : {lot['shop']}")
    entry.add("location", f"{lot['shop']}, {lot['address']}")
    entry.add("description", lot["title"])
    made = Calendar()
    made.add("prodid", "-//EcoPanier//EcoPanier//FR")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add_component(entry)
    return bytes(made.to_ical())
