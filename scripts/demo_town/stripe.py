"""Stripe as the demo town's past knew it: its stand-in without a server, at moments in the past."""

import sqlite3
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from scripts.stand_ins.stripe import (
    books,
    connect_accounts,
    disputes,
    payment_intents,
    payouts,
    refunds,
    subscriptions,
    transfers,
)
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.store import Store
from scripts.stand_ins.stripe.webhooks import Webhooks

CARD = "pm_card_visa"


class _Untold(Webhooks):
    """Tells nobody: the story itself says what its events would have said."""

    def __init__(self) -> None:
        pass

    def queue(self, event: dict[str, Any]) -> None:
        pass


class PastStripe:
    """Does in memory what the stand-in does. `keep` hands what it knows to the stand-in that runs from now on."""

    def __init__(self) -> None:
        self._store = Store(None)
        self._store.db.executescript(payment_intents.SETTLEMENTS + books.UNSETTLED)

    def at(self, moment: datetime) -> None:
        """Set the time for what comes."""
        self._store.ahead_seconds = round(moment.timestamp() - time.time())

    def keep(self, state: Path) -> None:
        """Add everything but events to the state of the stand-in, which may be running."""
        Store(state).close()  # makes the tables, if the stand-in was not faster
        rows = self._store.db.execute("select id, kind, created, body from objects where kind <> 'event' order by seq")
        with sqlite3.connect(state, timeout=20) as kept:
            kept.executemany(
                "insert or ignore into objects (id, kind, created, body) values (?, ?, ?, ?)", map(tuple, rows)
            )
        kept.close()

    def close(self) -> None:
        """Forget everything that was not kept."""
        self._store.close()

    def intent(self, cents: int, payment: UUID, reservation: UUID) -> str:
        """Make a PaymentIntent as the product does, and return its id."""
        return self._id(
            payment_intents.create(
                self._call(
                    amount=str(cents),
                    currency="eur",
                    automatic_payment_methods={"enabled": "true", "allow_redirects": "never"},
                    metadata={"payment_id": str(payment), "reservation_id": str(reservation)},
                )
            )
        )

    def pays(self, intent: str) -> None:
        """Let a card pay an intent."""
        payment_intents.confirm(self._call(intent, payment_method=CARD))

    def gives_up(self, intent: str) -> None:
        """Cancel an intent that nobody paid."""
        payment_intents.cancel(self._call(intent))

    def refunds(self, intent: str) -> str:
        """Refund an intent in full and return the refund's id."""
        return self._id(refunds.create(self._call(payment_intent=intent)))

    def opens_account(self, shop: UUID, name: str, email: str, *, active: bool) -> tuple[str, list[str]]:
        """Make a shop's account, which may be paid or still lacks answers; return its id and what it lacks."""
        account = connect_accounts.create(
            self._call(
                contact_email=email,
                display_name=name,
                dashboard="express",
                identity={"country": "fr"},
                configuration={
                    "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
                },
                defaults={
                    "currency": "eur",
                    "locales": ["fr-FR"],
                    "responsibilities": {"fees_collector": "application", "losses_collector": "application"},
                },
                metadata={"shop_id": str(shop)},
            )
        )
        made = self._id(account)
        found = connect_accounts.found(self._call(), made)
        if active:
            connect_accounts.change_state(self._call(), found, "active")
            weekly = {"interval": "weekly", "weekly_payout_days": ["monday"]}
            connect_accounts.change_balance_settings(
                self._call(account=made, payments={"payouts": {"schedule": weekly}})
            )
        return made, [one["description"] for one in found["requirements"]["entries"]]

    def transfers(self, transfer: UUID, account: str, cents: int) -> tuple[str, str]:
        """Transfer money to an account; return the ids of the transfer and of the payment that arrives."""
        made = transfers.create(
            self._call(
                amount=str(cents),
                currency="eur",
                destination=account,
                transfer_group=str(transfer),
                metadata={"transfer_id": str(transfer)},
            )
        )
        return made["id"], made["destination_payment"]

    def pays_out(self, account: str) -> tuple[str, int, datetime, dict[str, int]] | None:
        """Pay an account's balance out; return the payout, its cents, when it arrives, and its payments with theirs.

        None: there is nothing to pay out.
        """
        available, _ = books.balances(self._store, account)
        if available <= 0:
            return None
        made = payouts.pay_out(self._call(account=account))
        lines = self._store.newest("balance_transaction", equal={"$._account": account, "$._payout": made["id"]})
        paid = {line["source"]: line["net"] for line in lines if line["source"] != made["id"]}
        return made["id"], made["amount"], datetime.fromtimestamp(made["arrival_date"]).astimezone(), paid

    def arrives(self, payout: str, account: str) -> None:
        """Let a payout arrive at its bank."""
        payouts.end(self._call(payout, account=account), "paid")

    def disputes(self, intent: str) -> tuple[str, int, int, datetime]:
        """Let a payer's bank ask for a payment back.

        Returns the dispute, what it took, its fee and until when it can be answered.
        """
        made = disputes.open_it(self._call(), payment_intent=intent)
        (line,) = self._store.find("dispute", made["id"])["balance_transactions"]  # type: ignore[index]
        due = datetime.fromtimestamp(made["evidence_details"]["due_by"]).astimezone()
        return made["id"], -line["amount"], line["fee"], due

    def loses(self, dispute: str) -> None:
        """Decide a dispute for the payer."""
        disputes.decide(self._call(dispute), "lost")

    def subscribes(self, account: UUID, email: str, cents: int) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Subscribe an account of ours; return the customer, the subscription and its first invoice."""
        about = {"account_id": str(account)}
        customer = subscriptions.create_customer(self._call(email=email, metadata=about))
        subscription, invoice = subscriptions.begin(
            self._call(),
            customer=customer,
            cents=cents,
            interval="month",
            name="Premium",
            more={"metadata": about},
            card=CARD,
        )
        return customer["id"], subscription, invoice

    def platform_lines(self) -> list[dict[str, Any]]:
        """Return the platform's balance transactions as the ledger stores them, the oldest first."""
        return [
            {
                "id": line["id"],
                "net": line["net"],
                "fee": line["fee"],
                "category": line["reporting_category"],
                "source": line["source"],
                "intent": self._intent_of(line["source"]),
                "created_at": datetime.fromtimestamp(line["created"]).astimezone().isoformat(),
                "available_on": datetime.fromtimestamp(line["available_on"]).astimezone().isoformat(),
            }
            for line in self._store.newest("balance_transaction", equal={"$._account": None})[::-1]
        ]

    def _intent_of(self, source: str) -> str | None:
        for kind in ("charge", "refund", "dispute"):
            if found := self._store.find(kind, source):
                return str(found["payment_intent"])
        return None

    def _call(self, id: str = "", *, account: str | None = None, **form: Any) -> Call:
        return Call(self._store, _Untold(), form, id=id, account=account, base="http://127.0.0.1/")

    @staticmethod
    def _id(thing: dict[str, Any]) -> str:
        return str(thing["id"])


def month_of(subscription: dict[str, Any]) -> tuple[datetime, datetime]:
    """Return the begin and the end of the current month of a subscription."""
    (item,) = subscription["items"]["data"]
    begin, end = item["current_period_start"], item["current_period_end"]
    return datetime.fromtimestamp(begin).astimezone(), datetime.fromtimestamp(end).astimezone()


def intent_of(invoice: dict[str, Any]) -> str:
    """Return the PaymentIntent that paid an invoice."""
    return str(invoice["_payments"][0]["payment"]["payment_intent"])
