"""The counter page: a QR code, a typed code or a photo, then the PIN; what is said, and how many taps it takes."""

from datetime import timedelta

import qrcode
from qrcode.image.pil import PilImage

from tests.photographs import file_of, jpeg_of_scans
from tests.town import Lot, Town
from tests.town.things import Pass
from tests.web.browser import Browser

AN_HOUR_AGO = -timedelta(hours=1)


async def a_pass(town: Town, lot: Lot, portions: int = 2) -> Pass:
    marc = await town.a_customer()
    return await marc.pass_for(await marc.buys(lot, portions))


async def test_handing_over_takes_two_taps(town: Town) -> None:
    lot = await town.a_lot(title="Panier <b>du soir</b>", opens_in=AN_HOUR_AGO)
    shown = await a_pass(town, lot)
    sophie = await Browser.of(lot.shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{lot.shop.id}")).follows("Comptoir")
    page = await page.form("Valider").send(shown=shown.qr, pin=shown.pin)
    assert sophie.taps == 2
    assert page.said.startswith("Remis")
    assert "Panier <b>du soir</b>" in page.said
    assert await town.status_of(shown.reservation) == "picked_up"
    again = await sophie.opens(page.path.replace("handed=", "handed=x"))
    assert not again.said


async def test_a_wrong_pin_keeps_the_code_and_counts_a_double_tap_once(town: Town) -> None:
    lot = await town.a_lot(opens_in=AN_HOUR_AGO)
    shown = await a_pass(town, lot)
    sophie = await Browser.of(lot.shop.merchant)
    form = (await sophie.opens(f"/my-shops/{lot.shop.id}/counter")).form("Valider")
    await form.send(shown=shown.code.lower(), pin=shown.wrong_pin)
    page = await form.send(shown=shown.code.lower(), pin=shown.wrong_pin)
    assert page.status_code == 403
    assert page.errors["pin"] == "PIN incorrect, encore 4 essais"
    assert "Carré lu" in page.main.text
    page = await page.form("Valider").send(pin=shown.pin)
    assert "Remis" in page.said


async def test_why_nothing_is_handed_over_is_said_large(town: Town) -> None:
    lot = await town.a_lot(opens_in=timedelta(hours=5))
    shown = await a_pass(town, lot)
    sophie = await Browser.of(lot.shop.merchant)
    form = (await sophie.opens(f"/my-shops/{lot.shop.id}/counter")).form("Valider")
    for code in (shown.qr, "AAAA AAAA AA"):
        page = await form.send(shown=code, pin=shown.pin)
        assert page.status_code in (404, 409)
        assert page.alert.startswith("Ne rien remettre")
    assert await town.status_of(shown.reservation) == "confirmed"


async def test_a_free_and_a_paid_portion_are_handed_over_with_the_same_page(town: Town) -> None:
    shop = await town.a_shop()
    paid, free = (
        await town.a_lot(shop=shop, opens_in=AN_HOUR_AGO),
        await town.a_free_lot(shop=shop, opens_in=AN_HOUR_AGO),
    )
    amina = await town.a_beneficiary()
    given = await amina.pass_for(await amina.reserves(free))
    sophie = await Browser.of(shop.merchant)
    pages = []
    for shown in (await a_pass(town, paid, 1), given):
        form = (await sophie.opens(f"/my-shops/{shop.id}/counter")).form("Valider")
        pages.append(await form.send(shown=shown.qr, pin=shown.pin))
    assert pages[0].text == pages[1].text


async def test_the_code_is_read_in_a_photo_and_in_a_frame(town: Town) -> None:
    lot = await town.a_lot(opens_in=AN_HOUR_AGO)
    shown = await a_pass(town, lot)
    drawn = qrcode.make(shown.qr, image_factory=PilImage).get_image().convert("L")
    photo = file_of(drawn)
    sophie = await Browser.of(lot.shop.merchant)
    path = f"/my-shops/{lot.shop.id}/counter"
    page = await (await sophie.opens(path)).form("/my-shops/code").send(photo=("code.jpg", photo, "image/jpeg"))
    assert "Carré lu" in page.main.text
    page = await page.form("Valider").send(pin=shown.pin)
    assert "Remis" in page.said

    for frame, text in (
        (photo, shown.qr),
        (jpeg_of_scans(40), None),
        (b"no picture", None),
        (file_of(drawn, "PNG"), None),
    ):
        cookies = {"Cookie": f"session={sophie.cookies['session']}", "Sec-Fetch-Site": "same-origin"}
        answer = await town.request("POST", f"{path}/frame", content=frame, headers=cookies)
        assert answer.json() == {"text": text}
    answer = await town.request("POST", f"{path}/frame", content=b"x" * 200_001, headers=cookies)
    assert answer.status_code == 413
    page = await (await sophie.opens(path)).form("/my-shops/code").send(photo=("x.jpg", b"x", "image/jpeg"))
    assert "shown" in page.errors


async def test_only_owner_and_staff_open_the_counter(town: Town) -> None:
    shop = await town.a_shop()
    for other in (await town.a_merchant("Paul"), await town.a_customer()):
        assert (await (await Browser.of(other)).opens(f"/my-shops/{shop.id}/counter")).status_code == 404
