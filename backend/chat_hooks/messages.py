"""The messages of collections to chats, in the form that Slack and Teams take.

Slack: `text` for notifications and `blocks`; its three control characters are escaped, so that a shop's name cannot
mention a channel or make a link. Teams: an Adaptive Card 1.4 in a message with attachments, as Workflows take it; its
texts are Markdown, so the characters that mean something there are escaped.
"""

import re
import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>-])")
LONGEST_NAME = 120


@cache
def _texts(language: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("texts").joinpath(f"{language}.toml").read_text("utf-8"))


def message(
    app: str, event: str, language: str, facts: dict[str, Any] | None, told: dict[str, str | None], link: str
) -> dict[str, Any]:
    """Return the message for a chat.

    app: `slack` or `teams`. event: `asked`, `incident` or `test`. facts: as `chat_to_post` returns them; None for a
    test. told: the `kind` of an incident and what comes `next`.
    """
    texts = _texts(language)
    lines = [] if facts is None else _lines(texts, facts, told)
    return (_slack if app == "slack" else _teams)(texts[event], lines, texts["open"], link)


def _lines(texts: dict[str, Any], facts: dict[str, Any], told: dict[str, str | None]) -> list[tuple[str, str]]:
    lines = [
        (texts["giver"], (facts["giver"] or texts["nobody"])[:LONGEST_NAME]),
        (texts["when"], _window(texts, facts)),
        (texts["what"], _quantity(texts, facts)),
    ]
    if facts["cold"] != "none":
        lines.append((texts["cold"], texts["colds"][facts["cold"]]))
    for what in ("kind", "next"):
        if (said := texts[f"{what}s"].get(told.get(what))) is not None:
            lines.append((texts[what], said))
    return lines


def _window(texts: dict[str, Any], facts: dict[str, Any]) -> str:
    zone = ZoneInfo(facts["zone"])
    begins, ends = (datetime.fromisoformat(facts[name]).astimezone(zone) for name in ("window_start", "window_end"))
    day = texts["day"].format(day=begins)
    return str(texts["window"].format(day=day, begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}"))


def _quantity(texts: dict[str, Any], facts: dict[str, Any]) -> str:
    parts = [f"{-(-facts['grams'] // 1000)} {texts['kg']}"] if facts["grams"] else []
    parts += [f"{facts[unit]} {texts[unit]}" for unit in ("crates", "portions") if facts[unit]]
    return ", ".join(parts) or str(texts["unknown"])


def _slack(title: str, lines: list[tuple[str, str]], button: str, link: str) -> dict[str, Any]:
    escaped = [(name, said.translate(_SLACK)) for name, said in lines]
    plain = [title, *(f"{name} : {said}" for name, said in escaped)]
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "plain_text", "text": title}}]
    if lines:
        fields = [{"type": "mrkdwn", "text": f"*{name}*\n{_unstarred(said)}"} for name, said in escaped]
        blocks.append({"type": "section", "fields": fields})
    blocks.append(
        {
            "type": "actions",
            "elements": [{"type": "button", "text": {"type": "plain_text", "text": button}, "url": link}],
        }
    )
    return {"text": "\n".join(plain), "blocks": blocks}


def _unstarred(said: str) -> str:
    """Return a text in which Slack finds nothing to format: it has no escape for these, so they are left apart."""
    return re.sub(r"([*_~`])", "\u200b\\1\u200b", said)


def _teams(title: str, lines: list[tuple[str, str]], button: str, link: str) -> dict[str, Any]:
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": _plain(title), "weight": "Bolder", "size": "Medium", "wrap": True}
    ]
    if lines:
        body.append({"type": "FactSet", "facts": [{"title": name, "value": _plain(said)} for name, said in lines]})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": button, "url": link}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _plain(said: str) -> str:
    return _MARKDOWN.sub(r"\\\1", said)
