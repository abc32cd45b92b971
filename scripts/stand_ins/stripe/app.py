"""The HTTP app: API keys, idempotency, faults and request ids around the operations, and our own `/_stand_in`."""

import asyncio
import base64
import contextlib
import hmac
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from scripts.stand_ins.stripe import checkouts, listings, objects, payment_intents, refunds
from scripts.stand_ins.stripe.faults import Fault, Faults, LostReply, broken, rate_limited
from scripts.stand_ins.stripe.forms import parse_form
from scripts.stand_ins.stripe.idempotency import Answer, Answers, fingerprint
from scripts.stand_ins.stripe.ledger import ledger
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal
from scripts.stand_ins.stripe.store import Store
from scripts.stand_ins.stripe.webhooks import Webhooks

_SETTLE_EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of Stripe's API. public: also allowed with a publishable key and a client_secret."""

    name: str
    method: str
    path: str
    perform: Callable[[Call], dict[str, Any]]
    public: bool = False


OPERATIONS = (
    Operation("payment_intents.create", "POST", "/v1/payment_intents", payment_intents.create),
    Operation("payment_intents.list", "GET", "/v1/payment_intents", listings.payment_intents),
    Operation("payment_intents.search", "GET", "/v1/payment_intents/search", listings.search_payment_intents),
    Operation("payment_intents.retrieve", "GET", "/v1/payment_intents/{id}", payment_intents.retrieve, True),
    Operation("payment_intents.confirm", "POST", "/v1/payment_intents/{id}/confirm", payment_intents.confirm, True),
    Operation("payment_intents.cancel", "POST", "/v1/payment_intents/{id}/cancel", payment_intents.cancel),
    Operation("checkout_sessions.create", "POST", "/v1/checkout/sessions", checkouts.create),
    Operation("checkout_sessions.retrieve", "GET", "/v1/checkout/sessions/{id}", checkouts.retrieve),
    Operation("checkout_sessions.expire", "POST", "/v1/checkout/sessions/{id}/expire", checkouts.expire),
    Operation("refunds.create", "POST", "/v1/refunds", refunds.create),
    Operation("refunds.list", "GET", "/v1/refunds", listings.refunds),
    Operation("refunds.retrieve", "GET", "/v1/refunds/{id}", refunds.retrieve),
    Operation("charges.list", "GET", "/v1/charges", listings.charges),
    Operation("charges.retrieve", "GET", "/v1/charges/{id}", listings.charge),
    Operation("events.list", "GET", "/v1/events", listings.events),
    Operation("events.retrieve", "GET", "/v1/events/{id}", listings.event),
)


class StandIn:
    """One account at the pretended Stripe."""

    def __init__(self, store: Store, webhooks: Webhooks, *, api_key: str, publishable_key: str) -> None:
        self.store = store
        self.webhooks = webhooks
        self.answers = Answers(store)
        self.faults = Faults(operation.name for operation in OPERATIONS)
        self._api_key = api_key
        self._publishable_key = publishable_key
        store.db.executescript(payment_intents.SETTLEMENTS)

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
            form = parse_form((await request.body()).decode() if operation.method == "POST" else request.url.query)
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
                    request_id=request_id,
                    idempotency_key=key,
                    publishable=publishable,
                    base=str(request.base_url),
                    processing_seconds=fault.seconds if fault is not None and fault.mode == "processing" else None,
                )
                same = fingerprint(operation.method, request.url.path, form)
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
        """Perform an operation: effects, events and the answer kept for the key are one transaction."""
        with self.store.transaction():
            try:
                answer = Answer(200, self._expanded(operation.perform(call), call.form), request_id)
            except Refusal as refusal:
                if not refusal.began:
                    raise
                answer = Answer(refusal.status, refusal.body, request_id)
            if fault is not None and fault.mode == "error_500_kept":
                answer = Answer(500, broken().body, request_id)
            self.answers.keep(call.idempotency_key, same, answer)
        return answer

    def _expanded(self, thing: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
        """Apply `expand[]`: replace the ids at these paths by the objects."""
        for path in form.get("expand") or []:
            places = [thing]
            for step in str(path).split("."):
                nested: list[dict[str, Any]] = []
                for place in places:
                    if isinstance(place.get(step), str):
                        place[step] = self._anything(place[step]) or place[step]
                    value = place.get(step)
                    nested += [value] if isinstance(value, dict) else value if isinstance(value, list) else []
                places = nested
        return thing

    def _anything(self, id: str) -> dict[str, Any] | None:
        return next((found for kind in ("charge", "payment_intent") if (found := self.store.find(kind, id))), None)

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


class _ReplyLost(Exception):
    """Raised when a fault breaks the connection before the request is read."""


def _strike_before(fault: Fault) -> None:
    if fault.mode == "drop_before":
        raise _ReplyLost
    if fault.mode == "rate_limit":
        raise rate_limited()
    if fault.mode == "error_500":
        raise broken()


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
        routes=[*(_route(stand_in, operation) for operation in OPERATIONS), *_own_routes(stand_in)],
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


def _own_routes(stand_in: StandIn) -> list[Route]:
    async def about(request: Request) -> Response:
        return PlainTextResponse("A stand-in for Stripe. It speaks Stripe's protocol; no money moves here.\n")

    async def pay(request: Request) -> Response:
        return await checkouts.page(request, Call(stand_in.store, stand_in.webhooks, {}))

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            stand_in.faults.disarm()
        elif request.method == "POST":
            try:
                stand_in.faults.arm(await request.json())
            except (TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"armed": [asdict(fault) for fault in stand_in.faults.armed]})

    async def webhooks(request: Request) -> Response:
        hooks = stand_in.webhooks
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
        return JSONResponse(ledger(stand_in.store))

    async def dashboard_refunds(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.json()).items()}
        try:
            with stand_in.store.transaction():
                refund = refunds.create(Call(stand_in.store, stand_in.webhooks, form))
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.status)
        return JSONResponse(refund)

    async def failed_refunds(request: Request) -> Response:
        try:
            with stand_in.store.transaction():
                refund = refunds.fail(Call(stand_in.store, stand_in.webhooks, {}, id=request.path_params["id"]))
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.status)
        return JSONResponse(refund)

    async def clock(request: Request) -> Response:
        stand_in.store.ahead_seconds = int((await request.json())["ahead_seconds"])
        return Response(status_code=204)

    async def forget_keys(request: Request) -> Response:
        stand_in.answers.forget()
        return Response(status_code=204)

    return [
        Route("/", about),
        Route("/pay/{id}", pay, methods=["GET", "POST"]),
        Route("/_stand_in/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/_stand_in/webhooks", webhooks, methods=["GET", "POST"]),
        Route("/_stand_in/ledger", all_money),
        Route("/_stand_in/refunds", dashboard_refunds, methods=["POST"]),
        Route("/_stand_in/refunds/{id}/fail", failed_refunds, methods=["POST"]),
        Route("/_stand_in/clock", clock, methods=["PUT"]),
        Route("/_stand_in/idempotency_keys", forget_keys, methods=["DELETE"]),
    ]
