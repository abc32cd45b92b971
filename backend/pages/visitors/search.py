"""A search for lots: the place and the filters that stand in the address of the page, and how it asks the API."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from backend.lots.models import Allergen
from backend.shops.models import Category
from backend.time_zones import PARIS

LONGEST_PLACE = 100
RADII_KM = (1, 2, 5, 10, 20, 50)
PRICES = (3, 5, 8, 12)
TIMES = ("now", "today", "tomorrow")
SORTS = ("distance", "price", "pickup")
USUAL_KM = 10
LOTS_A_PAGE = 30
_NEAR = re.compile(r"-?[0-9]{1,2}(\.[0-9]{1,7})?,-?[0-9]{1,3}(\.[0-9]{1,7})?")


@dataclass(frozen=True)
class Search:
    """The search that an address asks for; parts of the address that are not understood are left out.

    where, insee: a place by its name. near: coordinates. place: a saved place. gift: the lots are to be given.
    """

    where: str = ""
    insee: str = ""
    near: str = ""
    place: str = ""
    q: str = ""
    category: str = ""
    euros: int | None = None
    when: str = ""
    km: int = USUAL_KM
    without: tuple[str, ...] = ()
    sort: str = "distance"
    gift: bool = False
    after: str = ""

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Return the search in a query."""
        near, place = query.get("near", ""), query.get("place", "")
        return cls(
            where=query.get("where", "").strip()[:LONGEST_PLACE],
            insee=query.get("insee", "")[:5],
            near=near if _NEAR.fullmatch(near) else "",
            place=place if re.fullmatch("[0-9a-f-]{36}", place) else "",
            q=query.get("q", "").strip()[:LONGEST_PLACE],
            category=_known(query.get("category"), Category),
            euros=int(query["euros"]) if query.get("euros", "") in map(str, PRICES) else None,
            when=_known(query.get("when"), TIMES),
            km=int(query["km"]) if query.get("km", "") in map(str, RADII_KM) else USUAL_KM,
            without=tuple(one for one in Allergen if one in query.getlist("without")),
            sort=_known(query.get("sort"), SORTS) or "distance",
            gift=query.get("for") == "gift",
            after=query.get("after", ""),
        )

    @property
    def has_place(self) -> bool:
        return bool(self.where or self.near or self.place)

    @property
    def filters(self) -> int:
        """The number of filters that are set, besides the place and the order."""
        wanted = (self.q, self.category, self.euros, self.when, self.km != USUAL_KM)
        return sum(map(bool, wanted)) + len(self.without)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the search as the fields of a form, without what is usual."""
        return [pair for name in _USUAL for pair in _fields(name, getattr(self, name))]

    @cached_property
    def _parts(self) -> Mapping[str, str]:
        """The parts of its address by their names, because a page writes a dozen addresses."""
        return {name: _part(name, getattr(self, name)) for name in _USUAL}

    def path(self, page: str = "/", **changes: Any) -> str:
        """Return the address of this search with some changes. A change of anything begins at its first page."""
        parts = {**self._parts, "after": "", **{name: _part(name, value) for name, value in changes.items()}}
        asked = "&".join(filter(None, parts.values()))
        return f"{page}?{asked}" if asked else page

    def cleared(self) -> Self:
        """Return the search at its place without filters."""
        return type(self)(self.where, self.insee, self.near, self.place, gift=self.gift)

    def asked(self, near: str, now: datetime) -> Mapping[str, Any]:
        """Return the query of `GET /v1/lots` near a place."""
        start, end = _window(self.when, now)
        return {
            "near": near,
            "radius_km": self.km,
            "q": self.q or None,
            "category": self.category or None,
            "kind": "discounted" if self.gift else None,
            "max_price_cents": self.euros * 100 if self.euros else None,
            "pickup_after": start,
            "pickup_before": end,
            "open_now": "true" if self.when == "now" else None,
            "without_allergens": ",".join(self.without) or None,
            "sort": self.sort,
            "limit": LOTS_A_PAGE,
            "after": self.after or None,
        }


_USUAL = {one.name: one.default for one in fields(Search)}


def _fields(name: str, value: Any) -> list[tuple[str, str]]:
    """Return a part of a search as the fields of a form; none for what is usual."""
    if value == _USUAL[name]:
        return []
    if name == "gift":
        return [("for", "gift")]
    return [(name, str(each)) for each in value] if isinstance(value, tuple) else [(name, str(value))]


def _part(name: str, value: Any) -> str:
    return urlencode(_fields(name, value))


def _known(value: str | None, known: Iterable[str]) -> str:
    return str(value) if value in list(known) else ""


def _window(when: str, now: datetime) -> tuple[str | None, str | None]:
    if when not in ("today", "tomorrow"):
        return None, None
    zone = ZoneInfo(PARIS)
    day = now.astimezone(zone).date() + timedelta(days=when == "tomorrow")
    start, end = (datetime.combine(one, time.min, zone) for one in (day, day + timedelta(days=1)))
    return start.isoformat(), end.isoformat()
