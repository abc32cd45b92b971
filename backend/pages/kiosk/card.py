"""The sessions of a kiosk: the tablet's secret, place and language, and the tokens of one card."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from starlette.responses import Response

from backend.pages.amounts import Amounts
from backend.pages.client import Api, Refused
from backend.pages.session import end_session, forget_kept, keep_secret
from backend.pages.texts import PageLanguage, texts
from backend.pages.visit import Endpoint, Visit

LANGUAGES: Mapping[str, PageLanguage] = {"fr": "fr", "en": "en", "es": "es", "ar": "ar"}
USUAL: PageLanguage = "fr"
GONE_WITHIN_SECONDS = 40  # a page asks after 90 seconds whether somebody is there, and waits 45 for an answer
REFRESH_WITHIN_SECONDS = 170  # a session lasts 180 seconds from its last refresh: each page begins it anew
SAID: Mapping[str, str] = {
    "auth.wrong_card": "wrong_card",
    "auth.too_many_tries": "wait",
    "rate.limited": "wait",
    "quota.daily_reached": "no_more_today",
    "lot.sold_out": "gone",
    "lot.not_found": "gone",
    "lot.not_on_offer": "gone",
    "reservation.not_found": "not_yours",
}
"""The kiosk's words for problems, in its languages; for any other it says to ask for help."""


def at_kiosk(endpoint: Endpoint, *, card: bool = False) -> Endpoint:
    """Return an endpoint for a registered tablet. card: whether somebody must have shown a card."""

    @wraps(endpoint)
    async def answer(visit: Visit) -> Response:
        if visit.session is None:
            return visit.to("/kiosk/setup")
        visit.language = LANGUAGES.get(str(visit.session.tokens.get("language")), USUAL)
        token = await _token(visit)
        visit.api = Api(visit.request, visit.language, token)
        if card and token is None:
            return visit.to("/kiosk", said="over")
        try:
            return await endpoint(visit)
        except Refused as refusal:
            if refusal.status == 401:
                return await leave(visit, "over")
            return refused(visit, refusal)

    return answer


def kiosk_page(visit: Visit, template: str, status: int = 200, /, **values: Any) -> Response:
    """Return a page of the kiosk. In Arabic, hours are written as at the counter, in French."""
    said = visit.query.get("said", "")
    return visit.page(
        template,
        status,
        signed_in=visit.api.token is not None,
        languages=LANGUAGES,
        hours=Amounts(texts("fr" if visit.language == "ar" else visit.language), datetime.now(UTC)).hours,
        said=visit.t(f"kiosk.said.{said}") if f"kiosk.said.{said}" in visit.t else None,
        **values,
    )


def refused(visit: Visit, refusal: Refused) -> Response:
    """Return the page that says what the API refused, in the words of the kiosk."""
    words = visit.t(f"kiosk.refused.{SAID.get(refusal.code, 'ask')}")
    page = kiosk_page(visit, "kiosk/refused.html", refusal.status, words=words)
    page.headers.update(refusal.headers)
    return page


async def enter(visit: Visit, tokens: Mapping[str, Any]) -> None:
    """Keep the tokens of a card that was shown. Whoever was there before was signed out by that."""
    await _keep(visit, card=_card(tokens))


async def leave(visit: Visit, said: str) -> Response:
    """Sign out, forget the language, and let the browser forget what it keeps. said: what the first page says."""
    page = visit.to("/kiosk", said=said)
    forget_kept(visit.request, page)
    if visit.session is None:
        return page
    card = visit.session.tokens.get("card")
    if card:
        api = Api(visit.request, visit.language, card["access_token"])
        await api.sends("POST", "/v1/auth/logout", {"refresh_token": card["refresh_token"]})
    await _keep(visit, card=None, language=None)
    return page


async def unregister(visit: Visit) -> Response:
    """Forget the secret of a tablet that is no kiosk any more."""
    page = visit.to("/kiosk/setup", said="revoked")
    if visit.session is not None:
        await end_session(visit.request, page, visit.session)
    return page


async def speak(visit: Visit, language: str) -> None:
    """Keep the language that was chosen, until somebody leaves."""
    await _keep(visit, language=LANGUAGES.get(language, USUAL))


async def _keep(visit: Visit, **changes: Any) -> None:
    if visit.session is not None:
        kept = {name: value for name, value in {**visit.session.tokens, **changes}.items() if value is not None}
        visit.session = await keep_secret(visit.request, visit.session, kept)


async def _token(visit: Visit) -> str | None:
    """Return the access token of whoever showed a card, good for three minutes; None if nobody did, or it is over."""
    card = visit.session.tokens.get("card") if visit.session else None
    if not card:
        return None
    if card["expires_at"] - time.time() < GONE_WITHIN_SECONDS:
        await leave(visit, "over")  # so that "back" shows nothing, even where no script could sign out
        return None
    if card["expires_at"] - time.time() > REFRESH_WITHIN_SECONDS or visit.request.url.path in _DO_NOT_PROLONG:
        return str(card["access_token"])
    answer = await Api(visit.request, visit.language).sends(
        "POST", "/v1/auth/refresh", {"refresh_token": card["refresh_token"]}
    )
    if answer.status_code >= 500:
        raise Refused(answer)
    renewed = _card(answer.json()) if answer.is_success else None
    await _keep(visit, card=renewed)
    return str(renewed["access_token"]) if renewed else None


_DO_NOT_PROLONG = frozenset({"/kiosk/still-there", "/kiosk/leave", "/kiosk"})


def _card(tokens: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "access_token": tokens["access_token"],
        "refresh_token": tokens["refresh_token"],
        "expires_at": time.time() + tokens["expires_in"],
    }
