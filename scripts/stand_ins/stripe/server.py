"""The stand-in's server, which runs on its own or in a test's process."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts.stand_ins.serving import LocalServer, refuse_in_production
from scripts.stand_ins.stripe.app import StandIn, build_app
from scripts.stand_ins.stripe.remote import StandInRemote
from scripts.stand_ins.stripe.store import Store
from scripts.stand_ins.stripe.webhooks import Secrets, Webhooks


class StripeStandIn(LocalServer, StandInRemote):
    """A stand-in on a real port. `async with StripeStandIn(…) as stripe` serves it from its own thread.

    webhook_url: None to send no events until `webhooks(url=…)` sets the URL. state_file: None to keep everything in
    memory.
    """

    def __init__(
        self,
        *,
        webhook_url: str | None = None,
        webhook_secret: str = "whsec_stand_in",  # noqa: S107  # signs make-believe
        connect_webhook_secret: str | None = None,
        thin_webhook_secret: str | None = None,
        api_key: str = "sk_test_stand_in",
        state_file: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Bind the port; 0 means any free one. The secrets of connected accounts and thin events default to the first.

        Raises RefusedInProduction, ValueError for a key that is not a test key, OSError for a port in use.
        """
        refuse_in_production("Stripe")
        if not api_key.startswith("sk_test_"):
            raise ValueError("The stand-in takes keys that begin with sk_test_, so that no real key ends up here.")
        if not webhook_secret:
            raise ValueError("Webhooks are signed: the stand-in needs a webhook secret.")
        self.api_key = api_key
        self.webhook_secret = webhook_secret
        self.connect_webhook_secret = connect_webhook_secret or webhook_secret
        self.thin_webhook_secret = thin_webhook_secret or webhook_secret
        LocalServer.__init__(self, "Stripe", host, port, backlog=2048)
        self._store = Store(state_file)
        publishable_key = "pk_test_" + api_key.removeprefix("sk_test_")
        StandInRemote.__init__(self, self.base_url, publishable_key)
        stand_in = StandIn(
            self._store,
            Webhooks(
                self._store,
                url=webhook_url,
                secrets=Secrets(self.webhook_secret, self.connect_webhook_secret, self.thin_webhook_secret),
            ),
            api_key=api_key,
            publishable_key=publishable_key,
        )
        self.answer_with(build_app(stand_in))

    def serve(self) -> None:
        """Serve until stopped or interrupted; returns when everything is closed."""
        try:
            super().serve()
        finally:
            self._store.close()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
