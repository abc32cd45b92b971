"""Reservations as pages: the same pass for everybody, handing it over, a new PIN, and cancelling."""

import re
from datetime import timedelta

from tests.town import Town
from tests.town.things import Lot, Reservation
from tests.web.browser import Browser, Page


async def reserved(browser: Browser, lot: Lot, quantity: int = 1, key: str = "first-tap", **more: str) -> Page:
    """Send the form of a lot's page, as it stands there, and return the page that comes."""
    path = f"/lots/{lot.id}/reserve"
    typed = {"quantity": str(quantity), "for": "me", "_key": key, **more}
    return await browser._page(path, await browser.sends(path, **typed))


def without_what_differs(page: Page, reservation: Reservation) -> str:
    """Return a page's HTML without what is its holder's own: ids, code, PIN, square, keys of forms, ETag and a name."""
    text = page.text.replace(str(reservation.id), "ID")
    text = re.sub(r'(<meta name="live" content=)"[^"]+"', r"\1", text)
    text = re.sub(r'(name="_key" value=)"[^"]+"', r"\1", text)
    text = re.sub(r'<path d="[^"]+"/></svg>\s*<p class="code">.*?</p>', "", text, flags=re.DOTALL)
    text = re.sub(r"<strong>\d{3} \d{3}</strong>", "", text)
    return re.sub(r'<a class="initial".*?</a>', "", text)


async def test_the_page_of_a_paid_and_of_an_offered_reservation_are_the_same(town: Town) -> None:
    lot = await town.a_lot(description="Pains du jour", allergens=["gluten"])
    marc, zoe = await town.a_customer(), await town.a_beneficiary("Zoé")
    bought = await marc.buys(lot)
    await (await town.a_customer("Jeanne")).gives(lot)
    given = await zoe.reserves(await town.suspended_lot_of(lot))
    await town.worker_runs()  # tells both

    paid = await (await Browser.of(marc)).opens(f"/reservations/{bought.id}")
    offered = await (await Browser.of(zoe)).opens(f"/reservations/{given.id}")
    assert without_what_differs(paid, bought) == without_what_differs(offered, given)
    assert "Panier du soir" in paid.headings
    assert "gluten." in paid.main.text

    lists = [await (await Browser.of(one)).opens("/reservations") for one in (marc, zoe)]
    assert without_what_differs(lists[0], bought) == without_what_differs(lists[1], given)


async def test_the_pass_shows_square_code_and_pin_and_prints(town: Town) -> None:
    marc = await town.a_customer()
    bought = await marc.buys(await town.a_lot())
    shown = await marc.pass_for(bought)
    browser = await Browser.of(marc)
    page = await (await browser.opens("/reservations")).follows("Panier du soir")
    assert f"{shown.code[:5]} {shown.code[5:]}" in page.words
    assert f"{shown.pin[:3]} {shown.pin[3:]}" in page.words
    assert 'class="qr" viewBox="0 0 37 37"' in page.text
    printed = await page.follows("Imprimer")
    assert (printed.status_code, printed.headers["content-type"]) == (200, "application/pdf")


async def test_a_beneficiary_reserves_with_two_taps_and_a_double_tap_does_once(town: Town) -> None:
    lot, zoe = await town.a_free_lot(), await town.a_beneficiary("Zoé")
    browser = await Browser.of(zoe)
    page = await reserved(browser, lot)
    again = await reserved(browser, lot)
    assert page.path == again.path
    assert "PIN, à donner au comptoir" in page.words
    assert await town.taken_today(zoe) == 1


async def test_a_pass_is_handed_over_once_and_taken_back(town: Town) -> None:
    marc = await town.a_customer()
    bought = await marc.buys(await town.a_lot())
    browser = await Browser.of(marc)
    page = await browser.opens(f"/reservations/{bought.id}")
    handed = await page.form("Créer le lien").send()
    (link,) = [one.text for one in handed.root.all("textarea")]
    token = link.partition("/pass#")[2]
    assert (await town.request("POST", "/v1/handed-passes/show", json={"token": token})).status_code == 200
    page = await handed.follows("Mon retrait")
    assert token not in page.text
    assert "Confié" in page.words
    page = await page.form("Le reprendre").send()
    assert "Le lien ne marche plus" in page.said
    assert (await town.request("POST", "/v1/handed-passes/show", json={"token": token})).status_code == 404


