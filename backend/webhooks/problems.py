"""Problems of webhooks."""

from backend.problems.problem import Problem


class WebhookEndpointNotFound(Problem):
    """Raised when the caller keeps no such webhook endpoint."""

    code, status = "webhook_endpoint.not_found", 404


class WebhookDeliveryNotFound(Problem):
    """Raised when an endpoint's log has no such delivery, or has it no more."""

    code, status = "webhook_delivery.not_found", 404


class WebhookEventUnknown(Problem):
    """Raised when an endpoint is to be told of an event that does not exist, or that such an owner cannot have."""

    code, status = "webhook_endpoint.event_unknown", 422


class WebhookEndpointOfOne(Problem):
    """Raised when a new endpoint names both a shop and an organisation."""

    code, status = "webhook_endpoint.one_owner", 422


class TooManyWebhookEndpoints(Problem):
    """Raised when a shop, an association or an organisation has five webhook endpoints already."""

    code, status = "webhook_endpoint.too_many", 409


class WebhookEndpointOff(Problem):
    """Raised when something is to be sent to an endpoint that is switched off."""

    code, status = "webhook_endpoint.off", 409
