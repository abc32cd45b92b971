"""The customer portal: Stripe's page on which a customer changes the card or ends a subscription."""

import html
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from scripts.stand_ins.stripe import checkouts, portal_objects, subscriptions
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing

_CARDS = {
    "pm_card_visa": ("Utiliser une carte acceptée", "Use a card that is accepted"),
    "pm_card_chargeDeclined": ("Utiliser une carte refusée", "Use a card that is declined"),
}
_ACTS = {
    "cancel_later": ("Résilier à la fin du mois", "Cancel at the end of the month"),
    "keep": ("Ne pas résilier", "Do not cancel"),
}


def create_configuration(call: Call) -> dict[str, Any]:
    """Answer POST /v1/billing_portal/configurations."""
    params = Params(call.form, {"features", "metadata", "name", "default_return_url"})
    features = {
        name: {key: value if value not in ("true", "false") else value == "true" for key, value in wanted.items()}
        for name, wanted in params.mapping("features").items()
    }
    made = portal_objects.portal_configuration(features=features, metadata=params.metadata(), created=call.store.now())
    call.store.save(made)
    return made


def create(call: Call) -> dict[str, Any]:
    """Answer POST /v1/billing_portal/sessions."""
    params = Params(call.form, {"configuration", "customer", "locale", "return_url"})
    customer, configuration = params.required_text("customer"), params.required_text("configuration")
    for kind, id in (("customer", customer), ("billing_portal.configuration", configuration)):
        thing = call.store.find(kind, id)
        if thing is None or thing.get("_deleted"):
            raise missing(kind, id, status=400, param=kind)
    session = portal_objects.portal_session(
        base=call.base,
        customer=customer,
        configuration=configuration,
        return_url=params.text("return_url"),
        locale=params.text("locale"),
        created=call.store.now(),
    )
    call.store.save(session)
    return session


async def page(request: Request, call: Call) -> Response:
    """Show the portal, or do what one of its buttons says and show it again."""
    session = call.store.find("billing_portal.session", request.path_params["id"])
    if session is None:
        return HTMLResponse(checkouts.frame("<h1>Cette page n’existe pas / There is no such page</h1>"), 404)
    if request.method == "POST":
        async with request.form(max_files=0, max_fields=5) as sent:
            card, act, of = (str(sent.get(name, "")) for name in ("card", "act", "of"))
        try:
            with call.store.transaction():
                if card in _CARDS:
                    subscriptions.change_card(replace(call, id=session["customer"]), card)
                elif act in _ACTS and any(one["id"] == of for one in _subscriptions(call, session)):
                    subscriptions.change(replace(call, id=of), act)
                else:
                    return HTMLResponse(_form(call, session), 400)
        except Refusal as refusal:
            return HTMLResponse(_form(call, session, str(refusal)), 400)
        return RedirectResponse(request.url.path, 303)
    return HTMLResponse(_form(call, session))


def _subscriptions(call: Call, session: dict[str, Any]) -> list[dict[str, Any]]:
    return call.store.newest("subscription", equal={"$.customer": session["customer"]})


def _form(call: Call, session: dict[str, Any], problem: str = "") -> str:
    french = session["locale"] != "en"
    said = "Faux Stripe. Aucun argent ne circule ici." if french else "A pretended Stripe. No money moves here."
    listed = "".join(
        f"<li>{html.escape(one['_name'])}: <code>{one['status']}</code>"
        + ("" if one["status"] in subscriptions.ENDED else _buttons("act", _ACTS, french, of=one["id"]))
        + "</li>"
        for one in _subscriptions(call, session)
    )
    back = html.escape(session["return_url"] or "/")
    return checkouts.frame(
        f"<h1>{'Abonnement' if french else 'Subscription'}</h1><p>{said}</p>"
        + (f'<p role="alert">{html.escape(problem)}</p>' if problem else "")
        + f"<ul>{listed}</ul>{_buttons('card', _CARDS, french)}"
        f'<p><a href="{back}">{"Revenir" if french else "Go back"}</a></p>',
        "fr" if french else "en",
    )


def _buttons(name: str, words: dict[str, tuple[str, str]], french: bool, *, of: str = "") -> str:
    buttons = "".join(
        f'<p><button name="{name}" value="{value}">{html.escape(texts[0] if french else texts[1])}</button></p>'
        for value, texts in words.items()
    )
    return f'<form method="post"><input type="hidden" name="of" value="{html.escape(of)}">{buttons}</form>'
