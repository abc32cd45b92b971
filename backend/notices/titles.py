"""The names of events, as people read them where they choose which ones they get."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path


def event_title(event: str, language: str) -> str:
    """Return an event in words; in French if the language is unknown. An event that was removed keeps its own name."""
    return titles("en" if language == "en" else "fr").get(event, event)


@cache
def titles(language: str) -> Mapping[str, str]:
    """Return the words for each event."""
    return tomllib.loads(Path(__file__).with_name("events").joinpath(f"{language}.toml").read_text("utf-8"))
