"""Response bodies for figures."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from backend.http.schemas import Out
from backend.identity.tokens import MemberRole, Role
from backend.shops.schemas import WorkplaceOut

Step = Literal["day", "week", "month"]


class FiguresOfDays(Out):
    """Sums over the lots whose pickup window ended on these days. Amounts are in euro cents."""

    first_day: date = Field(alias="from", examples=["2026-11-01"])
    last_day: date = Field(alias="to", examples=["2026-11-30"])
    offered: int = Field(
        description="Portions of the lots; of a withdrawn lot only what had been collected.", examples=[140]
    )
    reserved: int = Field(description="Portions that were still reserved at the end.", examples=[121])
    collected: int = Field(description="Portions that were handed over.", examples=[115])
    lost: int = Field(description="Portions that nobody collected: offered less collected.", examples=[25])
    revenue_cents: int = Field(
        description="What customers and donors of suspended portions paid for the portions that were collected, before "
        "commission. Portions that were paid and not collected are not in it.",
        examples=[46000],
    )
    value_saved_cents: int = Field(
        description="The original price of the portions that were collected, free ones included.", examples=[115000]
    )
    food_kg: float = Field(examples=[57.5])
    co2e_kg: float = Field(description="An estimate by the method that is named.", examples=[103.5])


class _Figures(Out):
    first_day: date = Field(alias="from", description="The first day.", examples=["2026-11-01"])
    last_day: date = Field(alias="to", description="The last day.", examples=["2026-11-30"])
    by: Step = Field(examples=["week"])
    time_zone: str = Field(description="The zone of the days.", examples=["Europe/Paris"])
    method: str = Field(description="The method of CO₂e: `GET /impact/method`.", examples=["ecopanier-2025"])


class ShopFigures(_Figures):
    """The figures of a shop: the sum of a period, of as many days before it, and of each day, week or month."""

    shop_name: str = Field(examples=["Boulangerie du Marché"])
    role: MemberRole | None = Field(description="Your role there; null for an admin.", examples=["owner"])
    total: FiguresOfDays
    before: FiguresOfDays
    rows: list[FiguresOfDays]


class FiguresOfItem(Out):
    """Sums over the lots of one item. Amounts are in euro cents."""

    lots: int = Field(examples=[6])
    offered: int = Field(examples=[48])
    reserved: int = Field(examples=[44])
    collected: int = Field(examples=[41])
    lost: int = Field(examples=[7])
    revenue_cents: int = Field(examples=[16359])
    value_saved_cents: int = Field(examples=[40900])
    food_kg: float = Field(examples=[20.5])


class ItemOfShop(Out):
    """An item: all lots of the same title."""

    title: str = Field(description="As it was written last.", examples=["Panier du soir"])
    category: str = Field(examples=["bakery"])
    total: FiguresOfItem | None = Field(description="null if it was not offered in the period.")
    before: FiguresOfItem | None = Field(description="The same for as many days before; null if it was not offered.")


class ShopFiguresByItem(Out):
    """The figures of a shop by item, compared with as many days before. They are defined as those of the shop."""

    first_day: date = Field(alias="from", description="The first day.", examples=["2026-11-01"])
    last_day: date = Field(alias="to", description="The last day.", examples=["2026-11-30"])
    time_zone: str = Field(description="The zone of the days.", examples=["Europe/Paris"])
    method: str = Field(description="The method of CO₂e: `GET /impact/method`.", examples=["ecopanier-2025"])
    shop_name: str = Field(examples=["Boulangerie du Marché"])
    total: FiguresOfDays
    before: FiguresOfDays
    items: list[ItemOfShop] = Field(description="What was collected most comes first.")


class Sums(Out):
    """Sums over several shops, defined as those of one. Amounts are in euro cents."""

    offered: int = Field(examples=[280])
    reserved: int = Field(examples=[242])
    collected: int = Field(examples=[230])
    lost: int = Field(examples=[50])
    revenue_cents: int = Field(examples=[92000])
    value_saved_cents: int = Field(examples=[230000])
    food_kg: float = Field(examples=[115.0])
    co2e_kg: float = Field(examples=[207.0])


class FiguresOfOneShop(Out):
    """The figures of one of several shops, compared with as many days before."""

    shop_id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9a11"])
    shop_name: str = Field(examples=["Boulangerie du Marché"])
    first_day: date = Field(alias="from", description="The first day, where the shop is.", examples=["2026-11-01"])
    last_day: date = Field(alias="to", description="The last day, where the shop is.", examples=["2026-11-30"])
    time_zone: str = Field(examples=["Europe/Paris"])
    total: FiguresOfDays
    before: FiguresOfDays


class FiguresOfShops(Out):
    """The figures of all your shops with Premium, and of all of them together."""

    total: Sums
    before: Sums
    shops: list[FiguresOfOneShop]


class PlatformDays(FiguresOfDays):
    """Sums over all shops, and what happened on the platform on these days."""

    no_shows: int = Field(description="Portions that were reserved and not collected.", examples=[6])
    new_accounts: dict[Role, int] = Field(
        description="By role; accounts that were erased since are not counted.",
        examples=[
            {"customer": 31, "merchant": 2, "beneficiary": 12, "collector": 0, "association": 1, "admin": 0},
        ],
    )
    shops_verified: int = Field(description="Shops that were verified for the first time.", examples=[2])
    mails_failed: int = Field(
        description="Mails that were refused for good; deliveries are kept for 90 days.", examples=[0]
    )
    reports: int = Field(description="Problems that were reported; reports are kept for a year.", examples=[4])


class PlatformNow(Out):
    """How things stand at the moment of the request."""

    accounts: dict[Role, int] = Field(
        description="Active accounts by role.",
        examples=[
            {"customer": 980, "merchant": 45, "beneficiary": 310, "collector": 7, "association": 6, "admin": 2},
        ],
    )
    shops_verified: int = Field(examples=[48])
    shops_pending: int = Field(examples=[3])
    mails_queued: int = Field(description="Mails that the mail server has not taken so far.", examples=[0])
    reports_to_decide: int = Field(description="Problem reports that wait for an admin.", examples=[1])
    queue_length: int = Field(description="Jobs that wait for the worker.", examples=[4])
    queue_failed: int = Field(description="Jobs that failed for good.", examples=[0])


class PlatformFigures(_Figures):
    """The figures of all shops and of the platform. Days are those of Paris."""

    total: PlatformDays
    before: PlatformDays
    rows: list[PlatformDays]
    now: PlatformNow


class LatePickup(Out):
    """A pickup that a station without a network reported later."""

    quantity: int = Field(examples=[1])
    shown_at: datetime = Field(description="When the pass was shown.", examples=["2026-11-22T17:40:00Z"])
    reported_at: datetime = Field(description="When the station reported it.", examples=["2026-11-22T19:05:00Z"])
    station: str | None = Field(description="The station's name.", examples=["Caisse 1"])


class LotOfDay(Out):
    """A lot with its portions. Those of every kind count the same."""

    id: UUID = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"])
    title: str = Field(examples=["Panier du soir"])
    kind: Literal["discounted", "free"] = Field(examples=["discounted"])
    status: str = Field(examples=["published"])
    quantity: int = Field(examples=[8])
    remaining: int = Field(examples=[3])
    pickup_start: datetime = Field(examples=["2026-11-22T17:30:00Z"])
    pickup_end: datetime = Field(examples=["2026-11-22T18:30:00Z"])
    handed: int = Field(description="Portions that were handed over.", examples=[2])
    awaited: int = Field(description="Portions that are reserved and not collected yet.", examples=[3])
    late: list[LatePickup] = Field(description="Pickups that a station reported later.", examples=[[]])


class ToDo(Out):
    """Something that waits for whoever works at a shop."""

    kind: Literal["draft", "report", "recurring", "agreement"] = Field(
        description="A draft to publish, a problem report to answer, a recurring listing that could not be published, "
        "or an agreement to confirm, which owners see.",
        examples=["draft"],
    )
    id: UUID = Field(examples=["01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f5"])
    title: str = Field(description="The lot's title, or the association's name.", examples=["Panier du soir"])


class WeekOfShop(Out):
    """The figures of the last seven days that are over, defined as those of `GET /shops/{shop_id}/figures`."""

    first_day: date = Field(alias="from", examples=["2026-11-22"])
    last_day: date = Field(alias="to", examples=["2026-11-28"])
    collected: int = Field(examples=[41])
    food_kg: float = Field(examples=[20.5])
    revenue_cents: int = Field(examples=[16359])


class ShopDay(Out):
    """A shop's day: its lots from today on with their portions, what is to do, and the last seven days."""

    shop: WorkplaceOut
    lots: list[LotOfDay] = Field(
        description="Lots that are or were on offer and whose pickup is not over by midnight, the earliest first; at "
        "most 200."
    )
    to_do: list[ToDo] = Field(description="At most 50 of each kind.")
    week: WeekOfShop | None = Field(description="null if only one lot is asked for.")
