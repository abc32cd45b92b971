"""The HTTP app: API keys, idempotency, faults and request ids around the operations, and our own `/_stand_in`."""

import asyncio
import base64
import contextlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.stand_ins.stripe import books, checkouts, connect_accounts, control, listings, objects, payment_intents
from scripts.stand_ins.stripe.api import OPERATIONS
from scripts.stand_ins.stripe.faults import Fault, Faults, LostReply, broken, rate_limited
from scripts.stand_ins.stripe.forms import parse_form
from scripts.stand_ins.stripe.idempotency import Answer, Answers, fingerprint
from scripts.stand_ins.stripe.operations import Call, Operation
from scripts.stand_ins.stripe.refusals import Refusal
from scripts.stand_ins.stripe.store import Store
from scripts.stand_ins.stripe.webhooks import Webhooks

_SETTLE_EVERY_SECONDS = 0.05


class StandIn:
    """One account at the pretended Stripe."""

    def __init__(self, store: Store, webhooks: Webhooks, *, api_key: str, publishable_key: str) -> None:
        self.store = store
        self.webhooks = webhooks
        self.answers = Answers(store)
        self.faults = Faults(operation.name for operation in OPERATIONS)
        self._api_key = api_key
        self._publishable_key = publishable_key
        store.db.executescript(payment_intents.SETTLEMENTS + books.UNSETTLED)

    async def answer(self, request: Request, operation: Operation) -> Response:
        """Answer one request as Stripe does, or as a fault demands."""
        request_id = objects.new_id("req")
        key = request.headers.get("Idempotency-Key") if operation.method == "POST" else None
        version = request.headers.get("Stripe-Version", objects.API_VERSION)
        headers = {"Request-Id": request_id, "Stripe-Version": version}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            publishable = self._is_publishable(request, operation)
            account = self._acting_account(request)
            form = _form(operation, await request.body(), request.url.query)
            # No await before the key is taken, so that a request that a fault slows down already holds its key.
            fault = self.faults.strike(operation.name)
            if fault is not None:
                _strike_before(fault)
            with self.answers.in_flight(key):
                if fault is not None and fault.mode == "slow":
                    await asyncio.sleep(fault.seconds)
                call = Call(
                    self.store,
                    self.webhooks,
                    form,
                    id=request.path_params.get("id", ""),
                    account=account,
                    request_id=request_id,
                    idempotency_key=key,
                    publishable=publishable,
                    base=str(request.base_url),
                    processing_seconds=fault.seconds if fault is not None and fault.mode == "processing" else None,
                    lacks_funds=fault is not None and fault.mode == "lacks_funds",
                )
                same = fingerprint(operation.method, request.url.path, form | {"_account": account})
                kept = self.answers.kept(key, same)
                answer = kept or self._performed(operation, call, request_id, same, fault)
        except _ReplyLost:
            return LostReply()
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.status, {**headers, **refusal.headers})
        except UnicodeDecodeError:
            return JSONResponse(Refusal(400, "Invalid encoding.").body, 400, headers)
        if fault is not None and fault.mode == "drop_reply":
            return LostReply()
        if key is not None:
            headers["Original-Request"] = answer.request_id
        if answer.request_id != request_id:
            headers |= {"Idempotent-Replayed": "true", "Stripe-Should-Retry": "false"}
        return JSONResponse(answer.body, answer.status, headers)

    def _performed(self, operation: Operation, call: Call, request_id: str, same: str, fault: Fault | None) -> Answer:
        """Perform an operation: effects, events and the answer kept for the key are one transaction.

        v1 keeps the first answer of an operation that began, 500s and refusals too; v2 keeps only what worked.
        """
        with self.store.transaction():
            undone = fault is not None and fault.mode == "error_500_undone"
            try:
                if undone:
                    raise broken()
                answer = Answer(200, objects.shown(self._expanded(operation.perform(call), call.form)), request_id)
            except Refusal as refusal:
                if not (refusal.began or undone):
                    raise
                answer = Answer(refusal.status, objects.shown(refusal.body), request_id)
            told = answer
            if fault is not None and fault.mode == "error_500_kept":
                told = Answer(500, broken().body, request_id)
            kept = answer if operation.v2 else told
            if kept.status == 200 or not operation.v2:
                self.answers.keep(call.idempotency_key, same, kept)
        return told

    def _expanded(self, thing: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        """Apply `expand[]`: replace the ids at these paths by the objects."""
        for path in form.get("expand") or []:
            places = [thing]
            for step in str(path).split("."):
                nested: list[dict[str, Any]] = []
                for place in places:
                    if isinstance(place.get(step), str):
                        place[step] = self._anything(place[step]) or place[step]
                    if step == "payments" and place["object"] == "invoice":
                        place[step] = listings.listed(place["_payments"], f"/v1/invoices/{place['id']}/payments")
                    value = place.get(step)
                    nested += [value] if isinstance(value, dict) else value if isinstance(value, list) else []
                places = nested
        return thing

    def _anything(self, id: str) -> dict[str, Any] | None:
        kinds = (
            "charge", "payment_intent", "balance_transaction", "refund", "dispute", "transfer", "transfer_reversal",
            "payout",
        )  # fmt: skip
        return next((found for kind in kinds if (found := self.store.find(kind, id))), None)

    def _acting_account(self, request: Request) -> str | None:
        """Return the connected account for which the platform acts, by the header `Stripe-Account`."""
        account: str | None = request.headers.get("Stripe-Account") or None
        if account is not None and self.store.find(connect_accounts.KIND, account) is None:
            raise Refusal(
                403,
                f"The provided key does not have access to account '{account}' (or that account does not exist). "
                "Application access may have been revoked.",
                code="account_invalid",
            )
        return account

    def _is_publishable(self, request: Request, operation: Operation) -> bool:
        given = _given_key(request)
        if given is None:
            raise Refusal(
                401,
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
                headers={"WWW-Authenticate": 'Basic realm="Stripe"'},
            )
        if hmac.compare_digest(given.encode(), self._publishable_key.encode()):
            if not operation.public:
                raise Refusal(
                    403,
                    "This API call cannot be made with a publishable API key. Please use a secret API key.",
                    code="secret_key_required",
                )
            return True
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise Refusal(401, f"Invalid API Key provided: {given[:8]}{'*' * 8}{given[-4:]}")
        return False

    async def settle_for_ever(self) -> None:
        """Settle slow payments when they are due, for as long as the server runs."""
        while True:
            await asyncio.sleep(_SETTLE_EVERY_SECONDS)
            with self.store.transaction():
                ours = Call(self.store, self.webhooks, {})
                payment_intents.settle_what_is_due(ours)
                checkouts.expire_what_is_due(ours)
                books.settle_what_is_due(ours)


class _ReplyLost(Exception):
    """Raised when a fault breaks the connection before the request is read."""


def _strike_before(fault: Fault) -> None:
    if fault.mode == "drop_before":
        raise _ReplyLost
    if fault.mode == "rate_limit":
        raise rate_limited()
    if fault.mode == "error_500":
        raise broken()


def _form(operation: Operation, body: bytes, query: str) -> dict[str, Any]:
    """Return the parameters of a request: form fields for the v1 API, JSON for the v2 API."""
    if operation.method != "POST":
        return parse_form(query)
    if not operation.v2:
        return parse_form(body.decode())
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        raise Refusal(400, "The request body is not JSON.") from None
    if not isinstance(sent, dict):
        raise Refusal(400, "The request body is not a JSON object.")
    return sent


def _given_key(request: Request) -> str | None:
    """Return the API key: a Bearer token, or the user name of Basic authentication (curl's `-u sk_test_…:`)."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0] or None
        except ValueError:
            return None
    return None


def build_app(stand_in: StandIn) -> Starlette:
    """Return the ASGI app with Stripe's paths and our own under /_stand_in."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(stand_in.webhooks.deliver_for_ever()),
            asyncio.create_task(stand_in.settle_for_ever()),
        ]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    return Starlette(
        routes=[
            *(_route(stand_in, operation) for operation in OPERATIONS),
            *control.routes(stand_in.store, stand_in.webhooks, stand_in.faults, stand_in.answers),
        ],
        exception_handlers={404: _unknown_url, 405: _unknown_url},
        lifespan=lifespan,
    )


def _route(stand_in: StandIn, operation: Operation) -> Route:
    async def endpoint(request: Request) -> Response:
        return await stand_in.answer(request, operation)

    return Route(operation.path, endpoint, methods=[operation.method])


async def _unknown_url(request: Request, error: Exception) -> Response:
    message = f"Unrecognized request URL ({request.method}: {request.url.path})."
    return JSONResponse(Refusal(404, message).body, 404, {"Request-Id": objects.new_id("req")})
