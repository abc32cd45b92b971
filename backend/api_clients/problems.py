"""The problems that API clients can answer with."""

from backend.problems.problem import Problem


class ApiClientNotFound(Problem):
    """Raised when there is no such API client, or the caller does not keep it."""

    code, status = "api_client.not_found", 404


class ApiClientRevoked(Problem):
    """Raised when a revoked API client is to get another secret."""

    code, status = "api_client.revoked", 409


class SecretNotFound(Problem):
    """Raised when an API client has no such secret."""

    code, status = "api_client.secret_not_found", 404


class TwoSecrets(Problem):
    """Raised when an API client with two secrets that work is to get a third."""

    code, status = "api_client.two_secrets", 409


class TooManyApiClients(Problem):
    """Raised when an owner has 20 API clients that work already."""

    code, status = "api_client.too_many", 409


class ExpiryInvalid(Problem):
    """Raised when an API client is to end in the past, or in more than two years."""

    code, status = "api_client.expiry_invalid", 422


class ClientTerritoryOutside(Problem):
    """Raised when an API client's territory is not its organisation's nor one within."""

    code, status = "api_client.territory_outside", 422
