"""Food dates in printed text: which date counts, and its kind."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai.label_dates import LabelDate, dates_in, find_dates, food_date, food_date_in
from ai.printed_text import Line, Word
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
        # The words
        ("EXP 12/03/2027", date(2027, 3, 12), USE_BY),
        ("A CONS. JUSQU'AU 24/11/26", IN_TWO_DAYS, USE_BY),
        ("A consommer jus qu'au 24/11/26", IN_TWO_DAYS, USE_BY),
        ("A cons. de préf. avant le 15/03/27", date(2027, 3, 15), BEST_BEFORE),
        ("DCR 15/12/26 Pondu le 17/11/26", date(2026, 12, 15), BEST_BEFORE),
        ("D.L.C. : 24/11/26", IN_TWO_DAYS, USE_BY),
        # The notations
        ("DDM: 06 2027", date(2027, 6, 30), BEST_BEFORE),
        ("DDM 06/27", date(2027, 6, 30), BEST_BEFORE),
        ("DDM fin 06/27", date(2027, 6, 30), BEST_BEFORE),
        ("fin 06/27", date(2027, 6, 30), None),
        ("DDM JUIN 27", date(2027, 6, 30), BEST_BEFORE),
        ("JUIN 27", date(2027, 6, 30), None),
        ("EXP 120327", date(2027, 3, 12), USE_BY),
        ("EXP: 12032027", date(2027, 3, 12), USE_BY),
        ("DLC 12/03", date(2027, 3, 12), USE_BY),
        ("12/03", date(2027, 3, 12), None),
        ("A consommer jusqu'au 12 mars", date(2027, 3, 12), USE_BY),
        ("12 mars", date(2027, 3, 12), None),
        ("DDM 2027/06/12", date(2027, 6, 12), BEST_BEFORE),
        ("2027/06/12", date(2027, 6, 12), None),
        ("DLC : 24 11 26", IN_TWO_DAYS, USE_BY),
        ("DLC 20/11", date(2026, 11, 20), USE_BY),
        ("DLC 05/01", date(2027, 1, 5), USE_BY),
        ("A consommer de préférence avant fin 2028", date(2028, 12, 31), BEST_BEFORE),
        ("A consommer jusqu'au samedi 5 décembre", date(2026, 12, 5), USE_BY),
        ("A CONS. AVT LE 05/12/26", date(2026, 12, 5), USE_BY),
        # Dates of something else beside them
        ("A consommer jusqu'au 05/12/26\nDate de fabrication 26/11/26", date(2026, 12, 5), USE_BY),
        ("DLC 05/12/26 Cuit le 21/11/26 Abattu le 18/11/26", date(2026, 12, 5), USE_BY),
        ("DLC 05/12/26\nOffre valable jusqu'au 31/12/26", date(2026, 12, 5), USE_BY),
        ("A consommer jusqu'au 05/12/26\nService conso : 01 02 03 04 05", date(2026, 12, 5), USE_BY),
        ("A consommer jusqu'au :\n05/12/26 L2447A\nService conso 09 12 28 10 10", date(2026, 12, 5), USE_BY),
        ("Emballé le A consommer jusqu'au\n26/11/26 05/12/26", date(2026, 12, 5), USE_BY),
        ("A consommer jusqu'au Emballé le\n05/12/26 26/11/26", date(2026, 12, 5), USE_BY),
        ("Emballé le    A consommer jusqu'au\n26/11/26      05/12/26", date(2026, 12, 5), USE_BY),
        ("A consommer de préférence\navant fin :\n06/2027", date(2027, 6, 30), BEST_BEFORE),
        ("A consommer\njusqu'au 05/12/26", date(2026, 12, 5), USE_BY),
        ("Jambon cuit\n05/12/26", date(2026, 12, 5), None),
        ("Lot L2447A 05/12/26 14:32", date(2026, 12, 5), None),
        # Words that OCR reads with a wrong letter
        ("A consomner jusqu'au 24/11/26", IN_TWO_DAYS, USE_BY),
        ("A consommer de präfärence avant le 15/03/27", date(2027, 3, 15), BEST_BEFORE),
        ("A consommer xxxxxx avant le 15/03/27", date(2027, 3, 15), None),
        ("DLC 5 dXcembre 2026", date(2026, 12, 5), USE_BY),
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
        "Service conso 09 12 28 10 10",
        "Service conso 09 12 28",
        "DLC 09 12 28 10 10",
        "06.12.28.10.10",
        "01 02 03 04 05",
        "Offre valable jusqu'au 31/12/27",
        "Offre valable\njusqu'au 31/12/27",
        "A renvoyer avant le 31/12/27",
        "Date de fabrication 26/11/26",
        "Date de fabrication\n26/11/26",
        "Cuit le 26/11/26",
        "EmballX le 26/11/26",
        "Emballé le\n26/11/26",
        "Congelé le : 26/11/26",
        "Abattage 26/11/26",
        "Référence 12/03/27",
        "Lot : 26/11/26",
        "L05/12/26",
        "05/12/26 : fin du jeu",
        "Prix valable du 20/11/26 au 05/12/26",
        "-30 % jusqu'au 05/12/26",
        "fin 2028",
        "Lot 26 328 14:05",
        "Poids net 12,03 kg",
        "12/03 kg",
        "Evénement du 26/11/26",
        "DLC voir couvercle. Recette numéro 12/03/27",
        "A consommer jusqu'au 06/27",
        "DLC 24/11/2099",
        "EXP 991399",
        "1/2 écrémé",
        "06/27",
        "27",
    ],
)
def test_other_dates_and_numbers_are_no_food_date(text: str) -> None:
    assert food_date_in(text, TODAY) is None


def test_a_date_without_a_year_is_the_nearest_of_its_kind() -> None:
    assert food_date_in("DLC 12/03", date(2027, 3, 20)) == LabelDate(date(2027, 3, 12), USE_BY)
    assert food_date_in("DLC 29/02", date(2028, 2, 1)) == LabelDate(date(2028, 2, 29), USE_BY)
    assert food_date_in("DLC 29/02", date(2027, 2, 1)) is None
    assert dates_in("DLC 12/03") == [], "without a day to reckon from"


def test_the_earlier_of_two_readings_of_six_digits_counts() -> None:
    assert food_date_in("EXP 261127", TODAY) == LabelDate(date(2026, 11, 27), USE_BY), "27 November 2026 or 26 of 2027"
    assert food_date_in("EXP 270312", TODAY) == LabelDate(date(2027, 3, 12), USE_BY), "food of 2012 is not sold"


def a_line(text: str, left: float, top: float) -> Line:
    """Return a line printed 30 px high, each letter 18 px wide, turned by 5 degrees with all others."""
    words, at = [], left
    for word in text.split():
        right = at + 18 * len(word)
        words.append(Word(word, at, top + 0.087 * at, right, top + 0.087 * at + 30))
        at = right + 18
    return Line(tuple(words))


@pytest.mark.parametrize(
    "lines",
    [
        [("Emballé le", 100, 0), ("A consommer jusqu'au", 400, 0), ("26/11/26", 100, 60), ("05/12/26", 420, 60)],
        [("A consommer jusqu'au", 400, 4), ("05/12/26", 420, 64), ("26/11/26", 100, 60), ("Emballé le", 100, 0)],
        [("Emballé le A consommer jusqu'au", 100, 0), ("26/11/26", 100, 60), ("05/12/26", 420, 60)],
        [("Emballé le", 100, 0), ("26/11/26", 700, 3), ("A consommer jusqu'au", 100, 60), ("05/12/26", 700, 63)],
        [("A consommer", 100, 0), ("jusqu'au", 100, 50), ("05/12/26", 420, 25), ("Emballé le 26/11/26", 100, 120)],
        [
            ("A consommer jusqu'au", 100, 0),
            ("Lot L2447A", 100, 60),
            ("05/12/26", 100, 120),
            ("Cuit le 26/11/26", 99, 180),
        ],
        [("05/12/26", 500, 0), ("jusqu'au", 320, 0), ("A consommer", 100, 0), ("Valable jusqu'au 31/12/27", 100, 60)],
    ],
)
def test_a_date_belongs_to_the_words_beside_it_or_above_it(lines: list[tuple[str, float, float]]) -> None:
    found = food_date(find_dates([a_line(*line) for line in lines], TODAY), TODAY)
    assert found is not None
    assert found.label_date == LabelDate(date(2026, 12, 5), USE_BY)


def test_words_far_above_or_in_another_column_say_nothing_of_a_date() -> None:
    for lines in (
        [("A consommer jusqu'au", 100, 0), ("26/11/26", 100, 400)],
        [("A consommer jusqu'au", 100, 0), ("26/11/26", 600, 60)],
        [("A consommer jusqu'au 05/12", 100, 0), ("26/11/26", 100, 60)],
        [("A consommer jusqu'au 0S/I2/2b", 100, 0), ("26/11/26", 100, 60)],
    ):
        kinds = [found.said for found in find_dates([a_line(*line) for line in lines], TODAY) if found.day.day == 26]
        assert kinds == [None], lines


def test_a_text_of_nothing_but_dates_takes_no_time() -> None:
    began = time.process_time()
    for text in ("05/12/26 " * 700, "05/12/26\n" * 700, "DLC 05/12/26 " * 500, "lot 1 " * 1000, "1/" * 3000):
        dates_in(text, TODAY)
    assert time.process_time() - began < 2


@given(st.text(max_size=300) | st.text(st.sampled_from("0123456789/.- dlcDMoûtmarsjuin"), max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert all(2000 <= found.day.year <= 2099 for found in dates_in(text))
    found = food_date_in(text, TODAY)
    assert found is None or date(2025, 10, 1) <= found.day <= date(2036, 12, 1)


@given(
    st.dates(date(2020, 1, 1), date(2039, 12, 31)), st.sampled_from(["%d/%m/%Y", "%d.%m.%y", "%d-%m-%Y", "%Y-%m-%d"])
)
def test_every_date_is_read_in_each_notation(day: date, written: str) -> None:
    assert dates_in(f"DLC {day.strftime(written)}") == [LabelDate(day, USE_BY)]