async def test_a_locked_pass_says_so_and_is_renewed(town: Town) -> None:
    lot, marc = await town.a_lot(opens_in=timedelta(minutes=-5)), await town.a_customer()
    bought = await marc.buys(lot)
    shown = await marc.pass_for(bought)
    for _ in range(5):
        await lot.shop.merchant.tries_to_hand_over(shown, pin=shown.wrong_pin)
    page = await (await Browser.of(marc)).opens(f"/reservations/{bought.id}")
    assert "ce laissez-passer est bloqué" in page.words
    page = await page.form("Demander un nouveau PIN").send()
    assert "Voici votre nouveau PIN." in page.said
    assert "bloqué" not in page.words
    assert (await marc.pass_for(bought)).code != shown.code


async def test_cancelling_says_before_what_comes_back(town: Town) -> None:
    marc = await town.a_customer()
    early = await marc.buys(await town.a_lot(opens_in=timedelta(hours=5)), 2)
    late = await marc.buys(await town.a_lot(opens_in=timedelta(minutes=30)))
    browser = await Browser.of(marc)
    page = await browser.opens(f"/reservations/{early.id}")
    assert "tout vous est rendu, pour les 2 portions" in page.words
    assert "une annulation ne rend plus rien" in (await browser.opens(f"/reservations/{late.id}")).words
    page = await page.form("Annuler ce retrait").send()
    assert "C’est annulé." in page.said
    assert "Annulé" in page.words
    assert await town.status_of(early) == "cancelled"


async def test_nobody_opens_the_reservation_of_somebody_else(town: Town) -> None:
    lot = await town.a_lot()
    bought = await (await town.a_customer()).buys(lot)
    assert (await (await Browser.of(lot.shop.merchant)).opens("/reservations")).status_code == 403
    for other in (await town.a_customer("Jeanne"), lot.shop.merchant):
        browser = await Browser.of(other)
        assert (await browser.opens(f"/reservations/{bought.id}")).status_code == 404
        assert (await browser.sends(f"/reservations/{bought.id}/hand")).status_code == 404


async def test_waiting_is_listed_taken_and_left(town: Town) -> None:
    lot = await town.a_free_lot(left=1, opens_in=timedelta(hours=5))
    zoe, amina = await town.a_beneficiary("Zoé"), await town.a_beneficiary("Amina")
    taken = await zoe.reserves(lot)
    browser = await Browser.of(amina)
    path = f"/lots/{lot.id}/wait"
    page = await browser._page(path, await browser.sends(path, quantity="1", _key="wait-once"))
    assert "Vous êtes sur la liste." in page.said
    page = await page.form("Ne plus attendre").send()
    assert "En attente" not in page.headings

    await browser.sends(path, quantity="1", _key="wait-again")
    await zoe.cancels(taken)
    await town.worker_runs()
    page = await browser.opens("/reservations")
    assert "Une portion est gardée pour vous" in page.words
    page = await page.form("Réserver").send()
    assert "PIN, à donner au comptoir" in page.words


async def test_reservations_are_a_page_for_who_can_reserve(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    await marc.buys(lot)
    answers = [(await (await Browser.of(one)).opens("/reservations")).status_code for one in (lot.shop.merchant, marc)]
    assert answers == [403, 200]


async def test_numbers_of_thousands_of_digits_are_refused(town: Town) -> None:
    marc, lot = await Browser.of(await town.a_customer()), await town.a_lot()
    for quantity in ("9" * 5000, "²", "-1"):
        assert (await marc.sends(f"/lots/{lot.id}/reserve", quantity=quantity)).status_code == 422


async def test_a_receipt_is_linked_once_the_pass_is_gone(town: Town) -> None:
    lot = await town.a_lot()
    marc = await town.a_customer()
    bought = await marc.buys(lot)
    browser = await Browser.of(marc)
    shown = await browser.opens(f"/reservations/{bought.id}")
    assert "receipt.pdf" not in shown.text
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await marc.pass_for(bought))
    receipt = await (await browser.opens(f"/reservations/{bought.id}")).follows("Reçu (PDF)")
    assert receipt.headers["content-type"] == "application/pdf"


async def test_a_gift_links_its_receipt(town: Town) -> None:
    marc = await town.a_customer()
    given = await marc.gives(await town.a_lot())
    page = await (await Browser.of(marc)).opens(f"/gifts/{given.id}")
    assert (await page.follows("Reçu (PDF)")).headers["content-type"] == "application/pdf"
