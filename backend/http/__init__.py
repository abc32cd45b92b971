"""What all requests share: middleware, routing, rate limits, idempotency, paging and the OpenAPI description."""
