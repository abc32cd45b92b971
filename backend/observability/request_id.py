"""The id of the request that is being answered, wherever in its work one is."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
