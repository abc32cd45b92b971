"""Our Stripe client while Stripe fails: nothing happens twice, and only signed events are accepted."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import stripe

from backend.stripe.client import Intent, PaymentRefused, Stripe
from backend.stripe.problems import PaymentUnavailable, WebhookDisabled, WebhookNotGenuine
from backend.stripe.transport import Httpx2Transport
from scripts.stand_ins.stripe import StripeStandIn
from tests.listener import Listener, reply

SECRET = "whsec_of_these_tests"
KEY = "sk_test_of_these_tests"
PAYMENT, RESERVATION = uuid4(), uuid4()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


@pytest.fixture
async def stand_in() -> AsyncIterator[StripeStandIn]:
    async with StripeStandIn(api_key=KEY, webhook_secret=SECRET) as running:
        yield running


@pytest.fixture
async def client(stand_in: StripeStandIn) -> AsyncIterator[Stripe]:
    client = Stripe(api_key=KEY, api_base=stand_in.base_url, webhook_secret=SECRET)
    yield client
    await client.aclose()


@pytest.fixture
async def sdk(stand_in: StripeStandIn) -> AsyncIterator[stripe.StripeClient]:
    """The control: Stripe's SDK alone, without our client."""
    transport = Httpx2Transport(httpx2.Timeout(10))
    yield stripe.StripeClient(
        KEY, base_addresses={"api": stand_in.base_url}, http_client=transport, max_network_retries=0
    )
    await transport.close_async()


async def payments(stand_in: StripeStandIn) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await stand_in.ledger())["payments"]
    return listed


async def a_paid_intent(client: Stripe, stand_in: StripeStandIn, payment: UUID = PAYMENT, cents: int = 450) -> Intent:
    intent = await client.create_payment_intent(payment, RESERVATION, cents)
    assert (await stand_in.pay(intent.client_secret))["status"] == "succeeded"
    return await client.retrieve_payment_intent(intent.id)


# --- paying


async def test_stripe_receives_only_the_amount_and_our_ids(client: Stripe, stand_in: StripeStandIn) -> None:
    intent = await client.create_payment_intent(PAYMENT, RESERVATION, 450)
    assert (intent.status, intent.amount_cents, intent.amount_received_cents) == ("requires_payment_method", 450, 0)
    (kept,) = (await stand_in.ledger())["payment_intents"]
    assert kept["metadata"] == {"payment_id": str(PAYMENT), "reservation_id": str(RESERVATION)}
    assert (kept["currency"], kept["description"], kept["receipt_email"]) == ("eur", None, None)

    await stand_in.pay(intent.client_secret)
    paid = await client.retrieve_payment_intent(intent.id)
    assert (paid.status, paid.amount_received_cents) == ("succeeded", 450)


@pytest.mark.parametrize("mode", ["drop_before", "drop_reply", "error_500"])
async def test_a_request_that_fails_on_the_way_is_repeated_and_happens_once(
    client: Stripe, stand_in: StripeStandIn, mode: str
) -> None:
    await stand_in.fault("payment_intents.create", mode, times=2)
    await client.create_payment_intent(PAYMENT, RESERVATION, 450)
    assert len(await payments(stand_in)) == 1


@pytest.mark.parametrize(("key", "made"), [("the same key", 1), (None, 2)])
async def test_only_an_idempotency_key_makes_repeating_a_lost_reply_safe(
    sdk: stripe.StripeClient, stand_in: StripeStandIn, key: str | None, made: int
) -> None:
    async def create() -> None:
        await sdk.v1.payment_intents.create_async(
            {"amount": 450, "currency": "eur"}, {"idempotency_key": key} if key else None
        )

    await stand_in.fault("payment_intents.create", "drop_reply")
    with pytest.raises(stripe.APIConnectionError):
        await create()
    await create()
    assert len(await payments(stand_in)) == made


