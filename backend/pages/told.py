"""Words for people about a problem, where those of the API speak to programs of headers, requests and ids."""

import math
from collections.abc import Mapping
from typing import Any

from backend.pages.texts import Texts


def told(t: Texts, code: str, title: str, detail: str, headers: Mapping[str, str], request_id: str) -> tuple[str, str]:
    """Return the title and the explanation of a problem for people.

    headers: those of the answer, of which `retry-after` says how long to wait. request_id: what to name when one writes
    to us.
    """
    key = f"problems.told.{code}"
    if f"{key}.detail" not in t:
        return title, detail
    values: dict[str, Any] = {"id": request_id, "wait": _wait(t, headers)}
    return t(f"{key}.title"), t(f"{key}.detail", **values)


def _wait(t: Texts, headers: Mapping[str, str]) -> str:
    """Return in how many minutes or hours to try again, in words."""
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    minutes = max(1, math.ceil(int(given) / 60)) if given.isdigit() else 1
    return t("problems.minutes", n=minutes) if minutes < 120 else t("problems.hours", n=math.ceil(minutes / 60))
