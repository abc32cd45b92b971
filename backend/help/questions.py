"""The questions and answers of each role, from `texts/{fr,en}.toml`."""

import tomllib
from functools import cache
from pathlib import Path

from backend.help.schemas import HelpOut
from backend.identity.tokens import Role
from backend.problems.texts import Language


@cache
def help_for(role: Role, language: Language) -> HelpOut:
    """Return the questions and answers for one role."""
    texts = tomllib.loads(Path(__file__).with_name("texts").joinpath(f"{language}.toml").read_text("utf-8"))
    return HelpOut.model_validate({"role": role, "language": language, "questions": texts[role]})
