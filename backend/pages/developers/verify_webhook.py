import base64
import hmac
import time


def verify_webhook(body: bytes, headers: dict[str, str], secret: str) -> bool:
    """Return whether EcoPanier sent this message, within the last five minutes. Names of headers in lower case."""
    message_id, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(sent_at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{sent_at}.".encode() + body
    right = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
    given = headers["webhook-signature"].encode().split(b" ")
    return any(hmac.compare_digest(one, right) for one in given)
