"""The fields of a lot in a form: what they start with, and what they say to the API."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backend.pages.forms import Form

QUANTITIES = (2, 3, 4, 5, 6, 8, 10, 12)
FREE, DISCOUNTED = "free", "discounted"
DAYS_AHEAD = 7
# What the form calls fields of the API otherwise.
NAMES = {
    "original_price_cents": "original_price",
    "price_cents": "price",
    "pickup_start": "from",
    "pickup_end": "until",
    "becomes_free_at": "becomes_free",
}
FIELDS = (
    "title", "description", "category", "kind", "original_price", "price", "quantity", "day", "from", "until",
    "date_kind", "food_date", "allergens", "cold_chain", "weight_grams", "origin", "reduction_ground", "becomes_free",
    "gtin", "batch", "fair_draw",
)  # fmt: skip
# Where to show problems that name no field.
AT = {
    "lot.price_outside_law": "price",
    "lot.pickup_window_invalid": "until",
    "lot.window_over": "until",
    "lot.food_date_mismatch": "food_date",
    "lot.use_by_before_pickup": "food_date",
    "lot.use_by_too_near": "food_date",
    "lot.past_use_by": "food_date",
    "lot.becomes_free_invalid": "becomes_free",
    "lot.origin_missing": "origin",
    "lot.alcohol": "title",
    "lot.quantity_below_reserved": "quantity",
    "lot.fair_draw_not_free": "fair_draw",
}
_AMOUNT = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?")


class Unreadable(ValueError):
    """Raised when a field holds no amount, number or time. `field`: its name in the form."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def started_from(lot: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return what a new form takes over from an earlier lot: all but its portions, allergens and dates."""
    start, end = (datetime.fromisoformat(lot[name]).astimezone(zone) for name in ("pickup_start", "pickup_end"))
    day = now.date()
    if datetime.combine(day, end.time(), zone) <= now + timedelta(minutes=15) and end.date() == start.date():
        day += timedelta(days=1)
    return {
        "title": lot["title"],
        "description": lot["description"],
        "category": lot["category"],
        "kind": lot["kind"] if lot["price_cents"] == 0 else DISCOUNTED,
        "original_price": written(lot["original_price_cents"]),
        "price": written(lot["price_cents"]) if lot["price_cents"] else "",
        "day": day.isoformat(),
        "from": f"{start:%H:%M}",
        "until": f"{end:%H:%M}",
        "cold_chain": "yes" if lot["cold_chain"] else "",
        "weight_grams": lot["weight_grams"] or "",
        "origin": lot["origin"] or "",
        "reduction_ground": lot["reduction_ground"] or "",
    }


