"""Reserving from a lot's page with its taps, gifts, reports of problems, notices, favourites and one's own impact."""

from datetime import timedelta

from tests.photographs import file_of, two_colours
from tests.town import Customer, Town
from tests.town.things import Lot
from tests.visitors import PASSWORD
from tests.web.browser import Browser, Page


async def lot_page(browser: Browser, lot: Lot) -> Page:
    """Open a lot from a page that lists it: the first tap of the main job."""
    browser.taps += 1
    return await browser.opens(f"/lots/{lot.id}")


OPEN = timedelta(minutes=-5)
"""Pages go by the machine's clock, so a window that is open is one that has begun."""


async def collected(marc: Customer, lot: Lot) -> str:
    """Let a customer buy and collect a portion, and return the path of its page."""
    bought = await marc.buys(lot)
    await lot.shop.merchant.hands_over(await marc.pass_for(bought))
    return f"/reservations/{bought.id}"


async def test_a_customer_reserves_and_pays_with_three_taps(town: Town) -> None:
    lot = await town.a_lot(price_cents=725)
    browser = await Browser.of(await town.a_customer())
    page = await (await lot_page(browser, lot)).form("reserve").send()
    pay = page.form(f"{page.path}/pay")
    assert pay.names[-1].replace("\xa0", " ") == "Payer · 7,25 €"
    away = await pay.send()
    assert browser.taps == 3
    assert await town.stripe.pay_on_page(away.headers["location"]) == 303
    waiting = await browser.opens(f"{page.path}?paid=1")
    assert "Paiement en cours" in waiting.words
    assert '<meta http-equiv="refresh"' in waiting.text
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    paid = await browser.opens(f"{page.path}?paid=1")
    assert "PIN, à donner au comptoir" in paid.words
    assert "refresh" not in paid.text


async def test_a_double_tap_on_paying_leads_to_the_same_page(town: Town) -> None:
    browser = await Browser.of(await town.a_customer())
    page = await (await lot_page(browser, await town.a_lot())).form("reserve").send()
    pay = page.form(f"{page.path}/pay")
    first, second = await pay.send(), await pay.send()
    assert first.headers["location"] == second.headers["location"]


async def test_a_beneficiary_gets_a_pass_with_two_taps(town: Town) -> None:
    lot = await town.a_free_lot()
    browser = await Browser.of(await town.a_beneficiary())
    page = await (await lot_page(browser, lot)).form("reserve").send()
    assert browser.taps == 2
    assert "PIN, à donner au comptoir" in page.words


async def test_a_refused_reservation_shows_the_lot_with_the_reason(town: Town) -> None:
    lot, zoe = await town.a_free_lot(left=5), await town.a_beneficiary()
    await zoe.reserves(lot, 2)
    browser = await Browser.of(zoe)
    page = await (await lot_page(browser, lot)).form("reserve").send()
    assert page.status_code == 409
    assert page.alert
    assert page.headings[0] == "Panier du soir"
    for wrong in ("0", "dé\u00e9 \u4e00", "9" * 300):
        page = await page.form("reserve").send(quantity=wrong, checks=False)
        assert page.status_code == 422
    assert "#quantity" in page.links.values()


async def test_a_gift_is_listed_paid_for_and_told_what_became_of_it(town: Town) -> None:
    lot, marc = await town.a_lot(), await town.a_customer()
    browser = await Browser.of(marc)
    page = await (await lot_page(browser, lot)).form("reserve").send({"for": "gift"}, quantity="2")
    assert page.path.startswith("/gifts/")
    assert "Payer · 8,00 €" in page.words.replace("\xa0", " ")
    page = await page.form("Enregistrer").send(if_unclaimed="move")
    assert "C’est enregistré." in page.said
    page = await page.form("Ne pas payer, rendre la place").send()
    assert "Rien n’a été pris." in page.words

    given = await marc.gives(lot, 1)
    page = await browser.opens(f"/reservations/{given.id}?paid=1")
    assert page.path == f"/gifts/{given.id}?paid=1"
    assert "C’est offert. Merci !" in page.words.replace("\u202f", " ")
    listed = await browser.opens("/gifts")
    assert listed.main.text.count("Panier du soir") == 2


async def test_a_problem_is_reported_with_a_photo_once_and_its_answer_is_read(town: Town) -> None:
    lot, marc = await town.a_lot(opens_in=OPEN), await town.a_customer()
    path = await collected(marc, lot)
    browser = await Browser.of(marc)
    page = await (await browser.opens(path)).follows("Décrire le problème")
    empty = await page.form("Envoyer").send(text="", checks=False)
    assert dict(empty.errors) == {"kind": "Choisissez une réponse.", "text": "Ce champ est à remplir."}
    wrong = await page.form("Envoyer").send(kind="quality", text="Moisi", photo=("x.jpg", b"no photo", "image/jpeg"))
    assert list(wrong.errors) == ["photo"]
    assert "Moisi" in wrong.text
    photo = ("pain.jpg", file_of(two_colours()), "image/jpeg")
    words = "Deux <b>pains</b> moisis " + "long" * 50
    page = await wrong.form("Envoyer").send(kind="quality", text=words, photo=photo)
    assert "C’est envoyé." in page.said
    assert "&lt;b&gt;pains" in page.text
    assert "Le commerce peut répondre jusqu’à" in page.words
    (report,) = (await marc.gets("/problem-reports"))["data"]
    assert (await browser.opens(f"/photos/{report['photo_id']}/card")).status_code == 200
    answer = {"outcome": "in_kind", "text": "Venez demain, un pain vous attend."}
    await lot.shop.merchant.posts(f"/problem-reports/{report['id']}/answer", answer)
    page = await (await browser.opens(path)).follows("Voir la réponse")
    assert "un pain vous attend" in page.words
    assert not page.forms or "Envoyer" not in page.forms[0].names


