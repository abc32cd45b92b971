"""Batches as labels print them: which texts are one, and how they are kept."""

import json
from datetime import date

import pytest

from ai.answer import read_answer
from ai.batches import read_batch
from ai.listing import ListingDraft

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("L2447A", "L2447A"),
        ("L 2447 B", "L 2447 B"),
        (" Lot n° 24-478 ", "Lot n° 24-478"),
        ("L\u00a02447\u202fB", "L 2447 B"),
        ("L 2447\n B", "L 2447 B"),
        ("L2447\u2013B\u200b", "L2447-B"),
        ("\uff2c\uff12\uff14", "L24"),
        ("№ 7", "No 7"),
        ("LOT 24 478 B3 EQ 2 08:42", "LOT 24 478 B3 EQ 2 08:42"),
        ("x" * 20, "x" * 20),
        ("x" * 21, None),
        ("x " * 21, None),
        ("", None),
        (" \u200b", None),
        ("L2447\x00", None),
        ("Л 2447", None),
    ],
)
def test_a_batch_is_kept_as_printed_in_plain_characters(printed: str, kept: str | None) -> None:
    assert read_batch(printed) == kept
    if kept is not None:
        assert ListingDraft(batch=kept).batch == kept


def test_the_model_s_batch_is_kept_if_a_label_could_print_it() -> None:
    def said(batch: object) -> object:
        return read_answer(json.dumps({"title": "Pain", "batch": batch}), TODAY).values.get("batch")

    assert said("L 2447 B") == "L 2447 B"
    assert said("Lot n° 24/478 08:42") == "Lot n° 24/478 08:42"
    for none in ("see below", "L1'; drop--", "<b>1</b>", 5, ["L1"], "L1 " + " " * 100):
        assert said(none) is None, none
