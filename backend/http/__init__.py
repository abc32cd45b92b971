"""The frame of every request: middleware, routing, rate limits, idempotency, paging and the OpenAPI description."""