async def test_a_door_that_was_closed_is_reported_from_the_pass(town: Town) -> None:
    marc = await town.a_customer()
    later, bought = await marc.buys(await town.a_lot()), await marc.buys(await town.a_lot(opens_in=OPEN))
    browser = await Browser.of(marc)
    assert "Décrire le problème" not in (await browser.opens(f"/reservations/{later.id}")).links
    page = await (await browser.opens(f"/reservations/{bought.id}")).follows("Décrire le problème")
    assert page.form("Envoyer").options("kind") == ["closed", "missing", "other"]
    page = await page.form("Envoyer").send(kind="closed", text="Personne à 19 h.")
    assert "La porte était fermée" in page.words


async def test_the_bell_counts_notices_until_they_are_read(town: Town) -> None:
    marc = await town.a_customer()
    await marc.buys(await town.a_lot())
    await marc.buys(await town.a_lot(opens_in=timedelta(hours=6)))
    await town.worker_runs()
    browser = await Browser.of(marc)
    page = await browser.opens("/notices")
    assert "Nouvelles, 2 non lues" in page.links
    page = await page.form("Marquer comme lu").send()
    assert "Nouvelles, 1 non lue" in page.links
    page = await page.form("Tout marquer comme lu").send()
    assert "Nouvelles" in page.links
    assert "Marquer comme lu" not in page.words


async def test_favourites_are_listed_and_removed(town: Town) -> None:
    shop, marc = await town.a_shop(), await town.a_customer()
    browser = await Browser.of(marc)
    assert "pas encore de favoris" in (await browser.opens("/favourites")).words
    await marc.asks("PUT", f"/favourites/{shop.id}")
    page = await browser.opens("/favourites")
    page = await page.form(f"/favourites/{shop.id}/remove").send()
    assert "n’est plus dans vos favoris" in page.said
    assert (await (await Browser.of(shop.merchant)).opens("/favourites")).status_code == 403


async def test_people_see_the_impact_of_their_pickups(town: Town) -> None:
    lot, marc = await town.a_lot(weight_grams=1500, opens_in=OPEN), await town.a_customer()
    browser = await Browser.of(marc)
    assert "Rien n’est compté pour le moment" in (await browser.opens("/my-impact")).words
    await collected(marc, lot)
    assert "1,5 kg" in (await browser.opens("/my-impact")).words.replace("\xa0", " ")


async def test_hours_are_those_of_the_shop_overseas(town: Town) -> None:
    shop = await town.a_shop(commune="97411")  # Saint-Denis of La Réunion
    lot, marc = await town.a_lot(shop=shop), await town.a_customer()
    bought, given = await marc.buys(lot), await marc.gives(lot)
    browser = await Browser.of(marc)
    for path in ("/reservations", f"/reservations/{bought.id}", "/gifts", f"/gifts/{given.id}"):
        assert "Réunion" in (await browser.opens(path)).words, path
    sold_out, zoe = await town.a_free_lot(shop=shop, left=1), await town.a_beneficiary("Zoé")
    await (await town.a_beneficiary("Amina")).reserves(sold_out)
    await zoe.waits(sold_out)
    assert "Réunion" in (await (await Browser.of(zoe)).opens("/reservations")).words


async def test_a_reservation_begun_without_signing_in_is_not_lost(town: Town) -> None:
    lot = await town.a_lot(price_cents=500)
    visitor = Browser(town)
    await visitor.joins()
    page = await (await visitor.opens(f"/lots/{lot.id}")).form("reserve").send(quantity="2")
    assert page.status_code == 401
    page = await page.form("/sign-in").send(username="amina@example.org", password=PASSWORD)
    page = await page.forms[0].send()
    assert page.path.startswith("/reservations/")
    assert "Payer · 10,00 €" in page.words.replace("\xa0", " ")


async def test_two_tabs_and_the_back_button_reserve_once_and_are_answered_kindly(town: Town) -> None:
    lot, marc = await town.a_free_lot(left=5), await town.a_beneficiary()
    browser = await Browser.of(marc)
    first = await browser.opens(f"/lots/{lot.id}")
    done = await first.form("reserve").send()
    back = await first.form("reserve").send()  # the same form again, as after the back button
    assert back.path == done.path
    cancelled = await done.form("Annuler ce retrait").send()
    again = await done.form("Annuler ce retrait").send()
    assert (cancelled.status_code, again.status_code) == (200, 200)
    late = await done.form("Créer le lien").send()
    assert late.status_code == 409
    assert late.alert
