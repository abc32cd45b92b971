"""GS1's product numbers (GTIN), dates and element strings."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from ai.gs1 import FNC1, Elements, NotGs1, as_gtin, day, has_right_check_digit, read_elements

TODAY = date(2026, 11, 22)
GTIN = "03453120000011"


def with_check_digit(body: str) -> str:
    return body + str(ean.calc_check_digit(body))


@given(st.from_regex(r"[0-9]{7}|[0-9]{11,13}", fullmatch=True), st.integers(1, 9))
def test_a_wrong_check_digit_is_noticed(body: str, off: int) -> None:
    number = with_check_digit(body)
    assert has_right_check_digit(number)
    assert not has_right_check_digit(body + str((int(number[-1]) + off) % 10))


def test_only_valid_product_numbers_become_a_gtin() -> None:
    assert as_gtin("3017620422003") == "03017620422003"
    assert as_gtin("036000291452") == "00036000291452"
    assert as_gtin("96385074") == "00000096385074"
    for none in ("", "3017620422004", "2012345000001", with_check_digit("020123450000"), "0" * 13, "301762042200x"):
        assert as_gtin(none) is None, none
    for none in ("9782070360024", "9771144875007", "9790260000438", "9811234567891", "9912345678909", "0512345000107"):
        assert has_right_check_digit(none), none
        assert as_gtin(none) is None, f"a book, a periodical, music, a refund or a coupon: {none}"
    assert as_gtin("3978123456783") == "03978123456783", "the control: the same digits elsewhere"
    assert as_gtin("97712343") == "00000097712343", "an EAN-8 has prefixes of its own"
    assert as_gtin("٣017620422003") is None, "digits of another script do not count"


def test_an_element_string_is_read_in_any_order() -> None:
    whole = Elements(gtin=GTIN, batch="AB-12", use_by=date(2026, 11, 24))
    assert read_elements(f"01{GTIN}17261124" + "10AB-12", TODAY) == whole
    assert read_elements(f"10AB-12{FNC1}01{GTIN}17261124", TODAY) == whole
    assert read_elements(f"{FNC1}17261124" + f"10AB-12{FNC1}21serial{FNC1}01{GTIN}", TODAY) == whole
    assert read_elements(f"01{GTIN}3103000450" + "17261124", TODAY).weight_grams == 450
    assert read_elements("3100000002", TODAY).weight_grams == 2000
    assert read_elements(f"70032611241830{FNC1}15261130", TODAY) == Elements(
        use_by=date(2026, 11, 24), best_before=date(2026, 11, 30)
    )
    assert read_elements("11261101" + "17261124", TODAY) == Elements(use_by=date(2026, 11, 24)), (
        "11 is the production date"
    )
    # The control: a batch extends to the next FNC1, so without one it includes the date.
    assert read_elements("10AB-1217261124", TODAY) == Elements(batch="AB-1217261124")


def test_dates_are_read_with_gs1_s_rules_for_day_00_and_the_century() -> None:
    assert day("280200", TODAY) == date(2028, 2, 29), "day 00 is the last day of the month"
    assert day("260200", TODAY) == date(2026, 2, 28)
    assert day("761231", TODAY) == date(2076, 12, 31)
    assert day("771231", TODAY) == date(1977, 12, 31), "51 years ahead means the previous century"
    assert day("000101", date(2060, 1, 1)) == date(2100, 1, 1), "60 years back means the next century"
    for none in ("261301", "260230", "26112", "2611240", "26112x", "٢61124", "260000"):
        with pytest.raises(NotGs1):
            day(none, TODAY)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        FNC1,
        "17",
        "1726112",
        "17261340",
        "0103453120000012",
        "01034531200000",
        "10",
        f"10{'x' * 21}",
        "10a\u00e9",
        "10a b",
        "hello",
        "\u0661\u0667261124",
        f"17261124{FNC1}17261125",
        "3103-00450",
        "10A\nB",
    ],
)
def test_an_element_string_that_breaks_a_rule_is_refused_whole(broken: str) -> None:
    with pytest.raises(NotGs1):
        read_elements(broken, TODAY)


BATCHES = st.text(st.sampled_from("!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz"), min_size=1, max_size=20)


@given(
    body=st.from_regex(r"[1-9][0-9]{12}", fullmatch=True),
    batch=BATCHES,
    use_by=st.dates(date(2000, 1, 1), date(2070, 12, 31)),
    serial=st.none() | BATCHES,
    order=st.permutations(range(4)),
)
def test_an_element_string_round_trips(
    body: str, batch: str, use_by: date, serial: str | None, order: list[int]
) -> None:
    gtin = with_check_digit(body)
    elements = [f"01{gtin}", f"17{use_by:%y%m%d}", f"10{batch}{FNC1}", f"21{serial}{FNC1}" if serial else ""]
    text = "".join(elements[place] for place in order).rstrip(FNC1)
    assert read_elements(text, TODAY) == Elements(gtin=gtin, batch=batch, use_by=use_by)


@given(st.text(max_size=60) | st.text(st.sampled_from("0123456789" + FNC1), max_size=60))
def test_any_text_is_refused_or_gives_valid_values(text: str) -> None:
    try:
        said = read_elements(text, TODAY)
    except NotGs1:
        return
    assert said.gtin is None or has_right_check_digit(said.gtin)
    assert said.weight_grams is None or 1 <= said.weight_grams <= 100_000
