"""The columns that keep addresses and secrets of webhook endpoints sealed, and new secrets."""

import secrets
from base64 import b64encode

SEALED_ADDRESS = "app.webhook_endpoints.sealed"
SEALED_SECRET = "app.webhook_secrets.sealed"  # noqa: S105  the name of a column
SECRET_PREFIX = "whsec_"  # noqa: S105  of Standard Webhooks
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new secret, as Standard Webhooks writes them."""
    return SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
