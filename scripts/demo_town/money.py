"""The demo town's money: paid, closed, transferred, paid out, disputed and subscribed, as the worker does it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.documents.company import company_of
from backend.ledger.check import STEPS
from backend.settings import settings
from scripts.demo_town.acts import Acts
from scripts.demo_town.stripe import PastStripe, intent_of, month_of

PARIS = ZoneInfo("Europe/Paris")
MANY = 1000


@dataclass(frozen=True)
class Sale:
    """A sale that was collected."""

    intent: str
    cents: int
    collected_at: datetime


class Money:
    """Does what the worker's jobs do, with Stripe as it was then."""

    def __init__(self, acts: Acts, stripe: PastStripe) -> None:
        self._acts = acts
        self._stripe = stripe
        self._accounts: list[str] = []
        self._on_the_way: list[tuple[str, str, int, datetime, datetime]] = []
        self._disputed: set[str] = set()
        self._lost: dict[str, tuple[Sale, int, int, datetime]] = {}
        self._read = 0
        self.sales: list[Sale] = []

    def at(self, moment: datetime) -> None:
        """Set Stripe's time for what comes."""
        self._stripe.at(moment)

    def begins(self, cents: int, payment: UUID, reservation: UUID) -> str:
        """Return the PaymentIntent of a payment."""
        return self._stripe.intent(cents, payment, reservation)

    def is_paid(self, payment: UUID, intent: str, cents: int) -> None:
        """Let a customer pay."""
        self._stripe.pays(intent)
        self._acts.call(
            "settle_payment",
            payment=payment,
            intent=intent,
            intent_status="succeeded",
            received_cents=cents,
            paid_at=self._acts.now,
        )

    def is_given_up(self, payment: UUID, intent: str) -> None:
        """Cancel what nobody paid in time."""
        self._stripe.gives_up(intent)
        self._acts.call("settle_payment", payment=payment, intent=intent, intent_status="canceled", received_cents=0)

    def is_refunded(self, payment: UUID, intent: str, cents: int) -> None:
        """Refund a cancelled reservation."""
        refund = self._stripe.refunds(intent)
        made = [{"id": refund, "cents": cents, "stands": True, "at": self._acts.now.isoformat()}]
        self._acts.call(
            "payment_refunded",
            payment=payment,
            refund=refund,
            refunded=cents,
            received_cents=cents,
            refunds=json.dumps(made),
        )

    def opens_account(self, shop: UUID, owner: UUID, *, active: bool) -> None:
        """Let a shop open its payout account, and answer what Stripe asks or not yet."""
        _, name, email = self._acts.call_as(owner, "begin_payout_account", shop=shop)
        account, lacks = self._stripe.opens_account(shop, name, email, active=active)
        self._acts.call_as(owner, "payout_account_opened", shop=shop, account=account)
        state = "active" if active else "onboarding"
        self._acts.call("payout_account_seen", account=account, now_state=state, asked_for=lacks)
        if active:
            self._accounts.append(account)

    def night_passes(self) -> None:
        """Close the lots whose time has come, transfer to each shop what is due to it, and read Stripe's balance."""
        while self._acts.call("close_lots", most=MANY)[0]:
            pass
        for _, transfer in self._acts.rows("select shop_id, transfer_id from app.begin_transfers(%s)", MANY):
            if transfer is None:
                continue
            cents, account, _, _ = self._acts.call("transfer_asked", transfer=transfer)
            made, payment = self._stripe.transfers(transfer, account, cents)
            self._acts.call(
                "transfer_made", transfer=transfer, stripe_transfer=made, payment=payment, made_at=self._acts.now
            )
        self._reads()

    def papers_are_issued(self) -> None:
        """Issue the papers of the months that are over. The worker prints them."""
        company = company_of(settings())
        if company is None:
            return
        while due := self._acts.rows("select shop_id, month from app.months_to_state()"):
            for shop, month in due:
                self._acts.call("issue_month", shop=shop, month=month, platform=company.model_dump_json())

    def funds_are_stated(self) -> None:
        """Issue the statements of funds for the months that are over. The worker prints them."""
        while self._acts.call("issue_fund_statements", most=MANY)[0]:
            pass

    def banks_are_paid(self) -> None:
        """Pay out every account, as Stripe does each week."""
        for account in self._accounts:
            made = self._stripe.pays_out(account)
            if made is None:
                continue
            payout, cents, arrives, payments = made
            self._on_the_way.append((account, payout, cents, arrives, self._acts.now))
            self._see(*self._on_the_way[-1], "in_transit")
            self._acts.call("payout_lines_seen", payout=payout, payments=list(payments), cents=list(payments.values()))

    def payouts_arrive(self) -> None:
        """Let what is on the way to the banks arrive."""
        for one in self._on_the_way:
            self._stripe.arrives(one[1], one[0])
            self._see(*one, "paid")
        self._on_the_way.clear()

    def _see(self, account: str, payout: str, cents: int, arrives: datetime, made: datetime, status: str) -> None:
        self._acts.call(
            "payout_seen",
            account=account,
            payout=payout,
            cents=cents,
            status=status,
            arrives_on=arrives.astimezone(PARIS).date(),
            made_at=made,
        )

    def is_disputed(self) -> str | None:
        """Let a payer's bank ask for the last sale back that is some days old; return the dispute."""
        before = self._acts.now - timedelta(days=3)
        old = [one for one in self.sales if one.collected_at < before and one.intent not in self._disputed]
        if not old:
            return None
        sale = old[-1]
        self._disputed.add(sale.intent)
        dispute, _, fee, due = self._stripe.disputes(sale.intent)
        self._lost[dispute] = (sale, fee, 0, due)
        self._look(dispute, "needs_response", self._acts.now)
        return dispute

    def is_lost(self, dispute: str, opened: datetime) -> None:
        """Decide a dispute for the payer."""
        self._stripe.loses(dispute)
        self._look(dispute, "lost", opened)

    def _look(self, dispute: str, status: str, opened: datetime) -> None:
        sale, fee, _, due = self._lost[dispute]
        self._acts.call(
            "dispute_seen",
            dispute=dispute,
            intent=sale.intent,
            cents=sale.cents,
            status=status,
            reason="fraudulent",
            answer_by=due,
            opened_at=opened,
            withdrawn=sale.cents,
            fee=fee,
            reinstated=0,
        )

    def subscribes(self, owner: UUID) -> None:
        """Let a merchant subscribe to Premium and pay the first month."""
        _, _, _, cents, _, email = self._acts.call_as(owner, "begin_subscription", language="fr")
        customer, subscription, invoice = self._stripe.subscribes(owner, email, cents)
        self._acts.call_as(owner, "subscription_customer", given=customer)
        begin, end = month_of(subscription)
        seen = {
            "subscription": subscription["id"],
            "status": subscription["status"],
            "cents": cents,
            "begun_at": self._acts.now.isoformat(),
            "period_ends_at": end.isoformat(),
        }
        version, _ = self._acts.call("subscription_to_look_at", wanted=customer)
        self._acts.call("subscription_seen", wanted=customer, expected=version, found_now=json.dumps(seen))
        self._acts.call(
            "subscription_paid",
            invoice=invoice["id"],
            payer=customer,
            intent=intent_of(invoice),
            gross=cents,
            first_day=begin.astimezone(PARIS).date(),
            last_day=end.astimezone(PARIS).date() - timedelta(days=1),
            paid_at=self._acts.now,
        )

    def _reads(self) -> None:
        """Post Stripe's fees of what came since the last time."""
        lines = self._stripe.platform_lines()
        new = lines[self._read :]
        self._read = len(lines)
        self._acts.call("store_balance_transactions", account="", lines=json.dumps(new))
        self._acts.call("balance_was_read", account="", until=self._acts.now)
        self._acts.rows("select app.match_balance_transactions()")

    def is_checked(self) -> None:
        """Read Stripe's balance transactions and check the ledger, as the worker does each morning."""
        self._reads()
        wrong = [
            dict(zip(("kind", "source", "reservation_id", "shop_id", "cents"), row, strict=True))
            for step in STEPS
            for row in self._acts.rows(
                "select kind, source, reservation_id, shop_id, cents from app.ledger_differences(%s)", step
            )
        ]
        [(lines,)] = self._acts.rows("select lines from app.ledger_size()")
        self._acts.call("keep_check", wrong=json.dumps(wrong, default=str), lines=lines)
