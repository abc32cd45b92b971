"""Passes on paper: their size, their look for each kind of lot, who gets one, and how long texts fit."""

import re
from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp

from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.paper import printed
from tests.town.people import Person
from tests.town.things import Pass, Reservation


async def printed_by(person: Person, reservation: Reservation, language: str = "fr") -> bytes:
    answer = await person.asks("GET", f"/reservations/{reservation.id}/pass.pdf", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-language"] == language
    return answer.content


def masked(words: str, shown: Pass) -> str:
    return words.replace(shown.pin, "PIN").replace(shown.code, "CODE")


async def test_a_printed_pass_is_a6_and_opens_the_counter(town: Town) -> None:
    lot = await town.a_lot(title="Panier de viennoiseries")
    karim = await town.a_customer()
    bought = await karim.buys(lot, 2)
    shown = await karim.pass_for(bought)

    (sheet,) = printed(await printed_by(karim, bought))

    assert (round(sheet.width), round(sheet.height)) == (105, 148)
    assert sheet.secrets == [shown.qr]
    for words in (
        shown.pin,
        shown.code,
        "2 portions",
        "Panier de viennoiseries",
        "12 place du Marché",
        "Bon de retrait",
    ):
        assert words in sheet.words
    assert not re.search(r"€|\d,\d\d|offert|gratuit|prix", sheet.words)
    await town.opens(lot)
    assert await lot.shop.merchant.hands_over(Pass(bought, sheet.secrets[0], shown.code, shown.pin, {}))


async def test_a_printed_pass_is_black_on_white_with_a_qr_of_5_cm(town: Town) -> None:
    karim = await town.a_customer()
    pdf = await printed_by(karim, await karim.buys(await town.a_lot()))
    dpi = 300

    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil().convert("RGB")

    assert all(len(set(colour)) == 1 for _, colour in picture.getcolors(1 << 20))
    (qr,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    width = (qr.position.top_right.x - qr.position.top_left.x) / dpi * 25.4
    assert width == pytest.approx(50, abs=1)


async def test_printed_passes_look_the_same_for_each_kind_of_lot(town: Town) -> None:
    shop = await town.a_shop()
    paid, free = await town.a_lot(shop=shop), await town.a_free_lot(shop=shop)
    karim, amina, zoe = await town.a_customer(), await town.a_beneficiary(), await town.a_beneficiary("Zoé")
    await (await town.a_customer("Jeanne")).gives(paid)
    suspended = await town.suspended_lot_of(paid)
    held = [(karim, await karim.buys(paid)), (amina, await amina.reserves(free)), (zoe, await zoe.reserves(suspended))]

    looks = set()
    for person, reservation in held:
        shown = await person.pass_for(reservation)
        (sheet,) = printed(await printed_by(person, reservation))
        corners = [(round(x), round(y)) for x, y, _ in sheet.qrs]
        looks.add((masked(sheet.words, shown), str(corners)))

    # The windows are a moment apart, which the sheet, in minutes, may round to another minute.
    assert len({re.sub(r"\d\d h \d\d", "TIME", words.replace("\xa0", " ")) + corners for words, corners in looks}) == 1


async def test_only_the_holder_of_a_live_reservation_prints_its_pass(town: Town) -> None:
    lot = await town.a_lot()
    karim, stranger = await town.a_customer(), await town.a_customer("Léo")
    bought, held = await karim.buys(lot), await karim.reserves(lot)
    path = f"/reservations/{bought.id}/pass.pdf"

    for other in (stranger, lot.shop.merchant, await town.an_admin()):
        assert refusal_in(await other.asks("GET", path)).code == "reservation.not_found"
    assert refusal_in(await town.request("GET", f"/v1{path}")).code == "access.unauthenticated"
    unpaid = await karim.asks("GET", f"/reservations/{held.id}/pass.pdf")
    assert refusal_in(unpaid).code == "pass.none"


async def test_a_pass_with_the_longest_texts_fits_on_one_sheet_in_english(town: Town) -> None:
    shop = await town.a_shop(commune="97411")
    await town.changes(
        "update app.shops set name = $2, address = $3 where id = $1", shop.id, "Wm " * 40, "Impasse " * 37
    )
    lot = await town.a_lot(shop=shop, title="Wm " * 40, lasts=timedelta(hours=70))
    karim = await town.a_customer()
    bought = await karim.buys(lot)

    (sheet,) = printed(await printed_by(karim, bought, "en"))

    assert "Pickup pass" in sheet.words
    assert "Réunion time" in sheet.words
    assert len(sheet.secrets) == 1
