"""Connected accounts: to each of them Stripe pays what one shop earned.

They are accounts of the v2 API that only receive transfers. We bear Stripe's fees and losses, and Stripe asks the shop
itself for whatever the law wants to know, on its own pages.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import stripe
from stripe.params.v2.core import AccountCreateParams, AccountRetrieveParams

from backend.stripe.calls import StripeCalls, our_id, part_of

# Without `include`, the v2 API answers these with null.
INCLUDED: Final[list[Literal["configuration.recipient", "requirements"]]] = ["configuration.recipient", "requirements"]


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account.

    transfers: whether it may receive transfers, by Stripe's word: `active`, `pending` (Stripe checks), `restricted`
    (the shop must answer), `rejected`, `unsupported`; None if that was never asked for. why: Stripe's codes for a
    status other than `active`. due: what Stripe asks the shop for now. closed: nothing can be done with it any more.
    """

    id: str
    transfers: str | None
    why: tuple[str, ...]
    due: tuple[str, ...]
    closed: bool
    shop_id: UUID | None


@dataclass(frozen=True, slots=True)
class AccountLink:
    """A page of Stripe's on which a shop answers its questions. It can be opened once, until it expires."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PayoutRhythm:
    """When Stripe pays a balance out: `interval` (`manual`, `daily`, `weekly`, `monthly`), and on which weekdays.

    settlement_days: after how many days a payment becomes available. enabled: whether Stripe pays out at all.
    """

    interval: str | None
    weekdays: tuple[str, ...]
    settlement_days: int
    enabled: bool


class Accounts(StripeCalls):
    """The calls about connected accounts."""

    async def create_account(self, shop_id: UUID, *, name: str, email: str, attempt: int = 1) -> Account:
        """Create the connected account of a shop: one however often this is called with the same, for 30 days.

        name: of the shop. email: of the shop, to which Stripe writes. attempt: another number makes another account,
        for a shop whose account was closed.
        """
        wanted: AccountCreateParams = {
            "contact_email": email,
            "display_name": name,
            "dashboard": "express",
            "identity": {"country": "fr"},
            "configuration": {
                "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
            },
            "defaults": {
                "currency": "eur",
                "locales": ["fr-FR"],
                "responsibilities": {"fees_collector": "application", "losses_collector": "application"},
            },
            "metadata": {"shop_id": str(shop_id)},
            "include": [*INCLUDED],
        }
        async with self._asking("create an account", shop_id):
            key = f"account-{shop_id}-{attempt}"
            return _account(await self._v2.core.accounts.create_async(wanted, {"idempotency_key": key}))

    async def retrieve_account(self, id: str) -> Account:
        """Return an account as it is now, closed ones too."""
        wanted: AccountRetrieveParams = {"include": [*INCLUDED]}
        async with self._asking("retrieve an account", id):
            return _account(await self._v2.core.accounts.retrieve_async(id, wanted))

    async def create_account_link(self, account: str, *, refresh_url: str, return_url: str) -> AccountLink:
        """Create the page on which a shop gives Stripe what is due, now and later. Each call creates another one.

        refresh_url: where Stripe sends the shop if the page was used or has expired; it should lead to a new page.
        return_url: where Stripe sends the shop afterwards, whether or not it answered everything.
        """
        async with self._asking("create an account link", account):
            link = await self._v2.core.account_links.create_async(
                {
                    "account": account,
                    "use_case": {
                        "type": "account_onboarding",
                        "account_onboarding": {
                            "collection_options": {"fields": "eventually_due"},
                            "refresh_url": refresh_url,
                            "return_url": return_url,
                        },
                    },
                }
            )
            return AccountLink(link.url, datetime.fromisoformat(link.expires_at))

    async def pay_out_weekly(self, account: str) -> PayoutRhythm:
        """Let Stripe pay an account's whole balance out every Monday. Calling it again changes nothing."""
        async with self._asking("set weekly payouts", account):
            changed = await self._v1.balance_settings.update_async(
                {"payments": {"payouts": {"schedule": {"interval": "weekly", "weekly_payout_days": ["monday"]}}}},
                {"stripe_account": account},
            )
            return _rhythm(changed)

    async def pay_out_by_hand(self) -> PayoutRhythm:
        """Let our own balance be paid out only by a person: it pays refunds and transfers. Again changes nothing."""
        async with self._asking("set manual payouts"):
            changed = await self._v1.balance_settings.update_async(
                {"payments": {"payouts": {"schedule": {"interval": "manual"}}}}
            )
            return _rhythm(changed)

    async def payout_rhythm(self, account: str | None = None) -> PayoutRhythm:
        """Return when Stripe pays an account's balance out; None means our own account."""
        async with self._asking("retrieve balance settings", account):
            return _rhythm(await self._v1.balance_settings.retrieve_async({}, {"stripe_account": account}))


def _account(account: stripe.v2.core.Account) -> Account:
    transfers = part_of(account, "configuration", "recipient", "capabilities", "stripe_balance", "stripe_transfers")
    entries = part_of(account, "requirements", "entries") or []
    return Account(
        account.id,
        transfers.status if transfers is not None else None,
        tuple(detail.code for detail in part_of(transfers, "status_details") or ()),
        tuple(
            entry.description
            for entry in entries
            if entry.awaiting_action_from == "user" and entry.minimum_deadline.status != "eventually_due"
        ),
        bool(part_of(account, "closed")),
        our_id(account.metadata, "shop_id"),
    )


def _rhythm(settings: stripe.BalanceSettings) -> PayoutRhythm:
    # Stripe leaves out what is not set.
    payouts = part_of(settings, "payments", "payouts")
    return PayoutRhythm(
        part_of(payouts, "schedule", "interval"),
        tuple(part_of(payouts, "schedule", "weekly_payout_days") or ()),
        settings.payments.settlement_timing.delay_days,
        part_of(payouts, "status") == "enabled",
    )
