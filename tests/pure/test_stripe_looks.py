"""The events of Stripe that are used: the documentation lists the same as the code, each with a job that exists."""

import re
from pathlib import Path
from typing import cast

from backend.job_context import Work
from backend.main import STRIPE_LOOKS
from backend.stripe.looks import gather
from backend.worker import queue

LINE = re.compile(r"^\| `([^`]+)` \| [a-z, ]+ \| ((?:`[a-z_.]+`(?:, )?)+) \|$", re.MULTILINE)


def test_the_documentation_lists_each_event_that_is_used() -> None:
    text = (Path(__file__).parents[2] / "docs" / "stripe-events.md").read_text()
    documented = {kind: tuple(re.findall("`([^`]+)`", jobs)) for kind, jobs in LINE.findall(text)}
    assert documented == STRIPE_LOOKS
    assert [*documented] == sorted(documented)


async def test_the_worker_has_each_job_that_an_event_queues() -> None:
    known = queue(cast(Work, None), "postgresql://nowhere").tasks
    jobs = {job for of_type in STRIPE_LOOKS.values() for job in of_type}
    assert jobs <= set(known)
    assert all(re.fullmatch(r"[a-z_]+\.look_at_[a-z_]+", job) for job in jobs)


def test_features_may_look_after_the_same_event() -> None:
    one, other = {"charge.refunded": "payments.look_at_intent"}, {"charge.refunded": "payouts.look_at_charge"}
    assert gather(one, other) == {"charge.refunded": ("payments.look_at_intent", "payouts.look_at_charge")}
