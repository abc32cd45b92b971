"""Dates on photographed labels, read by the real `tesseract`: never invented, later than printed or of another kind."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from ai import Drafter
from ai.label_dates import LabelDate
from ai.listing import Context
from ai.print_reader import PrintReader
from ai.vocabulary import DateKind
from scripts.ai_evaluation.__main__ import dates_table, read_dates
from scripts.ai_evaluation.cases import TODAY, as_photo
from scripts.ai_evaluation.date_labels import PRINTS, drawn_labels
from scripts.ai_evaluation.scoring import DateOutcome, date_outcome

LABELS = Path(__file__).parent / "labels"
TO_5_DECEMBER = LabelDate(date(2026, 12, 5), DateKind.USE_BY)

needs_tesseract = pytest.mark.needs_program("tesseract", "tesseract-ocr", "tesseract-ocr-fra")


@needs_tesseract
@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("datefab__clean", TO_5_DECEMBER),
        ("dot-date-phone", None),  # the date is in dots that the program cannot read; the telephone number is no date
        ("tableau__clean", TO_5_DECEMBER),
        ("tel__clean", TO_5_DECEMBER),
    ],
)
async def test_a_photographed_label_gives_its_own_date_or_none(
    context: Context, name: str, printed: LabelDate | None
) -> None:
    with Image.open(LABELS / f"{name}.jpg") as picture:
        photo = as_photo(picture)
    assert await PrintReader(600, 60).food_date(photo.pixels, TODAY) == printed
    drafter = Drafter()
    draft = (await drafter.draft_listing(photo, context)).draft
    await drafter.close()
    assert draft.food_date == (printed and printed.day)


@needs_tesseract
async def test_no_date_of_drawn_labels_is_invented_or_later_or_of_another_kind(at_length: bool) -> None:
    """Read every third label; all of them in three ways at length."""
    ways = ("clean", "slanted", "small")
    labels = list(drawn_labels(ways, in_turn=not at_length))
    assert {label.kind for label in labels} == {*PRINTS}

    outcomes = await read_dates(labels if at_length else labels[::3])

    counts = Counter(outcome for _, outcome in outcomes)
    wrong = [(label, outcome) for label, outcome in outcomes if outcome in (DateOutcome.EARLIER, *DANGEROUS)]
    assert not sum(counts[outcome] for outcome in DANGEROUS), wrong
    assert counts[DateOutcome.EARLIER] <= 0.02 * len(outcomes), wrong
    assert counts[DateOutcome.RIGHT] >= 0.65 * len(outcomes), counts


DANGEROUS = (DateOutcome.LATER, DateOutcome.WRONG_KIND, DateOutcome.INVENTED)


def test_outcomes_are_told_apart_and_counted() -> None:
    use_by, none = LabelDate(TODAY, DateKind.USE_BY), LabelDate(TODAY, None)
    later = LabelDate(date(2027, 1, 1), DateKind.USE_BY)
    outcomes = [
        date_outcome(use_by, use_by),
        date_outcome(None, None),
        date_outcome(None, use_by),
        date_outcome(use_by, later),
        date_outcome(later, use_by),
        date_outcome(use_by, None),
        date_outcome(none, use_by),
        date_outcome(LabelDate(TODAY, DateKind.BEST_BEFORE), use_by),
    ]
    assert outcomes == ["right", "right", "missing", "earlier", "later", "invented", "no kind", "wrong kind"]
    table = dates_table("label", [("one", outcome) for outcome in outcomes])
    assert [list(column.cells) for column in table.columns][:3] == [["one", "all"], ["2", "2"], ["1", "1"]]


def test_labels_are_drawn_alike_for_one_series_and_differ_in_others() -> None:
    first, again, other = (next(iter(drawn_labels(("clean",), series=series))) for series in (0, 0, 1))
    assert (first.lines, first.expected) == (again.lines, again.expected)
    assert first.picture().tobytes() == again.picture().tobytes() != other.picture().tobytes()
    assert len(list(drawn_labels())) == 7 * len(PRINTS)
