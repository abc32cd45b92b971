"""The kiosk in four languages: a card, a lot, reserve; who left, what the next person sees, and unknown tablets."""

import os
import re
import tomllib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from backend.lots.models import Allergen
from backend.pages import session as page_sessions
from backend.pages.kiosk import card
from backend.pages.texts import PageLanguage, texts
from backend.places.loading import load_places
from backend.shops.models import Category
from tests.journeys.test_cards import enrolled, prints
from tests.journeys.test_kiosk import WRONG_CARD
from tests.town import Beneficiary, Lot, Town
from tests.town.answers import accepted
from tests.web.browser import Browser, Page

LANGUAGES: tuple[PageLanguage, ...] = ("fr", "en", "es", "ar")
WORDING = Path(__file__).parents[2] / "backend" / "pages" / "wording"


class Tablet:
    """A tablet of an association that is registered as a kiosk, with people and their cards."""

    def __init__(self, town: Town, kiosk: str, people: list[Beneficiary], cards: list[str]) -> None:
        self.town, self.kiosk, self.people, self.cards = town, kiosk, people, cards
        self.browser = Browser(town)

    async def is_shown(self, card: str) -> Page:
        return await (await self.browser.opens("/kiosk")).form("/kiosk/card").send(shown=card)


async def a_tablet(town: Town, count: int = 1) -> Tablet:
    """Return a tablet that was registered as a kiosk near the lots."""
    association, people = await enrolled(town, count)
    [sheet] = await prints(association, people)
    registered = await association.posts("/kiosks", {"name": "Accueil de jour"})
    tablet = Tablet(town, registered["id"], people, sheet.secrets)
    cookie = os.urandom(32).hex()
    id_hash = sha256(cookie.encode()).digest()
    kept = {"device": registered["device"], "latitude": 48.5839, "longitude": 7.7455, "exact": True}
    await town.changes(
        "select app.open_page_session($1, 'kiosk', null, null, $2, $3)",
        id_hash,
        page_sessions._sealed(id_hash, kept),
        datetime.now(UTC) + timedelta(days=1),
    )
    tablet.browser.cookies["kiosk"] = cookie
    return tablet


