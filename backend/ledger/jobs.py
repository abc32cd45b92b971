"""What the worker does for the ledger: close lots by night."""

import time

from backend.job_context import Work

LOTS_AT_ONCE = 200  # so that each transaction is short
BEGIN_ROUNDS_FOR_SECONDS = 240.0


async def close_lots(work: Work) -> int:
    """Close the lots whose time has come, and return how many were looked at. It is night where their shops are."""
    looked_at, until = 0, time.monotonic() + BEGIN_ROUNDS_FOR_SECONDS
    while time.monotonic() < until:
        now: int = await work.acts.value("close_lots", most=LOTS_AT_ONCE)
        looked_at += now
        if now == 0:
            break
    return looked_at
