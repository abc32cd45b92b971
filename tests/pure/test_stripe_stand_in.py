"""The Stripe stand-in behaves like Stripe: driven over HTTP by Stripe's own SDK."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import stripe

from backend.stripe.transport import Httpx2Transport
from scripts.stand_ins.stripe import RefusedInProduction, StandInRemote, StripeStandIn
from tests.listener import Listener, Received, reply

ROOT = Path(__file__).parents[2]
SECRET = "whsec_of_these_tests"
KEY = "sk_test_of_these_tests"


@pytest.fixture
async def stand_in() -> AsyncIterator[StripeStandIn]:
    async with StripeStandIn(api_key=KEY, webhook_secret=SECRET) as running:
        yield running


@pytest.fixture
async def sdk(stand_in: StripeStandIn) -> AsyncIterator[stripe.StripeClient]:
    transport = Httpx2Transport(httpx2.Timeout(10))
    yield stripe.StripeClient(KEY, base_addresses={"api": stand_in.base_url}, http_client=transport)
    await transport.close_async()


async def an_intent(sdk: stripe.StripeClient, amount: int = 450, key: str | None = None) -> stripe.PaymentIntent:
    return await sdk.v1.payment_intents.create_async(
        {
            "amount": amount,
            "currency": "eur",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": {"payment_id": "one"},
        },
        {"idempotency_key": key} if key else None,
    )


def secret_of(intent: stripe.PaymentIntent) -> str:
    assert intent.client_secret is not None
    return intent.client_secret


def plain_http(**more: Any) -> httpx2.AsyncClient:
    """Return a client without proxy and without certificates, whose loading takes longer than the requests."""
    return httpx2.AsyncClient(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), timeout=30, **more)


async def post(stand_in: StandInRemote, path: str, form: dict[str, str], **headers: str) -> httpx2.Response:
    """Post a form with the secret key, without the SDK."""
    async with plain_http() as client:
        authorization = {"Authorization": f"Bearer {KEY}"}
        return await client.post(stand_in.base_url + path, data=form, headers=authorization | headers)


EUROS = {"amount": "450", "currency": "eur"}


async def test_a_payment_needs_only_the_public_key_and_the_client_secret(
    stand_in: StripeStandIn, sdk: stripe.StripeClient
) -> None:
    intent = await an_intent(sdk)
    assert (intent.status, intent.amount, intent.amount_received) == ("requires_payment_method", 450, 0)

    paid = await stand_in.pay(secret_of(intent))

    assert paid["status"] == "succeeded"
    assert "metadata" not in paid
    seen = await sdk.v1.payment_intents.retrieve_async(intent.id, {"expand": ["latest_charge"]})
    assert (seen.status, seen.amount_received) == ("succeeded", 450)
    assert isinstance(seen.latest_charge, stripe.Charge)
    assert seen.latest_charge.paid
    (payment,) = (await stand_in.ledger())["payments"]
    assert (payment["charges"], payment["charged_cents"], payment["metadata"]) == (1, 450, {"payment_id": "one"})


async def test_the_same_key_returns_the_first_answer(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    first = await post(stand_in, "/v1/payment_intents", EUROS, **{"Idempotency-Key": "k"})
    await stand_in.pay(first.json()["client_secret"])
    again = await post(stand_in, "/v1/payment_intents", EUROS, **{"Idempotency-Key": "k"})

    assert again.json() == first.json()  # even its status, which is out of date
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    assert len((await stand_in.ledger())["payment_intents"]) == 1


async def test_repeating_a_request_without_a_key_makes_two_payments(stand_in: StripeStandIn) -> None:
    for _ in range(2):
        await post(stand_in, "/v1/payment_intents", EUROS)
    assert len((await stand_in.ledger())["payment_intents"]) == 2


async def test_a_key_reused_with_other_parameters_is_an_error(
    stand_in: StripeStandIn, sdk: stripe.StripeClient
) -> None:
    await an_intent(sdk, 450, key="k")
    with pytest.raises(stripe.IdempotencyError) as caught:
        await an_intent(sdk, 451, key="k")
    assert caught.value.http_status == 400
    assert len((await stand_in.ledger())["payment_intents"]) == 1


async def test_a_key_still_in_use_is_a_conflict(stand_in: StripeStandIn) -> None:
    await stand_in.fault("payment_intents.create", "slow", seconds=2.0)
    answers = await asyncio.gather(
        *(post(stand_in, "/v1/payment_intents", EUROS, **{"Idempotency-Key": "k"}) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {200, 409}
    conflict = next(answer for answer in answers if answer.status_code == 409)
    assert conflict.json()["error"]["code"] == "idempotency_key_in_use"
    assert len((await stand_in.ledger())["payment_intents"]) == 1


async def test_a_decline_is_replayed_for_its_key_and_a_bad_parameter_is_not(stand_in: StripeStandIn) -> None:
    intent = (await post(stand_in, "/v1/payment_intents", EUROS | {"payment_method_types[]": "card"})).json()
    confirm = f"/v1/payment_intents/{intent['id']}/confirm"
    declined = {"payment_method": "pm_card_chargeDeclined"}
    first = await post(stand_in, confirm, declined, **{"Idempotency-Key": "k"})
    again = await post(stand_in, confirm, declined, **{"Idempotency-Key": "k"})
    assert (first.status_code, again.status_code) == (402, 402)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len((await stand_in.ledger())["charges"]) == 1

    small = await post(stand_in, "/v1/payment_intents", EUROS | {"amount": "49"}, **{"Idempotency-Key": "other"})
    large = await post(stand_in, "/v1/payment_intents", EUROS, **{"Idempotency-Key": "other"})
    assert (small.json()["error"]["code"], large.status_code) == ("amount_too_small", 200)


@pytest.mark.parametrize(
    ("mode", "status", "intents", "intents_after_a_retry", "status_of_the_retry"),
    [
        ("drop_before", None, 0, 1, 200),
        ("drop_reply", None, 1, 1, 200),
        ("rate_limit", 429, 0, 1, 200),
        ("error_500", 500, 0, 1, 200),
        ("error_500_kept", 500, 1, 1, 500),
        ("slow", 200, 1, 1, 200),
    ],
)
async def test_each_fault_mode_has_its_effect(
    stand_in: StripeStandIn,
    mode: str,
    status: int | None,
    intents: int,
    intents_after_a_retry: int,
    status_of_the_retry: int,
) -> None:
    await stand_in.fault("payment_intents.create", mode, times=1, seconds=0.05)
    try:
        seen: int | None = (await post(stand_in, "/v1/payment_intents", EUROS, **{"Idempotency-Key": "k"})).status_code
    except httpx2.TransportError:
        seen = None
    assert seen == status
    assert len((await stand_in.ledger())["payment_intents"]) == intents
    again = await post(stand_in, "/v1/payment_intents", EUROS, **{"Idempotency-Key": "k"})
    assert again.status_code == status_of_the_retry
    assert len((await stand_in.ledger())["payment_intents"]) == intents_after_a_retry


async def test_an_unknown_fault_is_refused(stand_in: StripeStandIn) -> None:
    with pytest.raises(ValueError, match="no such mode"):
        await stand_in.fault("payment_intents.create", "explode")
    with pytest.raises(ValueError, match="no such operation"):
        await stand_in.fault("payment_intents.steal", "slow")


async def test_each_endpoint_requires_the_right_api_key(stand_in: StripeStandIn) -> None:
    async with plain_http(base_url=stand_in.base_url) as client:
        nobody = await client.post("/v1/payment_intents", data=EUROS)
        stranger = await client.post("/v1/payment_intents", data=EUROS, auth=("sk_test_somebody_elses", ""))
        public = await client.post("/v1/payment_intents", data=EUROS, auth=(stand_in.publishable_key, ""))
        owner = await client.post("/v1/payment_intents", data=EUROS, auth=(KEY, ""))
        snoop = await client.get(f"/v1/payment_intents/{owner.json()['id']}", auth=(stand_in.publishable_key, ""))
        holder = await client.get(
            f"/v1/payment_intents/{owner.json()['id']}",
            params={"client_secret": owner.json()["client_secret"]},
            auth=(stand_in.publishable_key, ""),
        )
    assert [answer.status_code for answer in (nobody, stranger, public, owner, snoop)] == [401, 401, 403, 200, 403]
    assert "somebody_elses" not in stranger.text
    assert holder.status_code == 200
    assert len((await stand_in.ledger())["payment_intents"]) == 1


async def test_a_wrong_client_secret_pays_nothing(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    intent = await an_intent(sdk)
    refused = await stand_in.pay(f"{intent.id}_secret_guessed")
    assert refused["error"]["param"] == "client_secret"
    assert (await stand_in.ledger())["charges"] == []


async def test_unknown_ids_paths_and_parameters_are_errors(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sdk.v1.payment_intents.retrieve_async("pi_nothing")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    unknown = await post(stand_in, "/v1/payment_intentions", {})
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "invalid_request_error")
    misspelt = await post(stand_in, "/v1/payment_intents", EUROS | {"metdata[a]": "b"})
    assert (misspelt.status_code, misspelt.json()["error"]["code"]) == (400, "parameter_unknown")


@pytest.mark.parametrize(
    ("method", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ],
)
async def test_a_declined_card_can_be_followed_by_a_good_one(
    stand_in: StripeStandIn, sdk: stripe.StripeClient, method: str, code: str, decline: str | None
) -> None:
    intent = await an_intent(sdk)
    with pytest.raises(stripe.CardError) as caught:
        await sdk.v1.payment_intents.confirm_async(intent.id, {"payment_method": method})
    assert caught.value.code == code
    assert caught.value.error is not None
    assert caught.value.error.to_dict().get("decline_code") == decline
    seen = await sdk.v1.payment_intents.retrieve_async(intent.id)
    assert (seen.status, seen.amount_received) == ("requires_payment_method", 0)

    assert (await stand_in.pay(secret_of(intent)))["status"] == "succeeded"
    (payment,) = (await stand_in.ledger())["payments"]
    assert (payment["charges"], payment["charged_cents"]) == (1, 450)


async def test_a_paid_or_cancelled_intent_can_be_neither_paid_nor_cancelled(
    stand_in: StripeStandIn, sdk: stripe.StripeClient
) -> None:
    paid, given_up = await an_intent(sdk), await an_intent(sdk)
    await stand_in.pay(secret_of(paid))
    await sdk.v1.payment_intents.cancel_async(given_up.id)
    for again in (paid, given_up):
        refused = await stand_in.pay(secret_of(again))
        assert refused["error"]["code"] == "payment_intent_unexpected_state"
        with pytest.raises(stripe.InvalidRequestError) as caught:
            await sdk.v1.payment_intents.cancel_async(again.id)
        assert caught.value.code == "payment_intent_unexpected_state"
    ledger = await stand_in.ledger()
    assert [payment["charged_cents"] for payment in ledger["payments"]] == [450, 0]


async def test_redirecting_payment_methods_need_a_return_url(stand_in: StripeStandIn) -> None:
    intent = (await post(stand_in, "/v1/payment_intents", EUROS)).json()
    refused = await stand_in.pay(intent["client_secret"])
    assert "return_url" in refused["error"]["message"]


async def test_a_slow_payment_is_processing_until_it_settles(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    intents = [await an_intent(sdk), await an_intent(sdk)]
    await stand_in.fault("payment_intents.confirm", "processing", times=2, seconds=0.3)
    for intent, method in zip(intents, ("pm_card_visa", "pm_card_chargeDeclined"), strict=True):
        assert (await stand_in.pay(secret_of(intent), method))["status"] == "processing"
        with pytest.raises(stripe.InvalidRequestError):
            await sdk.v1.payment_intents.cancel_async(intent.id)

    async def statuses() -> list[str]:
        return [(await sdk.v1.payment_intents.retrieve_async(intent.id)).status for intent in intents]

    async with asyncio.timeout(10):
        while "processing" in await statuses():
            await asyncio.sleep(0.05)
    assert await statuses() == ["succeeded", "requires_payment_method"]


async def test_refunds_never_exceed_the_charge(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    intent = await an_intent(sdk, 1000)
    with pytest.raises(stripe.InvalidRequestError):
        await sdk.v1.refunds.create_async({"payment_intent": intent.id})
    await stand_in.pay(secret_of(intent))
    part = await sdk.v1.refunds.create_async({"payment_intent": intent.id, "amount": 300})
    with pytest.raises(stripe.InvalidRequestError):
        await sdk.v1.refunds.create_async({"payment_intent": intent.id, "amount": 701})
    rest = await sdk.v1.refunds.create_async({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await sdk.v1.refunds.create_async({"payment_intent": intent.id})
    assert (part.amount, rest.amount, caught.value.code) == (300, 700, "charge_already_refunded")
    assert (await sdk.v1.refunds.retrieve_async(part.id)).status == "succeeded"
    listed = await sdk.v1.refunds.list_async({"payment_intent": intent.id})
    assert [refund.id for refund in listed.data] == [rest.id, part.id]
    (payment,) = (await stand_in.ledger())["payments"]
    assert (payment["charged_cents"], payment["refunded_cents"]) == (1000, 1000)


async def test_lists_are_paged_from_newest_to_oldest(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    ids = [(await an_intent(sdk, 100 + n)).id for n in range(5)]
    page = await sdk.v1.payment_intents.list_async({"limit": 2})
    assert ([one.id for one in page.data], page.has_more) == (ids[:2:-1], True)
    everything = [one.id async for one in page.auto_paging_iter()]
    assert everything == ids[::-1]
    assert (await sdk.v1.payment_intents.list_async({"created": {"gt": int(time.time()) + 5}})).data == []
    assert len((await sdk.v1.payment_intents.list_async({"created": {"gte": int(time.time()) - 60}})).data) == 5


async def test_search_finds_by_metadata(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    intent = await an_intent(sdk)
    found = await sdk.v1.payment_intents.search_async({"query": "metadata['payment_id']:'one' AND status:'canceled'"})
    assert found.data == []
    found = await sdk.v1.payment_intents.search_async({"query": "metadata['payment_id']:'one'"})
    assert [one.id for one in found.data] == [intent.id]


async def test_events_record_every_change(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    intent = await an_intent(sdk)
    await stand_in.pay(secret_of(intent), "pm_card_chargeDeclined")
    await stand_in.pay(secret_of(intent))
    await sdk.v1.refunds.create_async({"payment_intent": intent.id})
    await sdk.v1.payment_intents.cancel_async((await an_intent(sdk)).id)
    events = (await sdk.v1.events.list_async({"limit": 100})).data
    assert [event.type for event in reversed(events)] == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "payment_intent.created",
        "payment_intent.canceled",
    ]
    again = await sdk.v1.events.retrieve_async(events[-1].id)
    assert (again.type, again.data.object["status"]) == ("payment_intent.created", "requires_payment_method")


# --- webhooks


def event_of(received: Received) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(received.body)
    return event


async def test_webhooks_are_signed_and_repeated_until_accepted(
    stand_in: StripeStandIn, sdk: stripe.StripeClient
) -> None:
    statuses = iter([500, 302, 200])
    async with Listener(lambda _: reply(next(statuses))) as endpoint:
        await stand_in.webhooks(url=endpoint.url + "/hook")
        intent = await an_intent(sdk)
        await stand_in.webhooks_quiet()
    assert len(endpoint.received) == 3
    for received in endpoint.received:
        event = stripe.Webhook.construct_event(received.body, received.headers["stripe-signature"], SECRET)
        assert (event.type, event.data.object["id"]) == ("payment_intent.created", intent.id)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(received.body, received.headers["stripe-signature"], "whsec_other")
    assert len({event_of(received)["id"] for received in endpoint.received}) == 1


async def test_held_webhooks_are_sent_when_released(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    async with Listener(lambda _: reply(200)) as endpoint:
        await stand_in.webhooks("hold", url=endpoint.url)
        intents = [(await an_intent(sdk)).id for _ in range(3)]
        await asyncio.sleep(0.2)
        assert endpoint.received == []
        await stand_in.webhooks("release")
        await stand_in.webhooks_quiet()
    assert {event_of(received)["data"]["object"]["id"] for received in endpoint.received} == set(intents)


async def test_duplicated_webhooks_carry_the_same_event(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    async with Listener(lambda _: reply(200)) as endpoint:
        await stand_in.webhooks("hold", url=endpoint.url)
        await an_intent(sdk)
        await stand_in.webhooks("duplicate")  # the waiting event
        await an_intent(sdk)  # and the next one
        await stand_in.webhooks_quiet()
    ids = [event_of(received)["id"] for received in endpoint.received]
    assert (len(ids), len(set(ids))) == (4, 2)


async def test_shuffled_webhooks_all_arrive_in_another_order(stand_in: StripeStandIn, sdk: stripe.StripeClient) -> None:
    async with Listener(lambda _: reply(200)) as endpoint:
        await stand_in.webhooks("hold", url=endpoint.url)
        intents = [(await an_intent(sdk)).id for _ in range(12)]
        await stand_in.webhooks("shuffle", seed=7)
        await stand_in.webhooks_quiet()
    arrived = [event_of(received)["data"]["object"]["id"] for received in endpoint.received]
    assert sorted(arrived) == sorted(intents)
    assert arrived != intents


# --- as a separate process


@contextmanager
def a_program(folder: Path, *more: str) -> Iterator[tuple["subprocess.Popen[bytes]", StandInRemote]]:
    port_file = folder / "port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "scripts.stand_ins.stripe", "--port-file", str(port_file), "--api-key", KEY]
    command += ["--webhook-secret", SECRET, "--state-file", str(folder / "stripe.sqlite"), *more]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if port_file.exists() or program.poll() is not None:
                break
            time.sleep(0.05)
        remote = StandInRemote(f"http://127.0.0.1:{int(port_file.read_text())}", KEY.replace("sk_", "pk_"))
        yield program, remote
    finally:
        program.kill()
        program.wait()


async def test_kill_9_loses_no_answered_request_and_no_webhook(tmp_path: Path) -> None:
    async with Listener(lambda _: reply(200)) as endpoint:
        with a_program(tmp_path, "--webhook-url", "http://127.0.0.1:9/nobody") as (program, stand_in):
            created = await post(stand_in, "/v1/payment_intents", EUROS | CARD, **{"Idempotency-Key": "k"})
            await stand_in.pay(created.json()["client_secret"])
            os.kill(program.pid, signal.SIGKILL)
            program.wait()
        with a_program(tmp_path, "--webhook-url", endpoint.url) as (program, stand_in):
            again = await post(stand_in, "/v1/payment_intents", EUROS | CARD, **{"Idempotency-Key": "k"})
            assert again.json() == created.json()
            (payment,) = (await stand_in.ledger())["payments"]
            assert (payment["status"], payment["charges"]) == ("succeeded", 1)
            await stand_in.webhooks_quiet()  # events that were not delivered before the kill are delivered now
            assert {event_of(received)["type"] for received in endpoint.received} == {
                "payment_intent.created",
                "charge.succeeded",
                "payment_intent.succeeded",
                "charge.updated",
            }
            program.send_signal(signal.SIGTERM)
            program.wait(timeout=30)


CARD = {"payment_method_types[]": "card"}


def test_the_stand_in_refuses_to_run_in_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_ENV", "production")
    with pytest.raises(RefusedInProduction):
        StripeStandIn()
    refused = subprocess.run(
        [sys.executable, "-m", "scripts.stand_ins.stripe", "--port-file", str(tmp_path / "port")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert refused.returncode == 2
    assert "production" in refused.stderr
    assert not (tmp_path / "port").exists()


def test_the_stand_in_refuses_a_live_key() -> None:
    with pytest.raises(ValueError, match="sk_test_"):
        StripeStandIn(api_key=f"sk_live_{uuid4().hex}")