async def _free_lot(town: Town, **fields: str) -> Lot:
    return await town.a_free_lot(opens_in=-timedelta(minutes=5), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_card_a_lot_and_reserve_are_three_taps(town: Town, language: PageLanguage) -> None:
    t, tablet = texts(language), await a_tablet(town)
    lot = await _free_lot(town)
    welcome = await tablet.browser.opens("/kiosk")
    chosen = await welcome.form("/kiosk/language").send(button=language)
    assert f'lang="{language}"' in chosen.text
    assert ('<html lang="ar" dir="rtl">' in chosen.text) is (language == "ar")
    tablet.browser.taps = 0

    lots = await chosen.form("/kiosk/card").send(shown=tablet.cards[0])
    page = await lots.follows(f"/kiosk/lots/{lot.id}")
    done = await page.form(f"/kiosk/lots/{lot.id}/reserve").send()

    assert tablet.browser.taps == 3
    assert done.said == t("kiosk.said.reserved")
    [one] = (await tablet.people[0].gets("/reservations"))["data"]
    shown = await tablet.people[0].gets(f"/reservations/{one['id']}/pass")
    words = done.words.replace(" ", "")
    assert (shown["pin"] in words, shown["code"] in words) == (True, True)
    # Neither the code nor the PIN is among what is spoken.
    spoken = " ".join(one.text for one in done.root.all() if one.has("data-speak")).replace(" ", "")
    assert (shown["pin"] in spoken, shown["code"] in spoken) == (False, False)
    assert tablet.people[0].name not in done.text
    mine = await done.browser.opens("/kiosk/pickups")
    left = (
        await (await mine.follows(f"/kiosk/pickups/{done.path.split('/')[3].split('?')[0]}"))
        .form(t("kiosk.leave"))
        .send()
    )
    assert left.said
    assert left.path.startswith("/kiosk?")
    assert left.headings == [texts("fr")("kiosk.welcome.title")]
    assert left.headers["cache-control"] == "no-store"
    assert (await tablet.browser.opens("/kiosk/pickups")).path == "/kiosk?said=over"


async def test_arabic_pages_write_hours_and_shops_from_left_to_right(town: Town) -> None:
    tablet = await a_tablet(town)
    await _free_lot(town)
    await (await tablet.browser.opens("/kiosk")).form("/kiosk/language").send(button="ar")
    lots = await tablet.is_shown(tablet.cards[0])
    assert re.search(r'<bdi lang="fr" dir="ltr">[0-9]{1,2}\u00a0h', lots.text)
    assert "€" not in lots.text


async def test_leaving_tells_the_browser_to_forget_and_ends_the_session(town: Town) -> None:
    tablet = await a_tablet(town)
    lots = await tablet.is_shown(tablet.cards[0])
    answer = await tablet.browser.sends("/kiosk/leave")
    assert lots.status_code == 200
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert await town.value("select count(*) from app.sessions where kiosk_id is not null and ended_at is null") == 0
    assert set(tablet.browser.cookies) == {"kiosk"}


async def test_the_next_person_sees_nothing_of_the_one_before(town: Town) -> None:
    tablet = await a_tablet(town, 2)
    lot = await _free_lot(town)
    await tablet.is_shown(tablet.cards[0])
    done = await (await tablet.browser.opens(f"/kiosk/lots/{lot.id}")).form(f"/kiosk/lots/{lot.id}/reserve").send()
    await tablet.is_shown(tablet.cards[1])
    before = await tablet.browser.opens(done.path)
    assert (before.status_code, before.headings) == (404, ["Ce n’est pas possible"])
    assert "Vous n’avez rien à retirer" in (await tablet.browser.opens("/kiosk/pickups")).words


async def test_pages_ask_whether_somebody_is_still_there_without_scripts(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet = await a_tablet(town)
    lots = await tablet.is_shown(tablet.cards[0])
    [refresh] = re.findall(r'http-equiv="refresh" content="([0-9]+); url=([^"]+)"', lots.text)
    asked = await tablet.browser.opens(refresh[1])
    [gone] = re.findall(r'http-equiv="refresh" content="([0-9]+); url=([^"]+)"', asked.text)
    assert int(refresh[0]) + int(gone[0]) < 180
    assert (await asked.follows("Oui, je continue")).path == "/kiosk/lots"
    assert (await tablet.browser.opens(gone[1])).headings == [texts("fr")("kiosk.welcome.title")]
    monkeypatch.setattr(card, "GONE_WITHIN_SECONDS", 181)  # as if nobody had answered
    assert (await tablet.browser.opens("/kiosk/lots")).path == "/kiosk?said=over"
    assert await town.value("select count(*) from app.sessions where kiosk_id is not null and ended_at is null") == 0


async def test_no_address_signs_out_by_being_opened(town: Town) -> None:
    tablet = await a_tablet(town)
    await tablet.is_shown(tablet.cards[0])
    assert (await tablet.browser.opens("/kiosk/leave")).status_code in (404, 405)
    assert (await tablet.browser.opens("/kiosk/lots")).status_code == 200


async def test_a_session_of_the_api_that_is_over_asks_for_the_card_again(town: Town) -> None:
    tablet = await a_tablet(town)
    await tablet.is_shown(tablet.cards[0])
    await town.changes(
        "update app.sessions set ended_at = now(), ended_because = 'signed_out' where kiosk_id is not null"
    )
    page = await tablet.browser.opens("/kiosk/lots")
    assert (page.path, bool(page.said)) == ("/kiosk?said=over", True)


async def test_a_wrong_card_and_a_day_that_is_used_up_are_said_kindly(town: Town) -> None:
    tablet = await a_tablet(town)
    wrong = await tablet.is_shown(WRONG_CARD)
    assert (wrong.status_code, "n’est pas reconnue" in wrong.alert) == (401, True)
    lot, other = await _free_lot(town), await _free_lot(town)
    await tablet.is_shown(tablet.cards[0])
    page = await tablet.browser.opens(f"/kiosk/lots/{lot.id}")
    await page.form(f"/kiosk/lots/{lot.id}/reserve").send(button="2")
    after = await tablet.browser.opens(f"/kiosk/lots/{other.id}")
    assert "Vous avez déjà choisi pour aujourd’hui" in after.words
    assert not [one for one in after.forms if one.action.endswith("/reserve")]


async def test_an_association_registers_a_tablet_with_its_secret_once(town: Town) -> None:
    load_places(town.copy.url())
    association = await town.an_association()
    registered = await association.posts("/kiosks", {"name": "Accueil de jour"})
    setup = await Browser(town).opens("/kiosk")
    assert setup.path == "/kiosk/setup"
    nowhere = await setup.form("/kiosk/setup").send(device=registered["device"], where="Xyzzy")
    assert nowhere.errors.keys() == {"where"}
    page = await nowhere.form("/kiosk/setup").send(where="Strasbourg")
    assert (page.path, page.headings) == ("/kiosk", ["Montrez votre carte"])
    assert registered["device"] not in page.text


async def test_a_revoked_kiosk_asks_to_be_registered_again(town: Town) -> None:
    tablet = await a_tablet(town)
    admin = await town.an_admin()
    accepted(await admin.asks("POST", f"/kiosks/{tablet.kiosk}/revoke"))
    page = await tablet.is_shown(tablet.cards[0])
    assert page.path.startswith("/kiosk/setup")
    assert "n’est plus une borne" in page.said
    wrong = await page.form("/kiosk/setup").send(device="x" * 43, where="Strasbourg")
    assert wrong.errors == {"device": "Ce secret n’est pas celui d’une borne."}


async def test_the_tablets_secret_and_tokens_are_never_in_its_browser(town: Town) -> None:
    tablet = await a_tablet(town)
    lots = await tablet.is_shown(tablet.cards[0])
    assert "eyJ" not in lots.text + str(lots.headers)
    assert list(tablet.browser.cookies) == ["kiosk"]
    # The tablet's cookie is nobody's session elsewhere.
    assert (await tablet.browser.opens("/reservations")).path.startswith("/sign-in")


def test_the_kiosk_speaks_four_languages_with_the_same_keys() -> None:
    shown = {f"allergens.{one}" for one in Allergen} | {f"categories.{one}" for one in Category}
    shown |= {f"common.{one}" for one in ("skip", "back", "today", "tomorrow", "yesterday", "at", "on_foot", "away")}
    french = {key for key in texts("fr").keys if key.startswith("kiosk.")}
    for language in LANGUAGES:
        found = texts(language).keys
        assert {key for key in found if key.startswith("kiosk.")} == french, language
        assert shown <= found, language
    for language in ("es", "ar"):
        for file in (WORDING / language).glob("*.toml"):
            assert tomllib.loads(file.read_text("utf-8")), file


def test_arabic_has_all_six_plural_forms() -> None:
    found = {texts("ar")("kiosk.lots.today", n=n) for n in (0, 1, 2, 3, 11, 100)}
    assert len(found) == 6