@pytest.mark.parametrize(
    ("mode", "times", "made"),
    [
        ("drop_before", 3, 0),
        ("drop_reply", 3, 1),
        ("error_500", 3, 0),
        ("error_500_kept", 1, 1),
        ("rate_limit", 1, 0),
        ("slow", 1, 0),
    ],
)
async def test_every_stripe_failure_is_payment_unavailable_and_safe_to_retry(
    client: Stripe, stand_in: StripeStandIn, mode: str, times: int, made: int
) -> None:
    hasty = Stripe(api_key=KEY, api_base=stand_in.base_url, webhook_secret="", total_seconds=0.4)
    await stand_in.fault("payment_intents.create", mode, times=times, seconds=1.2)
    with pytest.raises(PaymentUnavailable):
        await hasty.create_payment_intent(PAYMENT, RESERVATION, 450)
    await hasty.aclose()
    assert len(await payments(stand_in)) == made

    if mode == "slow":  # the intent is created later, when nobody waits for it any more
        async with asyncio.timeout(10):
            while not await payments(stand_in):
                await asyncio.sleep(0.05)
    if mode == "error_500_kept":  # Stripe repeats its 500: the intent exists, but nobody received its client secret
        with pytest.raises(PaymentUnavailable):
            await client.create_payment_intent(PAYMENT, RESERVATION, 450)
    else:
        await client.create_payment_intent(PAYMENT, RESERVATION, 450)
    assert len(await payments(stand_in)) == 1


