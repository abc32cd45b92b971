"""Read the public feed of recalls, RappelConso, in the form of Opendatasoft's records API (version 2.1).

The data set is `rappelconso-v2-gtin-espaces` of data.economie.gouv.fr (Licence Ouverte 2.0). Everything in it is
untrusted: only the configured address is ever called, never one that an answer names, and texts are cut and cleaned.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import count
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2
from pydantic import TypeAdapter, ValidationError

from backend.lots.trade_numbers import Batch, Gtin

RECORDS_A_PAGE = 100  # the API's most
MOST_PAGES = 100  # the API serves no record beyond the 10 000th
MOST_BYTES = 5_000_000  # a page has about 300 kB
SECONDS_A_PAGE = 30.0
MOST_ITEMS = 500
FOOD = "alimentation"
OFFICIAL_HOST = "rappel.conso.gouv.fr"

_GTIN: TypeAdapter[str] = TypeAdapter(Gtin)
_BATCH: TypeAdapter[str] = TypeAdapter(Batch)
_NUMBER = re.compile(r"[\w./-]{1,40}", re.ASCII)
_EVERY = re.compile(r"\W*(tou(s|tes)\b.*|all\b.*)", re.IGNORECASE)
_BETWEEN_BATCHES = re.compile(r"[,;\n]|\bet\b|\bou\b", re.IGNORECASE)
# Words in a batch that only a person understands: ranges, dates and lists that stand elsewhere.
_PROSE = re.compile(
    r"\b(de|du|des|à|au|aux|to|ddm|dlc|dluo|date|voir|liste|tous|toutes|lots|entre|depuis|jusqu)\b|\d +a +\d",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\D*(\d+) *- *\D*(\d+)\D*")
_NO_BRAND = re.compile(r"(sans|aucune?|n/?a)\b", re.IGNORECASE)


class FeedUnreadable(Exception):
    """Raised when the feed did not answer as it should. The message names the cause and repeats nothing it said."""


@dataclass(frozen=True)
class Item:
    """One product of a notice.

    gtin: with 14 digits; None if the notice has no valid one. covers: one `batch`, `every` batch (between two dates, if
    there are any), or `unclear` if only a person can tell.
    """

    gtin: str | None
    covers: Literal["batch", "every", "unclear"]
    batch: str | None = None
    food_from: date | None = None
    food_until: date | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the item as `take_recall_notice` reads it, with a key that is the same for the same item."""
        said = json.loads(json.dumps(asdict(self), default=str))
        return {"key": sha256(json.dumps(said, sort_keys=True).encode()).hexdigest(), **said}


@dataclass(frozen=True)
class Notice:
    """A notice about food, as `take_recall_notice` keeps it."""

    number: str
    version: int
    published_at: datetime
    title: str
    brand: str | None
    reason: str
    advice: str | None
    link: str | None
    items: tuple[Item, ...]


async def pages(url: str, since: date) -> AsyncIterator[list[Any]]:
    """Yield the records of food notices published since a day, a page at a time, until the feed has no more.

    Raises FeedUnreadable if a page cannot be read, or repeats what came before; the pages before it were yielded.
    """
    seen: set[bytes] = set()
    async with httpx2.AsyncClient(
        timeout=SECONDS_A_PAGE, trust_env=False, follow_redirects=False, headers={"Accept-Encoding": "identity"}
    ) as client:
        for page in count():
            if page == MOST_PAGES:
                raise FeedUnreadable("no end")
            records, digest = await _page(client, url, since, page * RECORDS_A_PAGE)
            if digest in seen:
                raise FeedUnreadable("the same page twice")
            seen.add(digest)
            yield records
            if len(records) < RECORDS_A_PAGE:
                return


async def _page(client: httpx2.AsyncClient, url: str, since: date, offset: int) -> tuple[list[Any], bytes]:
    """Return the records of a page, and a digest of it. Raises FeedUnreadable."""
    wanted = {
        "where": f"categorie_produit=\"{FOOD}\" and date_publication>=date'{since.isoformat()}'",
        "order_by": "date_publication,numero_fiche",
        "limit": str(RECORDS_A_PAGE),
        "offset": str(offset),
    }
    read = bytearray()
    try:
        # The client's own timeout begins anew with each byte that comes.
        async with asyncio.timeout(SECONDS_A_PAGE), client.stream("GET", url, params=wanted) as answer:
            if answer.status_code != 200:
                raise FeedUnreadable(str(answer.status_code))
            async for part in answer.aiter_bytes():
                read += part
                if len(read) > MOST_BYTES:
                    raise FeedUnreadable("too large")
    except (httpx2.HTTPError, TimeoutError) as error:
        raise FeedUnreadable(type(error).__name__) from None
    try:
        said = json.loads(read)
    except (ValueError, RecursionError):
        raise FeedUnreadable("not JSON") from None
    records = said.get("results") if isinstance(said, dict) else None
    if not isinstance(records, list) or len(records) > RECORDS_A_PAGE:
        raise FeedUnreadable("not in the form of the records API")
    return records, sha256(read).digest()


