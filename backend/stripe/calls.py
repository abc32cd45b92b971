"""The base of all calls to Stripe: the SDK's client, time limits, and errors that say whether to try again."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import stripe
import structlog

from backend.stripe.problems import PaymentUnavailable
from backend.stripe.transport import Httpx2Transport

stripe.enable_telemetry = False  # it would describe this machine to Stripe and write a file to the home directory
logging.getLogger("stripe").setLevel(logging.WARNING)  # at DEBUG it logs bodies, which hold client secrets

log = structlog.get_logger("backend.stripe")


class PaymentRefused(Exception):
    """Raised when Stripe refused a call for good. Trying again would not help: a person or a bug caused it.

    certain: whether this answer proves that the call's idempotency key did nothing, so that another key may be used.
    It does not if Stripe refused the request unread (a revoked API key, the same key with other parameters): an
    earlier request with the key may have worked.
    """

    def __init__(
        self, operation: str, status: int, code: str | None, request_id: str | None, *, certain: bool = True
    ) -> None:
        super().__init__(f"Stripe refused to {operation}: {status} {code} ({request_id})")
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id
        self.certain = certain

    @property
    def lacks_funds(self) -> bool:
        """Whether the balance that pays did not suffice. Later it may: use another idempotency key then."""
        return self.code in ("balance_insufficient", "insufficient_funds")


class StripeCalls:
    """A process's connections to Stripe; call `aclose` at shutdown.

    Every method that calls Stripe raises PaymentUnavailable if the result is unknown or may differ next time (no
    connection, timeout, 409, 429, 5xx): calling again is safe. It raises PaymentRefused if Stripe refused for good.

    A key of the v1 API repeats its first answer for a day, even a 500 or a lack of funds. After a day it is forgotten:
    look first whether the earlier call worked. The v2 API really tries again what failed.
    """

    def __init__(
        self,
        *,
        api_key: str,
        api_base: str,
        webhook_secret: str = "",
        connect_webhook_secret: str = "",
        thin_webhook_secret: str = "",
        timeout_seconds: float = 8.0,
        total_seconds: float = 20.0,
        max_network_retries: int = 2,
    ) -> None:
        """timeout_seconds limits one attempt, total_seconds a call with all its retries.

        The webhook secrets are those of Stripe's endpoints for our account, for connected accounts and for thin events.
        Each may be a list with commas, while one is being replaced. Without any, `read_event` is disabled.
        """
        given = f"{webhook_secret},{connect_webhook_secret},{thin_webhook_secret}".split(",")
        self._webhook_secrets = tuple(dict.fromkeys(secret.strip() for secret in given if secret.strip()))
        self._total_seconds = total_seconds
        self._transport = Httpx2Transport(httpx2.Timeout(timeout_seconds, connect=min(3.0, timeout_seconds)))
        client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            http_client=self._transport,
            max_network_retries=max_network_retries,
        )
        self._v1, self._v2 = client.v1, client.v2
        # The SDK imports a service when it is first read, which would delay the first reservation.
        self._intents, self._checkouts = client.v1.payment_intents, client.v1.checkout.sessions

    async def aclose(self) -> None:
        await self._transport.close_async()

    @asynccontextmanager
    async def _asking(self, operation: str, subject: UUID | str | None = None) -> AsyncIterator[None]:
        """Turn every failure of a call to Stripe into PaymentUnavailable or PaymentRefused, and log it.

        subject: what the call is about, an id of ours or of Stripe's. Logs neither bodies nor keys.
        """
        about = {"operation": operation, "subject": str(subject) if subject else None}
        try:
            async with asyncio.timeout(self._total_seconds):
                yield
        except TimeoutError:
            log.warning("stripe_call.failed", error="TimeoutError", **about)
            raise PaymentUnavailable from None
        except stripe.StripeError as error:
            about |= {"error": type(error).__name__, "code": error.code, "stripe_request_id": error.request_id}
            status = error.http_status or 0
            if _is_final(error, status):
                log.error("stripe_call.refused", status=status, **about)
                certain = status in (400, 402, 404) and not isinstance(error, stripe.IdempotencyError)
                raise PaymentRefused(operation, status, error.code, error.request_id, certain=certain) from None
            log.warning("stripe_call.failed", status=status, **about)
            raise PaymentUnavailable from None
        except (AttributeError, KeyError, TypeError, UnicodeError) as error:
            # A successful status without the expected object: something other than Stripe answered.
            log.warning("stripe_call.failed", error=type(error).__name__, **about)
            raise PaymentUnavailable from None


def our_id(metadata: stripe.StripeObject | None, name: str) -> UUID | None:
    """Return an id of ours from Stripe's metadata; None for anything else that a person may have written there."""
    written = metadata[name] if metadata is not None and name in metadata else None
    return uuid_or_none(written)


def uuid_or_none(written: object) -> UUID | None:
    try:
        return UUID(str(written)) if written else None
    except ValueError:
        return None


def part_of(thing: stripe.StripeObject | None, *names: str) -> Any:
    """Return what stands at a path in an answer; None if it, or something above it, is null or left out."""
    found: Any = thing
    for name in names:
        if found is None or name not in found:
            return None
        found = found[name]
    return found


def id_of(thing: str | stripe.StripeObject | None) -> str | None:
    """Return the id of what Stripe answers either as an id or, where it was expanded, as an object."""
    return thing if thing is None or isinstance(thing, str) else str(thing["id"])


def moment_of(seconds: int) -> datetime:
    """Return a time of the v1 API, which counts seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def since(moment: datetime) -> int:
    """Return a timezone-aware moment in the seconds of Stripe's lists."""
    return int(moment.timestamp())


def _is_final(error: stripe.StripeError, status: int) -> bool:
    """Return whether Stripe itself refused for good. 409 and 429 may pass; a proxy's 4xx page has no error object."""
    return 400 <= status < 500 and status not in (409, 429) and error.error is not None and error.code != "rate_limit"
