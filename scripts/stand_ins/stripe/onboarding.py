"""The page on which a shop answers Stripe's questions, where nothing is asked and a button decides what Stripe says."""

import html
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from scripts.stand_ins.stripe import checkouts, connect_accounts
from scripts.stand_ins.stripe.operations import Call

# What a person can choose: the state that Stripe puts the account in; `leave` changes nothing.
ANSWERS = {
    "active": ("Tout répondre : les virements sont permis", "Answer everything: transfers are allowed"),
    "pending": ("Tout répondre : Stripe vérifie encore", "Answer everything: Stripe still checks"),
    "restricted": ("Répondre, mais il manque une pièce", "Answer, but a document is missing"),
    "leave": ("Revenir sans répondre", "Go back without answering"),
}


async def page(request: Request, call: Call) -> Response:
    """Show the page of an account link once, or take its form."""
    link = call.store.find("v2.core.account_link", f"link_{request.path_params['token']}")
    if link is None:
        return HTMLResponse(checkouts.frame("<h1>Cette page n’existe pas / There is no such page</h1>"), 404)
    flow = link["use_case"]["account_onboarding"]
    account = call.store.find(connect_accounts.KIND, link["account"])
    if account is None or account["closed"] or link["_used"] or link["_expires"] <= call.store.now():
        return RedirectResponse(flow["refresh_url"], 303)
    if request.method != "POST":
        return HTMLResponse(_form(account))
    async with request.form(max_files=0, max_fields=5) as sent:
        answer = str(sent.get("answer", ""))
    if answer not in ANSWERS:
        return HTMLResponse(_form(account), 400)
    with call.store.transaction():
        link["_used"] = True
        call.store.save(link)
        if answer != "leave":
            connect_accounts.change_state(call, account, answer)
    return RedirectResponse(flow.get("return_url") or flow["refresh_url"], 303)


def _form(account: dict[str, Any]) -> str:
    buttons = "".join(
        f'<p><button name="answer" value="{answer}">{html.escape(french)}</button> '
        f'<span lang="en">{html.escape(english)}</span></p>'
        for answer, (french, english) in ANSWERS.items()
    )
    asked = "".join(
        f"<li><code>{html.escape(one['description'])}</code></li>" for one in account["requirements"]["entries"]
    )
    return checkouts.frame(
        f"<h1>{html.escape(account['display_name'] or account['id'])}</h1>"
        "<p>Faux Stripe. Aucun argent ne circule ici. "
        "<span lang='en'>A pretended Stripe. No money moves here.</span></p>"
        f"<ul>{asked}</ul><form method='post'>{buttons}</form>"
    )
