"""The questions and answers of the help."""

from pydantic import Field

from backend.http.schemas import Out
from backend.identity.tokens import Role
from backend.problems.texts import Language


class QuestionOut(Out):
    """One question with its answer."""

    question: str = Field(examples=["How do I cancel?"])
    answer: str = Field(description="Plain text.", examples=["Open it and cancel it."])


class HelpOut(Out):
    """The help for one role."""

    role: Role = Field(examples=["customer"])
    language: Language = Field(examples=["en"])
    questions: list[QuestionOut]