def notice_in(record: Any, now: datetime) -> Notice | None:
    """Return the notice in a record of the feed; None if it is not about food, or has no number.

    now: the day of a notice that does not say when it was published.
    """
    if not isinstance(record, dict) or _text(record.get("categorie_produit"), 40).casefold() != FOOD:
        return None
    number = _text(record.get("numero_fiche"), 41)
    if not _NUMBER.fullmatch(number):
        return None
    version = record.get("numero_version")
    title = _text(record.get("libelle"), 200) or _text(record.get("modeles_ou_references"), 200) or number
    brand = _text(record.get("marque_produit"), 100)
    reason = "; ".join(said for key in ("motif_rappel", "risques_encourus") if (said := _text(record.get(key), 245)))
    return Notice(
        number=number,
        version=version if isinstance(version, int) and 0 <= version < 2**31 else 0,
        published_at=_moment(record.get("date_publication")) or now,
        title=title,
        brand=None if not brand or _NO_BRAND.match(brand) else brand,
        reason=reason or title,
        advice=_text(record.get("conduites_a_tenir_par_le_consommateur"), 500) or None,
        link=_official(_text(record.get("lien_vers_la_fiche_rappel"), 301)),
        items=tuple(dict.fromkeys(_items(record.get("identification_produits"))))[:MOST_ITEMS],
    )


def _items(identification: Any) -> Iterable[Item]:
    """Yield what `identification_produits` names: five fields a product, each product after the first behind a bar.

    The fields are the trade number, the batch, the kind of date, the first and the last date. This data set has them as
    a list, its sister sorted by GTIN as one text with `$` between them.
    """
    fields = identification if isinstance(identification, list) else [identification]
    for product in "$".join(field for field in fields if isinstance(field, str)).split("|"):
        said = [_text(field, 500) for field in product.split("$")]
        gtin = _gtin(said[0])
        batch, first, last = ((said + [""] * 5)[place] for place in (1, 3, 4))
        if gtin is None and not batch:
            continue
        if _EVERY.fullmatch(batch):
            dates = _day(first), _day(last)
            unread = any(said and day is None for said, day in zip((first, last), dates, strict=True))
            yield Item(gtin, "unclear") if unread else Item(gtin, "every", None, *dates)
            continue
        batches = [_batch(part) for part in _BETWEEN_BATCHES.split(batch) if part.strip()]
        for one in dict.fromkeys(batches) or [None]:
            yield Item(gtin, "unclear") if one is None else Item(gtin, "batch", one)


def _gtin(written: str) -> str | None:
    try:
        return _GTIN.validate_python(re.sub(r"[ .]", "", written))
    except ValidationError:
        return None


def _batch(written: str) -> str | None:
    """Return a batch that can be compared; None if only a person understands it, such as a range of batches."""
    plain = re.sub(r"^(n° *de *)?lot *(n°|numéro|num)? *:? *", "", written.strip(" .:"), flags=re.IGNORECASE)
    ends = _RANGE.fullmatch(plain)
    # "24-001" is one batch, "1001-1009" is probably several.
    several = ends is not None and len(ends[1]) == len(ends[2]) and ends[1] < ends[2]
    if several or _PROSE.search(plain) or not re.search(r"\d", plain):
        return None
    try:
        return _BATCH.validate_python(plain)
    except ValidationError:
        return None


def _text(written: Any, most: int) -> str:
    """Return a text in one line of at most `most` characters, without what Postgres or a mail cannot hold."""
    if not isinstance(written, str):
        return ""
    clean = written[: most * 4].encode("utf-8", "ignore").decode()
    return " ".join("".join(sign if sign.isprintable() else " " for sign in clean).split())[:most].strip()


def _moment(written: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(written, 40))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if 2000 <= moment.year < 9000 else None


def _day(written: str) -> date | None:
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        return None
    return day if day.year < 9000 else None


def _official(link: str) -> str | None:
    """Return the link to a notice if it leads to the official site; anything else is shown to nobody."""
    try:
        parts = urlsplit(link)
        ours = parts.scheme == "https" and parts.netloc == OFFICIAL_HOST
    except ValueError:
        return None
    return link if ours and len(link) <= 300 else None
