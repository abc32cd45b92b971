"""The stand-in's own routes besides Stripe's API: `/_stand_in/…` for tests, and pages with buttons for people."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from scripts.stand_ins.stripe import (
    books,
    checkouts,
    connect_accounts,
    dashboard,
    disputes,
    onboarding,
    payouts,
    portal,
    refunds,
    subscriptions,
)
from scripts.stand_ins.stripe.faults import Faults
from scripts.stand_ins.stripe.idempotency import Answers
from scripts.stand_ins.stripe.ledger import ledger
from scripts.stand_ins.stripe.objects import shown
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal
from scripts.stand_ins.stripe.store import Store
from scripts.stand_ins.stripe.webhooks import Webhooks

Acts = Callable[[Call, dict[str, Any]], dict[str, Any]]


def routes(store: Store, hooks: Webhooks, faults: Faults, answers: Answers) -> list[Route]:
    """Return the routes of the control door and of the pages."""
    idle = Call(store, hooks, {})

    async def about(request: Request) -> Response:
        return PlainTextResponse(
            "A stand-in for Stripe. It speaks Stripe's protocol; no money moves here. A dashboard: /dashboard\n"
        )

    async def pay(request: Request) -> Response:
        return await checkouts.page(request, idle)

    async def onboard(request: Request) -> Response:
        return await onboarding.page(request, idle)

    async def portal_page(request: Request) -> Response:
        return await portal.page(request, idle)

    async def dashboard_page(request: Request) -> Response:
        return await dashboard.page(request, idle)

    async def armed_faults(request: Request) -> Response:
        if request.method == "DELETE":
            faults.disarm()
        elif request.method == "POST":
            try:
                faults.arm(await request.json())
            except (TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"armed": [asdict(fault) for fault in faults.armed]})

    async def webhooks(request: Request) -> Response:
        if request.method == "POST":
            wanted = await request.json()
            hooks.url = wanted.get("url", hooks.url)
            try:
                hooks.switch(wanted.get("mode", hooks.mode), seed=wanted.get("seed"))
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(
            {"mode": hooks.mode, "url": hooks.url, "pending": hooks.pending, "attempts": list(hooks.attempts)}
        )

    async def all_money(request: Request) -> Response:
        return JSONResponse(shown(ledger(store)))

    async def all_events(request: Request) -> Response:
        kinds = ("event", "v2.core.event")
        return JSONResponse({"events": [shown(event) for kind in kinds for event in store.newest(kind)[::-1]]})

    async def all_books(request: Request) -> Response:
        return JSONResponse(books.books(store))

    async def terms(request: Request) -> Response:
        try:
            store.terms = replace(store.terms, **(await request.json()))
        except TypeError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(asdict(store.terms))

    async def clock(request: Request) -> Response:
        store.ahead_seconds = int((await request.json())["ahead_seconds"])
        return Response(status_code=204)

    async def forget_keys(request: Request) -> Response:
        answers.forget()
        return Response(status_code=204)

    def acting(act: Acts) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that acts as Stripe or a person in its dashboard does, in one transaction."""

        async def endpoint(request: Request) -> Response:
            wanted: dict[str, Any] = await request.json() if await request.body() else {}
            call = replace(idle, id=request.path_params.get("id", ""), account=wanted.pop("account", None))
            try:
                with store.transaction():
                    return JSONResponse(shown(act(call, wanted)))
            except Refusal as refusal:
                return JSONResponse(refusal.body, refusal.status)

        return endpoint

    return [
        Route("/", about),
        Route("/dashboard", dashboard_page, methods=["GET", "POST"]),
        Route("/pay/{id}", pay, methods=["GET", "POST"]),
        Route("/connect/{token}", onboard, methods=["GET", "POST"]),
        Route("/_stand_in/faults", armed_faults, methods=["GET", "POST", "DELETE"]),
        Route("/_stand_in/webhooks", webhooks, methods=["GET", "POST"]),
        Route("/_stand_in/ledger", all_money),
        Route("/_stand_in/books", all_books),
        Route("/_stand_in/events", all_events),
        Route("/_stand_in/terms", terms, methods=["PUT"]),
        Route("/_stand_in/clock", clock, methods=["PUT"]),
        Route("/_stand_in/idempotency_keys", forget_keys, methods=["DELETE"]),
        Route("/_stand_in/refunds", acting(_refund), methods=["POST"]),
        Route("/_stand_in/refunds/{id}/fail", acting(lambda call, _: refunds.fail(call)), methods=["POST"]),
        Route("/_stand_in/refunds/{id}/complete", acting(lambda call, _: refunds.complete(call)), methods=["POST"]),
        Route("/_stand_in/accounts/{id}", acting(_account), methods=["POST"]),
        Route("/_stand_in/payouts", acting(lambda call, wanted: payouts.pay_out(call, **wanted)), methods=["POST"]),
        Route("/_stand_in/payouts/{id}", acting(lambda call, wanted: payouts.end(call, **wanted)), methods=["POST"]),
        Route("/_stand_in/disputes", acting(lambda call, wanted: disputes.open_it(call, **wanted)), methods=["POST"]),
        Route(
            "/_stand_in/disputes/{id}", acting(lambda call, wanted: disputes.decide(call, **wanted)), methods=["POST"]
        ),
        Route("/portal/{id}", portal_page, methods=["GET", "POST"]),
        Route(
            "/_stand_in/subscriptions/{id}/renew", acting(lambda call, _: subscriptions.renew(call)), methods=["POST"]
        ),
        Route(
            "/_stand_in/subscriptions/{id}/retry", acting(lambda call, _: subscriptions.retry(call)), methods=["POST"]
        ),
        Route(
            "/_stand_in/subscriptions/{id}",
            acting(lambda call, wanted: subscriptions.change(call, **wanted)),
            methods=["POST"],
        ),
        Route(
            "/_stand_in/customers/{id}",
            acting(lambda call, wanted: subscriptions.change_card(call, **wanted)),
            methods=["POST"],
        ),
        Route("/_stand_in/topups", acting(_top_up), methods=["POST"]),
    ]


def _refund(call: Call, wanted: dict[str, Any]) -> dict[str, Any]:
    return refunds.create(replace(call, form={name: str(value) for name, value in wanted.items()}))


def _account(call: Call, wanted: dict[str, Any]) -> dict[str, Any]:
    account = connect_accounts.found(call, call.id)
    if wanted["state"] == "closed":
        connect_accounts.close_it(call, account)
    elif wanted["state"] in connect_accounts.STATES:
        connect_accounts.change_state(call, account, wanted["state"])
    else:
        raise Refusal(400, f"no such state; there are closed, {', '.join(connect_accounts.STATES)}")
    return account


def _top_up(call: Call, wanted: dict[str, Any]) -> dict[str, Any]:
    """Add money to the platform's balance from its bank account, or take it away with a negative amount."""
    return books.post(call, "topup", kind="topup", amount=wanted["cents"], source="tu_by_hand", account=call.account)
