"""Food dates in printed text: which date counts, and its kind."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai.label_dates import LabelDate, dates_in, food_date_in
from ai.vocabulary import DateKind

TODAY = date(2026, 11, 22)
USE_BY, BEST_BEFORE = DateKind.USE_BY, DateKind.BEST_BEFORE
IN_TWO_DAYS = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "day", "kind"),
    [
        ("À consommer jusqu'au 24/11/2026", IN_TWO_DAYS, USE_BY),
        ("A CONSOMMER JUSQU\u2019AU : 24-11-26", IN_TWO_DAYS, USE_BY),
        ("à consommer jusqu'au\n24 novembre 2026", IN_TWO_DAYS, USE_BY),
        ("À consommer avant le 24/11/2026", IN_TWO_DAYS, USE_BY),
        ("DLC 24.11.26", IN_TWO_DAYS, USE_BY),
        ("DLC: 24 NOV 26 LOT 4417", IN_TWO_DAYS, USE_BY),
        ("Use by 24 Nov 2026", IN_TWO_DAYS, USE_BY),
        ("Zu verbrauchen bis 24.11.2026", IN_TWO_DAYS, USE_BY),
        ("DLC 24/ll/2O26", IN_TWO_DAYS, USE_BY),
        ("À consommer de préférence avant fin 03/2027", date(2027, 3, 31), BEST_BEFORE),
        ("A consommer de préférence avant fin février 2028", date(2028, 2, 29), BEST_BEFORE),
        ("À consommer de préférence avant le 15/03/2027", date(2027, 3, 15), BEST_BEFORE),
        ("De préférence à consommer avant le 1er mars 2027", date(2027, 3, 1), BEST_BEFORE),
        ("DDM 15.03.27", date(2027, 3, 15), BEST_BEFORE),
        ("DLUO 2027-03-15", date(2027, 3, 15), BEST_BEFORE),
        ("Best before end: MAR 2027", date(2027, 3, 31), BEST_BEFORE),
        ("Emballé le 20/11/2026 - à consommer jusqu'au 24/11/2026", IN_TWO_DAYS, USE_BY),
        ("DDM 01/12/2026 ... DLC 24/11/2026", IN_TWO_DAYS, USE_BY),
        ("DLC 26/11/2026, ouvert: DLC 24/11/2026", IN_TWO_DAYS, USE_BY),
        ("24/11/2026", IN_TWO_DAYS, None),
    ],
)
def test_the_binding_date_and_its_kind_are_found(text: str, day: date, kind: DateKind | None) -> None:
    assert food_date_in(text, TODAY) == LabelDate(day, kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Emballé le 20/11/2026",
        "Abattu le 24/11/2026",
        "DLC 31/02/2027",
        "DLC 24/13/2026",
        "lot 241126",
        "3 453120 000011",
        "24/11/2026 et 25/11/2026",
        "24/11/1998",
        "tel. 06.12.34.56.78",
        "1,24 EUR/kg 11 2,5",
    ],
)
def test_other_dates_and_numbers_are_no_food_date(text: str) -> None:
    assert food_date_in(text, TODAY) is None


@given(st.text(max_size=300) | st.text(st.sampled_from("0123456789/.- dlcDMoûtmarsjuin"), max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert all(2000 <= found.day.year <= 2099 for found in dates_in(text))


@given(
    st.dates(date(2020, 1, 1), date(2039, 12, 31)), st.sampled_from(["%d/%m/%Y", "%d.%m.%y", "%d-%m-%Y", "%Y-%m-%d"])
)
def test_every_date_is_read_in_each_notation(day: date, written: str) -> None:
    assert dates_in(f"DLC {day.strftime(written)}") == [LabelDate(day, USE_BY)]