def without_habits(shop: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what the form of a first lot starts with: the last hour that the shop is open today."""
    hours = shop["opening_hours"].get(f"{now:%A}".lower()) or []
    closes = hours[-1]["closes"] if hours else "19:30"
    end = datetime.combine(now.date(), time(23, 59) if closes == "24:00" else time.fromisoformat(closes), now.tzinfo)
    if end <= now + timedelta(minutes=15):
        end += timedelta(days=1)
    start = end - timedelta(hours=1)
    return {
        "category": shop["category"],
        "kind": DISCOUNTED,
        "day": start.date().isoformat(),
        "from": f"{start:%H:%M}",
        "until": f"{end:%H:%M}",
        "date_kind": "none",
    }


def read_in_photo(draft: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was read in a photo, by the fields of the form."""
    found: dict[str, Any] = {
        name: draft[name]
        for name in ("title", "description", "category", "weight_grams", "date_kind", "food_date", "gtin", "batch")
        if draft[name]
    }
    for name in ("original_price", "price"):
        if draft[f"{name}_cents"]:
            found[name] = written(draft[f"{name}_cents"])
    if draft["cold_chain"] is not None:
        found["cold_chain"] = "yes" if draft["cold_chain"] else ""
    if draft["suspected_allergens"]:
        found["allergens"] = draft["suspected_allergens"]
    return found


def of_lot(lot: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return what the form of a lot that exists starts with."""
    start, end = (datetime.fromisoformat(lot[name]).astimezone(zone) for name in ("pickup_start", "pickup_end"))
    free_at = lot.get("becomes_free_at")
    return {
        **started_from(lot, zone, start - timedelta(days=1)),
        "day": start.date().isoformat(),
        "from": f"{start:%H:%M}",
        "until": f"{end:%H:%M}",
        "quantity": lot["quantity"],
        "date_kind": lot["date_kind"],
        "food_date": lot["food_date"] or "",
        "allergens": lot["allergens"],
        "gtin": lot.get("gtin") or "",
        "batch": lot.get("batch") or "",
        "becomes_free": f"{datetime.fromisoformat(free_at).astimezone(zone):%H:%M}" if free_at else "",
        "fair_draw": "yes" if lot.get("fair_draw") else "",
    }


def to_api(form: Form, zone: ZoneInfo) -> dict[str, Any]:
    """Return the body of a lot. What a field leaves out is left out or null. Raises Unreadable."""
    free = form.value("kind") == FREE
    body: dict[str, Any] = {name: form.value(name) for name in ("title", "description", "category", "kind")}
    body["original_price_cents"] = cents(form, "original_price")
    body["price_cents"] = 0 if free else cents(form, "price")
    body["quantity"] = whole(form, "quantity")
    start, end = window(form, zone)
    body["pickup_start"], body["pickup_end"] = start.isoformat(), end.isoformat()
    body["date_kind"] = form.value("date_kind", "none")
    body["food_date"] = (form.value("food_date") or None) if body["date_kind"] != "none" else None
    body["allergens"] = form.value("allergens", [])
    body["cold_chain"] = bool(form.value("cold_chain"))
    body["weight_grams"] = whole(form, "weight_grams") if form.value("weight_grams") else None
    for name in ("gtin", "batch", "origin"):
        body[name] = form.value(name) or None
    if form.value("reduction_ground"):
        body["reduction_ground"] = form.value("reduction_ground")
    given = form.value("becomes_free")
    body["becomes_free_at"] = (
        None if free or not given else within(clock(form, "becomes_free"), start, zone).isoformat()
    )
    body["fair_draw"] = free and bool(form.value("fair_draw"))
    return body


def changed(body: Mapping[str, Any], lot: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a body that differ from a lot."""

    def same(name: str, value: Any) -> bool:
        old = lot.get(name)
        if name in ("pickup_start", "pickup_end", "becomes_free_at") and value and old:
            return datetime.fromisoformat(value) == datetime.fromisoformat(old).replace(second=0, microsecond=0)
        if name == "allergens":
            return sorted(value) == sorted(old or [])
        return bool(value == old)

    return {name: value for name, value in body.items() if not same(name, value)}


def window(form: Form, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the pickup window. An end that is not after the beginning is on the next day. Raises Unreadable."""
    try:
        day = date.fromisoformat(form.value("day"))
        day + timedelta(days=2)  # the end may be on the day after, and in UTC on the one after that
    except (ValueError, OverflowError):
        raise Unreadable("day") from None
    start = datetime.combine(day, clock(form, "from"), zone)
    return start, within(clock(form, "until"), start, zone)


def within(hour: time, start: datetime, zone: ZoneInfo) -> datetime:
    """Return the first time after `start` with this hour."""
    found = datetime.combine(start.date(), hour, zone)
    return found if found > start else datetime.combine(start.date() + timedelta(days=1), hour, zone)


def given_at(hour: time, start: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """Return when what is left becomes free: on the pickup's day, even before it opens, or in the night after it."""
    same_day = datetime.combine(start.date(), hour, zone)
    day_after = datetime.combine(start.date() + timedelta(days=1), hour, zone)
    return day_after if same_day < start and day_after < end else same_day


def clock(form: Form, name: str) -> time:
    """Return an hour that was typed. Raises Unreadable."""
    try:
        return time.fromisoformat(form.value(name))
    except ValueError:
        raise Unreadable(name) from None


def cents(form: Form, name: str) -> int:
    """Return euros that were typed, with a comma or a point, as cents. Raises Unreadable."""
    found = _AMOUNT.fullmatch(re.sub(r"[\s€]", "", str(form.value(name))))
    if found is None:
        raise Unreadable(name)
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def whole(form: Form, name: str) -> int:
    """Return a whole number that was typed. Raises Unreadable."""
    typed = re.sub(r"\s", "", str(form.value(name)))
    if not re.fullmatch(r"[0-9]{1,7}", typed):
        raise Unreadable(name)
    return int(typed)


def written(cents: int) -> str:
    """Return cents as they are typed into a field, `4,50`."""
    return f"{cents // 100},{cents % 100:02d}"


def offered_quantities(portions: int | None, most: Sequence[int] = QUANTITIES) -> list[int]:
    """Return the numbers of portions to choose from, with the one that was read."""
    return sorted({*most, portions} if portions and portions > 1 else most)