async def test_concurrent_creations_make_one_intent(client: Stripe, stand_in: StripeStandIn) -> None:
    await stand_in.fault("payment_intents.create", "slow", seconds=0.02)
    outcomes = await asyncio.gather(
        *(client.create_payment_intent(PAYMENT, RESERVATION, 450) for _ in range(20)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} <= {Intent, PaymentUnavailable}
    assert len({outcome.id for outcome in outcomes if isinstance(outcome, Intent)}) == 1
    assert len(await payments(stand_in)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        reply(200, b"{}"),
        reply(200, b"[]"),
        reply(200, b"null"),
        reply(200, b'{"object": "payment_intent"}'),
        reply(200, b"<html>Sign in to the network</html>", "text/html"),
        reply(200, b'{"id": "\xff"}'),
        reply(302, b""),
        reply(403, b"<html>Blocked by the proxy</html>", "text/html"),
        reply(404, b'{"detail": "no such page"}'),
        reply(400, b'{"error": "invalid"}'),
        reply(502, b"Bad gateway", "text/plain"),
        reply(503, b'{"error": {"type": "api_error", "message": "Later."}}'),
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
async def test_an_answer_that_is_not_from_stripe_is_payment_unavailable(answer: bytes) -> None:
    async with Listener(lambda _: answer) as listener:
        client = Stripe(api_key=KEY, api_base=listener.url, webhook_secret="", max_network_retries=1)
        with pytest.raises(PaymentUnavailable):
            await client.create_payment_intent(PAYMENT, RESERVATION, 450)
        with pytest.raises(PaymentUnavailable):
            await client.refund_payment_intent("pi_1", PAYMENT, 450)
        await client.aclose()


async def test_an_unreachable_stripe_is_payment_unavailable() -> None:
    client = Stripe(api_key=KEY, api_base="http://127.0.0.1:9", webhook_secret="")
    with pytest.raises(PaymentUnavailable):
        await client.retrieve_payment_intent("pi_1")
    await client.aclose()


async def test_a_definite_refusal_raises_payment_refused(client: Stripe, stand_in: StripeStandIn) -> None:
    with pytest.raises(PaymentRefused) as too_small:
        await client.create_payment_intent(PAYMENT, RESERVATION, 49)
    assert (too_small.value.status, too_small.value.code) == (400, "amount_too_small")
    with pytest.raises(PaymentRefused) as missing:
        await client.retrieve_payment_intent("pi_nothing")
    assert (missing.value.status, missing.value.code) == (404, "resource_missing")
    assert missing.value.request_id is not None

    await client.create_payment_intent(PAYMENT, RESERVATION, 450)
    with pytest.raises(PaymentRefused):  # the amount of a payment never changes
        await client.create_payment_intent(PAYMENT, RESERVATION, 451)

    stranger = Stripe(api_key="sk_test_revoked", api_base=stand_in.base_url, webhook_secret="")
    with pytest.raises(PaymentRefused) as unknown:
        await stranger.create_payment_intent(uuid4(), RESERVATION, 450)
    await stranger.aclose()
    assert unknown.value.status == 401
    assert len(await payments(stand_in)) == 1


async def test_the_stand_in_is_reached_without_the_environment_s_proxy(
    stand_in: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client = Stripe(api_key=KEY, api_base=stand_in.base_url, webhook_secret="")
    assert (await client.create_payment_intent(PAYMENT, RESERVATION, 450)).amount_cents == 450
    await client.aclose()


async def test_a_client_secret_is_neither_logged_nor_shown(
    client: Stripe, stand_in: StripeStandIn, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    intent = await client.create_payment_intent(PAYMENT, RESERVATION, 450)
    await stand_in.pay(intent.client_secret)
    await client.cancel_payment_intent(intent.id, PAYMENT)
    with pytest.raises(PaymentRefused):
        await client.retrieve_payment_intent("pi_nothing")
    said = caplog.text + "".join(capfd.readouterr()) + repr(intent)
    assert intent.id in said
    for secret in (intent.client_secret, KEY):
        assert secret not in said


# --- cancelling


async def test_a_cancelled_intent_cannot_be_paid(client: Stripe, stand_in: StripeStandIn) -> None:
    intent = await client.create_payment_intent(PAYMENT, RESERVATION, 450)
    assert (await client.cancel_payment_intent(intent.id, PAYMENT)).status == "canceled"
    assert (await client.cancel_payment_intent(intent.id, PAYMENT)).status == "canceled"
    assert "error" in await stand_in.pay(intent.client_secret)
    assert [payment["charged_cents"] for payment in await payments(stand_in)] == [0]


async def test_cancelling_a_paid_intent_returns_that_it_succeeded(client: Stripe, stand_in: StripeStandIn) -> None:
    intent = await a_paid_intent(client, stand_in)
    outcome = await client.cancel_payment_intent(intent.id, PAYMENT)
    assert (outcome.status, outcome.amount_received_cents) == ("succeeded", 450)


async def test_a_processing_intent_can_be_cancelled_once_it_has_failed(
    client: Stripe, sdk: stripe.StripeClient, stand_in: StripeStandIn
) -> None:
    intent = await client.create_payment_intent(PAYMENT, RESERVATION, 450)
    await stand_in.fault("payment_intents.confirm", "processing", seconds=0.3)
    await stand_in.pay(intent.client_secret, "pm_card_chargeDeclined")
    assert (await client.cancel_payment_intent(intent.id, PAYMENT)).status == "processing"
    with pytest.raises(stripe.InvalidRequestError):
        await sdk.v1.payment_intents.cancel_async(intent.id, options={"idempotency_key": "fixed"})
    async with asyncio.timeout(10):
        while (await client.retrieve_payment_intent(intent.id)).status == "processing":
            await asyncio.sleep(0.05)

    # the control: with a fixed key Stripe repeats its earlier refusal, and the intent stays payable
    with pytest.raises(stripe.InvalidRequestError):
        await sdk.v1.payment_intents.cancel_async(intent.id, options={"idempotency_key": "fixed"})
    assert (await client.retrieve_payment_intent(intent.id)).status == "requires_payment_method"

    assert (await client.cancel_payment_intent(intent.id, PAYMENT)).status == "canceled"


# --- refunding


@pytest.mark.parametrize("mode", ["drop_before", "drop_reply", "error_500", "error_500_kept", "slow", "rate_limit"])
async def test_a_refund_happens_once_after_any_stripe_failure(
    client: Stripe, stand_in: StripeStandIn, mode: str
) -> None:
    intent = await a_paid_intent(client, stand_in, cents=1000)
    hasty = Stripe(api_key=KEY, api_base=stand_in.base_url, webhook_secret="", max_network_retries=0, total_seconds=0.3)
    await stand_in.fault("refunds.create", mode, seconds=0.8)
    with pytest.raises(PaymentUnavailable):
        await hasty.refund_payment_intent(intent.id, PAYMENT, 400)
    await hasty.aclose()
    await asyncio.sleep(0.8 if mode == "slow" else 0)
    first = await client.refund_payment_intent(intent.id, PAYMENT, 400)
    again = await client.refund_payment_intent(intent.id, PAYMENT, 400)
    assert first == again
    (payment,) = await payments(stand_in)
    assert (payment["refunds"], payment["refunded_cents"]) == (1, 400)


async def test_a_refund_happens_once_after_stripe_forgot_the_key(
    client: Stripe, sdk: stripe.StripeClient, stand_in: StripeStandIn
) -> None:
    intent = await a_paid_intent(client, stand_in, cents=1000)
    first = await client.refund_payment_intent(intent.id, PAYMENT, 400)
    await stand_in.forget_idempotency_keys()
    assert await client.refund_payment_intent(intent.id, PAYMENT, 400) == first
    assert [payment["refunded_cents"] for payment in await payments(stand_in)] == [400]

    # the control: with the key alone, the refund happens a second time
    await sdk.v1.refunds.create_async(
        {"payment_intent": intent.id, "amount": 400}, {"idempotency_key": f"refund-{PAYMENT}-400-0"}
    )
    assert [payment["refunded_cents"] for payment in await payments(stand_in)] == [800]


async def test_concurrent_refunds_happen_once(client: Stripe, stand_in: StripeStandIn) -> None:
    intent = await a_paid_intent(client, stand_in, cents=1000)
    await stand_in.fault("refunds.create", "slow", seconds=0.05)
    outcomes = await asyncio.gather(
        *(client.refund_payment_intent(intent.id, PAYMENT, 40) for _ in range(10)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} <= {str, PaymentUnavailable}
    assert len({outcome for outcome in outcomes if isinstance(outcome, str)}) == 1
    (payment,) = await payments(stand_in)
    assert (payment["refunds"], payment["refunded_cents"]) == (1, 40)


async def test_a_refund_made_by_hand_counts_as_done(
    client: Stripe, sdk: stripe.StripeClient, stand_in: StripeStandIn
) -> None:
    intent = await a_paid_intent(client, stand_in)
    by_hand = await sdk.v1.refunds.create_async({"payment_intent": intent.id})
    assert await client.refund_payment_intent(intent.id, PAYMENT, 450) == by_hand.id
    assert [payment["refunded_cents"] for payment in await payments(stand_in)] == [450]


async def test_the_rest_is_refunded_after_another_refund_failed(
    client: Stripe, sdk: stripe.StripeClient, stand_in: StripeStandIn
) -> None:
    """Our refund of the same amount stands, and is not taken for the one that is missing."""
    intent = await a_paid_intent(client, stand_in, cents=1000)
    by_hand = await sdk.v1.refunds.create_async({"payment_intent": intent.id, "amount": 300})
    first = await client.refund_payment_intent(intent.id, PAYMENT, 600)
    await stand_in.fail_refund(by_hand.id)

    second = await client.refund_payment_intent(intent.id, PAYMENT, 600)

    assert second != first
    assert [payment["refunded_cents"] for payment in await payments(stand_in)] == [600]
    assert await client.refund_payment_intent(intent.id, PAYMENT, 600) in (first, second)
    assert [payment["refunds"] for payment in await payments(stand_in)] == [2]


async def test_an_unpaid_intent_or_too_large_an_amount_is_not_refunded(client: Stripe, stand_in: StripeStandIn) -> None:
    intent = await client.create_payment_intent(PAYMENT, RESERVATION, 450)
    with pytest.raises(PaymentRefused):
        await client.refund_payment_intent(intent.id, PAYMENT, 450)
    paid = await a_paid_intent(client, stand_in, uuid4())
    with pytest.raises(PaymentRefused):
        await client.refund_payment_intent(paid.id, uuid4(), 451)
    assert [payment["refunded_cents"] for payment in await payments(stand_in)] == [0, 0]


async def test_a_refund_that_failed_afterwards_is_not_made_again() -> None:
    failed = {"id": "re_1", "object": "refund", "status": "failed", "metadata": {"payment_id": str(PAYMENT)}}
    page = json.dumps({"object": "list", "data": [failed], "has_more": False, "url": "/v1/refunds"}).encode()
    async with Listener(lambda _: reply(200, page)) as listener:
        client = Stripe(api_key=KEY, api_base=listener.url, webhook_secret="")
        with pytest.raises(PaymentRefused) as refused:
            await client.refund_payment_intent("pi_1", PAYMENT, 450)
        await client.aclose()
    assert refused.value.code == "refund_failed"
    assert [received.method for received in listener.received] == ["GET"]


# --- verifying webhook events

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BODY = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
    }
).encode()


def signed(body: bytes = BODY, *, secret: str = SECRET, at: datetime = NOW, scheme: str = "v1") -> str:
    """Return a signature header in Stripe's documented scheme, computed without the SDK."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},{scheme}={digest}"


@pytest.fixture
async def verifier() -> AsyncIterator[Stripe]:
    client = Stripe(api_key=KEY, api_base="http://127.0.0.1:9", webhook_secret=SECRET)
    yield client
    await client.aclose()


@pytest.mark.parametrize(
    ("thing", "intent"),
    [
        ({"id": "pi_1", "object": "payment_intent"}, "pi_1"),
        ({"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}, "pi_1"),
        ({"id": "re_1", "object": "refund", "payment_intent": "pi_1", "amount": 3}, "pi_1"),
        ({"id": "cus_1", "object": "customer"}, None),
        ({"object": "balance"}, None),
        ({"id": "in_1", "object": "invoice", "payment_intent": {"id": "pi_1"}}, None),
        ({"id": 7, "metadata": "words"}, None),
    ],
)
async def test_a_signed_event_is_accepted_and_names_its_payment_intent(
    verifier: Stripe, thing: dict[str, Any], intent: str | None
) -> None:
    body = json.dumps({"id": "evt_1", "object": "event", "type": "some.thing", "data": {"object": thing}}).encode()
    event = verifier.read_event(body, signed(body), NOW)
    assert (event.id, event.type, event.payment_intent_id) == ("evt_1", "some.thing", intent)


@pytest.mark.parametrize("age", [timedelta(seconds=-10), timedelta(0), timedelta(minutes=5)])
async def test_an_event_up_to_ten_seconds_early_or_five_minutes_late_passes(verifier: Stripe, age: timedelta) -> None:
    assert verifier.read_event(BODY, signed(), NOW + age).id == "evt_1"


FORGERIES: dict[str, tuple[bytes, Callable[[], str | None], datetime]] = {
    "no header": (BODY, lambda: None, NOW),
    "an empty header": (BODY, lambda: "", NOW),
    "another body": (BODY.replace(b"pi_1", b"pi_2"), signed, NOW),
    "a body with a space more": (BODY + b" ", signed, NOW),
    "another secret": (BODY, lambda: signed(secret="whsec_guessed"), NOW),
    "no secret": (BODY, lambda: signed(secret=""), NOW),
    "another scheme": (BODY, lambda: signed(scheme="v0"), NOW),
    "too old": (BODY, signed, NOW + timedelta(minutes=5, seconds=1)),
    "from the future": (BODY, lambda: signed(at=NOW + timedelta(seconds=11)), NOW),
    "from next year": (BODY, lambda: signed(at=NOW + timedelta(days=365)), NOW),
    "a fresh time on an old signature": (
        BODY,
        lambda: signed(at=NOW - timedelta(days=1)).replace(
            str(int((NOW - timedelta(days=1)).timestamp())), str(int(NOW.timestamp()))
        ),
        NOW,
    ),
    "two times": (BODY, lambda: f"t={int(NOW.timestamp())}," + signed(at=NOW - timedelta(days=1)), NOW),
    "a time that is no number": (BODY, lambda: "t=now,v1=" + "0" * 64, NOW),
    "an endless number": (BODY, lambda: f"t={'9' * 6000},v1=" + "0" * 64, NOW),
    "letters that are not ASCII": (BODY, lambda: f"t={int(NOW.timestamp())},v1=é", NOW),
    "bytes that are not UTF-8": (b"\xff" + BODY, lambda: signed(b"\xff" + BODY), NOW),
    "signed, but not JSON": (b"hello", lambda: signed(b"hello"), NOW),
    "signed, but another kind of thing": (b'{"object": "list"}', lambda: signed(b'{"object": "list"}'), NOW),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_stale_or_future_event_is_refused(verifier: Stripe, forgery: str) -> None:
    body, header, now = FORGERIES[forgery]
    with pytest.raises(WebhookNotGenuine):
        verifier.read_event(body, header(), now)


async def test_control_the_sdk_accepts_a_timestamp_in_the_future() -> None:
    future = datetime.now(UTC) + timedelta(days=365)
    assert stripe.Webhook.construct_event(BODY, signed(at=future), SECRET)["id"] == "evt_1"


@pytest.mark.parametrize("empty", ["", "  "])
async def test_an_empty_secret_disables_the_endpoint(empty: str) -> None:
    client = Stripe(api_key=KEY, api_base="http://127.0.0.1:9", webhook_secret=empty)
    for secret in (empty, SECRET):
        with pytest.raises(WebhookDisabled):
            client.read_event(BODY, signed(secret=secret), NOW)
    await client.aclose()


@pytest.mark.parametrize("secret", ["whsec_new", "whsec_old", "whsec_connect", "whsec_thin"])
async def test_each_secret_that_is_set_signs_events(secret: str) -> None:
    client = Stripe(
        api_key=KEY,
        api_base="http://127.0.0.1:9",
        webhook_secret="whsec_new, whsec_old",
        connect_webhook_secret="whsec_connect",
        thin_webhook_secret="whsec_thin,",
    )
    assert client.read_event(BODY, signed(secret=secret), NOW).id == "evt_1"
    with pytest.raises(WebhookNotGenuine):
        client.read_event(BODY, signed(secret="whsec_new, whsec_old"), NOW)
    await client.aclose()


async def test_a_thin_event_names_the_account_that_changed(verifier: Stripe) -> None:
    account = {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"}
    thin = {"id": "evt_1", "object": "v2.core.event", "type": "v2.core.account.closed", "related_object": account}
    body = json.dumps(thin).encode()
    event = verifier.read_event(body, signed(body), NOW)
    assert (event.type, event.object_id, event.account) == ("v2.core.account.closed", "acct_1", None)


async def test_an_event_of_a_connected_account_pays_nothing_of_ours(verifier: Stripe) -> None:
    intent = {"id": "pi_1", "object": "payment_intent", "metadata": {"payment_id": str(PAYMENT)}}
    event = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "data": {"object": intent}}
    ours, theirs = (json.dumps(event | more).encode() for more in ({}, {"account": "acct_1"}))
    assert verifier.read_event(ours, signed(ours), NOW).paid == PAYMENT
    read = verifier.read_event(theirs, signed(theirs), NOW)
    assert (read.paid, read.account, read.object_id) == (None, "acct_1", "pi_1")


async def test_events_of_the_stand_in_are_accepted(client: Stripe, stand_in: StripeStandIn) -> None:
    async with Listener(lambda _: reply(200)) as endpoint:
        await stand_in.webhooks(url=endpoint.url)
        intent = await a_paid_intent(client, stand_in)
        await client.refund_payment_intent(intent.id, PAYMENT, 450)
        await stand_in.webhooks_quiet()
    events = [
        client.read_event(received.body, received.headers["stripe-signature"], datetime.now(UTC))
        for received in endpoint.received
    ]
    assert {event.payment_intent_id for event in events} == {intent.id}
    assert {"payment_intent.succeeded", "charge.refunded"} <= {event.type for event in events}
