"""Merging of codes, printed text, the model's answer and earlier listings: which value wins, and which warnings."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ai import Context, Drafter, DraftWarning, EarlierListing, ModelAnswer, Photo
from ai.answer import ModelReading, read_answer
from ai.bar_codes import Codes
from ai.gs1 import Elements
from ai.label_dates import LabelDate
from ai.listing import ListingDraft
from ai.local import LocalReader, LocalReading
from ai.merging import Sheet, merge, to_draft
from ai.vocabulary import DateKind

TODAY = date(2026, 11, 22)
GTIN = "03453120000011"
USE_BY, BEST_BEFORE = DateKind.USE_BY, DateKind.BEST_BEFORE
W = DraftWarning

QUICHE = EarlierListing(
    title="Quiche lorraine",
    description="La quiche de la maison.",
    category="caterer",
    original_price_cents=800,
    price_cents=400,
    quantity=6,
    weight_grams=350,
    date_kind="use_by",
    cold_chain=True,
    allergens=["gluten", "eggs", "milk"],
    gtin="3453120000011",
)


def a_context(*earlier: EarlierListing, **changes: Any) -> Context:
    return replace(Context(TODAY, datetime(2026, 11, 22, 9, tzinfo=UTC), earlier=list(earlier)), **changes)


def codes(**elements: Any) -> LocalReading:
    said = Elements(**elements)
    return LocalReading(Codes([said], [said.gtin] if said.gtin else []))


def model(**fields: Any) -> ModelReading:
    said = {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}
    return read_answer(json.dumps(said), TODAY)


def draft(local: LocalReading, said: ModelReading, context: Context | None = None) -> tuple[ListingDraft, Sheet]:
    sheet = merge(local, said, context or a_context())
    return to_draft(sheet), sheet


def on(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_a_code_takes_precedence_over_the_model() -> None:
    guess = model(food_date=on(9), date_kind="best_before", batch="X1", gtin="3453120000028", weight_grams=100)
    alone, _ = draft(LocalReading(), guess)
    assert (alone.food_date, alone.batch, alone.gtin) == (on(9), "X1", "03453120000028"), "the control"

    read, sheet = draft(codes(gtin=GTIN, use_by=on(2), batch="A7", weight_grams=450), guess)
    assert (read.food_date, read.date_kind) == (on(2), "use_by")
    assert (read.gtin, read.batch, read.weight_grams) == (GTIN, "A7", 450)
    assert {W.DATE_DIFFERS, W.GTIN_DIFFERS} <= sheet.warnings
    assert W.DATE_UNCONFIRMED not in sheet.warnings
    assert sheet.confidence["food_date"] > 0.9
    assert sheet.by == {"local"}


def test_two_readings_of_a_printed_date_agree_or_the_stricter_wins() -> None:
    printed = LocalReading(date=LabelDate(on(3), USE_BY))
    read, sheet = draft(printed, model(food_date=on(3), date_kind="use_by"))
    assert (read.food_date, read.date_kind) == (on(3), "use_by")
    assert sheet.confidence["food_date"] == 0.85
    assert sheet.warnings == {W.DATE_UNCONFIRMED}
    assert sheet.by == {"local", "model"}

    for here, there in ((3, 5), (5, 3)):
        read, sheet = draft(
            LocalReading(date=LabelDate(on(here), BEST_BEFORE)), model(food_date=on(there), date_kind="use_by")
        )
        assert read.food_date == on(3), "the earlier date wins"
        assert read.date_kind == "use_by", "the stricter kind wins"
        assert {W.DATES_UNSURE, W.DATE_KIND_UNSURE, W.DATE_UNCONFIRMED} <= sheet.warnings
        assert sheet.confidence["food_date"] < 0.5


def test_a_date_without_its_kind_or_a_kind_without_a_date_warns() -> None:
    read, sheet = draft(LocalReading(date=LabelDate(on(3), None)), ModelReading())
    assert (read.food_date, read.date_kind) == (on(3), None)
    assert W.DATE_KIND_UNSURE in sheet.warnings
    read, sheet = draft(LocalReading(), model(date_kind="use_by"))
    assert (read.food_date, read.date_kind) == (None, "use_by")
    assert sheet.warnings == {W.DATE_NOT_READ}


def test_a_passed_date_warns_and_keeps_the_draft() -> None:
    for local, warning in (
        (codes(use_by=on(-1)), W.USE_BY_PASSED),
        (codes(use_by=on(-4000)), W.USE_BY_PASSED),
        (codes(best_before=on(-1)), W.BEST_BEFORE_PASSED),
        (LocalReading(date=LabelDate(on(-1), None)), W.USE_BY_PASSED),
    ):
        read, sheet = draft(local, model(title="Pain"))
        assert warning in sheet.warnings
        assert (read.title, read.food_date is not None) == ("Pain", True), "the rest of the draft is kept"
    for local in (codes(use_by=TODAY), codes(best_before=TODAY)):
        assert not draft(local, ModelReading())[1].warnings, "the control: food is good on its last day"


def test_an_implausibly_old_printed_date_is_dropped() -> None:
    read, sheet = draft(LocalReading(date=LabelDate(date(2012, 1, 1), USE_BY)), ModelReading())
    assert (read.food_date, sheet.warnings) == (None, {W.DATE_DROPPED})


def test_an_implausibly_late_date_in_a_code_is_dropped() -> None:
    read, sheet = draft(codes(gtin=GTIN, use_by=date(2049, 1, 1)), ModelReading())
    assert (read.food_date, read.gtin, sheet.warnings) == (None, GTIN, {W.DATE_DROPPED})


def test_codes_of_several_products_give_the_earliest_date_and_no_gtin() -> None:
    one, other = Elements(gtin=GTIN, use_by=on(4), batch="A"), Elements(gtin="03453120000028", use_by=on(2), batch="B")
    read, sheet = draft(LocalReading(Codes([one, other], [GTIN, "03453120000028"])), ModelReading())
    assert (read.gtin, read.batch) == (None, None)
    assert read.food_date == on(2), "the earliest date wins"
    assert W.SEVERAL_PRODUCTS in sheet.warnings
    assert W.CODE_IGNORED in draft(LocalReading(Codes(ignored=1)), ModelReading())[1].warnings


def test_an_earlier_listing_of_the_same_product_fills_the_draft() -> None:
    guess = model(title="Tarte", original_price_cents=500, price_cents=300, portions=2, suspected_allergens=["nuts"])
    read, sheet = draft(codes(gtin=GTIN, use_by=on(1)), guess, a_context(QUICHE))
    assert (read.title, read.original_price_cents, read.price_cents) == ("Quiche lorraine", 800, 400)
    assert (read.category, read.cold_chain, read.weight_grams, read.portions) == ("caterer", True, 350, 6)
    assert read.suspected_allergens == ["gluten", "eggs", "milk", "nuts"], "suspected allergens are united"
    assert W.FROM_SAME_PRODUCT in sheet.warnings
    assert sheet.by == {"local", "model"}
    assert draft(codes(use_by=on(1)), guess, a_context(QUICHE))[0].title == "Tarte", (
        "the control: without the product's number"
    )


def test_an_earlier_listing_s_date_is_not_reused() -> None:
    read, sheet = draft(codes(gtin=GTIN), ModelReading(), a_context(QUICHE))
    assert (read.date_kind, read.food_date) == ("use_by", None)
    assert W.DATE_NOT_READ in sheet.warnings


def test_the_latest_listing_of_the_category_fills_missing_fields() -> None:
    older = replace(QUICHE, title="Tarte d'hier", gtin=None)
    context = a_context(replace(QUICHE, gtin=None), older, shop_category="caterer")
    read, sheet = draft(LocalReading(), ModelReading(), context)
    assert (read.title, read.price_cents, read.category) == ("Quiche lorraine", 400, "caterer")
    assert W.FROM_SAME_CATEGORY in sheet.warnings
    assert sheet.confidence["title"] < 0.5

    read, _ = draft(LocalReading(), model(title="Salade", category="caterer", suspected_allergens=["celery"]), context)
    assert (read.title, read.suspected_allergens) == ("Salade", ["celery"]), "texts of another food are not reused"
    assert (read.description, read.original_price_cents, read.cold_chain) == (None, 800, True)
    assert draft(LocalReading(), ModelReading(), a_context(QUICHE, shop_category="fish"))[0].title is None, (
        "the control"
    )


def test_another_product_of_the_category_gives_no_texts_and_no_price() -> None:
    another = a_context(replace(QUICHE, gtin="3453120000028"), shop_category="caterer")
    read, _ = draft(codes(gtin=GTIN, use_by=on(1)), ModelReading(), another)
    assert (read.title, read.description, read.original_price_cents, read.suspected_allergens) == (None, None, None, [])
    assert (read.category, read.portions, read.cold_chain) == ("caterer", 6, None)
    assert draft(codes(use_by=on(1)), ModelReading(), another)[0].title == "Quiche lorraine", (
        "the control: without the product's number"
    )


def test_a_free_lot_s_price_is_not_suggested_again() -> None:
    free = replace(QUICHE, price_cents=0)
    assert draft(codes(gtin=GTIN), ModelReading(), a_context(free))[0].price_cents == 400, "half of the original price"


def test_valid_fields_of_an_invalid_earlier_listing_are_used() -> None:
    odd = replace(
        QUICHE, title="", quantity=0, category="weapons", allergens=["dust"], date_kind="?", weight_grams=10**9
    )
    read, _ = draft(codes(gtin=GTIN), ModelReading(), a_context(odd))
    assert (read.title, read.portions, read.category, read.weight_grams) == (None, None, None, None)
    assert (read.suspected_allergens, read.description) == ([], "La quiche de la maison.")


@pytest.mark.parametrize(
    ("local", "hour", "category", "urgency"),
    [
        (codes(use_by=on(-1)), 9, "dairy", "now"),
        (codes(use_by=on(0)), 9, "dairy", "now"),
        (codes(use_by=on(1)), 9, "dairy", "today"),
        (codes(use_by=on(5)), 9, "dairy", "later"),
        (LocalReading(), 9, "bakery", "today"),
        (LocalReading(), 16, "bakery", "now"),  # 17:00 in Paris
        (LocalReading(), 16, "canned", "later"),
    ],
)
def test_urgency_follows_the_date_the_hour_and_the_category(
    local: LocalReading, hour: int, category: str, urgency: str
) -> None:
    context = a_context(shop_category=category, now=datetime(2026, 11, 22, hour, tzinfo=UTC))
    assert draft(local, ModelReading(), context)[0].urgency == urgency


def test_a_use_by_date_overrides_the_model_s_urgency() -> None:
    said = model(urgency="later")
    assert draft(LocalReading(), said)[0].urgency == "later"
    assert draft(codes(use_by=TODAY), said)[0].urgency == "now"


class Meeting:
    """A model that answers only once the local reader has begun; the local reader waits for the model likewise."""

    name = "m"
    timeout_seconds = 20.0

    def __init__(self) -> None:
        self.asked, self.read = asyncio.Event(), asyncio.Event()

    async def prepare(self) -> None:
        """Load nothing."""

    async def ask(self, photo: Photo, context: Context) -> ModelAnswer:
        self.asked.set()
        await self.read.wait()
        return ModelAnswer('{"title": "Pain", "portions": 3}')

    async def close(self) -> None:
        """Close nothing."""


async def test_both_readers_work_at_the_same_time(photo: Photo, context: Context) -> None:
    meeting = Meeting()

    class Waiting(LocalReader):
        async def read(self, photo: Photo, context: Context) -> LocalReading:
            meeting.read.set()
            await meeting.asked.wait()
            return codes(use_by=on(1))

    drafter = Drafter(meeting, Waiting())
    async with asyncio.timeout(10):  # run one after the other, they would wait for ever
        drafted = await drafter.draft_listing(photo, context)
    assert (drafted.reader, drafted.draft.portions, drafted.draft.food_date) == ("both", 3, on(1))
    await drafter.close()


async def test_a_model_that_raises_or_never_ends_leaves_the_local_draft(photo: Photo, context: Context) -> None:
    class Broken(Meeting):
        timeout_seconds = -0.4

        async def ask(self, photo: Photo, context: Context) -> ModelAnswer:
            raise RuntimeError("its own fault")

    class Endless(Broken):
        async def ask(self, photo: Photo, context: Context) -> ModelAnswer:
            await asyncio.Event().wait()
            raise AssertionError

    for model, warning in ((Broken(), W.MODEL_UNAVAILABLE), (Endless(), W.MODEL_TIMED_OUT)):
        drafter = Drafter(model)
        drafted = await drafter.draft_listing(photo, context)
        assert (drafted.warnings, drafted.draft.category) == ([warning], "bakery")
        await drafter.close()
