"""Problems of chat hooks."""

from backend.problems.problem import Problem


class ChatHookNotFound(Problem):
    """Raised when the caller keeps no such chat hook."""

    code, status = "chat_hook.not_found", 404


class TooManyChatHooks(Problem):
    """Raised when an association, or the platform, has ten chat hooks already."""

    code, status = "chat_hook.too_many", 409
