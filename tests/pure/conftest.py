"""Fixtures of the tests of the frame: a toy app, a client for it, and what it logs."""

import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
import structlog
from fastapi import FastAPI

from backend.http.rate_limits import counters
from backend.observability.logs import LineWriter, configure_logs
from backend.settings import settings
from tests.pure.toy_app import made, toy_app


@pytest.fixture
async def fresh(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Read the settings anew, with rate limits on and nothing counted yet."""
    monkeypatch.setenv("ECOPANIER_ENV", "test")
    monkeypatch.setenv("ECOPANIER_RATE_LIMITS", "on")
    settings.cache_clear()
    await counters.reset()
    made.clear()
    yield
    settings.cache_clear()


@pytest.fixture
def app() -> FastAPI:
    return toy_app()


@pytest.fixture
async def web(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def lines() -> Iterator[Any]:
    """Yield a function that returns the log lines written so far."""
    written = io.BytesIO()
    writer: LineWriter = configure_logs("debug", written)

    def read() -> list[dict[str, Any]]:
        writer.write_out()
        return [json.loads(line) for line in written.getvalue().splitlines()]

    yield read
    structlog.reset_defaults()
