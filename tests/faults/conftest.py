"""Fixtures of the tests of mail: what is logged about it."""

from collections.abc import MutableMapping
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from backend import mail
from backend.accounts import addressees
from backend.notices import jobs as notices


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> list[MutableMapping[str, Any]]:
    """Everything logged about mails, at every level, independent of the served program's log settings."""
    capture = LogCapture()
    logger = structlog.wrap_logger(None, processors=[capture], wrapper_class=structlog.BoundLogger)
    monkeypatch.setattr(mail, "log", logger)
    monkeypatch.setattr(addressees, "log", logger)
    monkeypatch.setattr(notices, "log", logger)
    return capture.entries
