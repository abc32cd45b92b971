"""The id of the request that is being answered, in a context variable. None outside requests."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
