"""The Content-Security-Policy of pages: our own files, the stores of photos, and the pages of Stripe."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from backend.settings import settings


def policy_of(more: Mapping[str, str]) -> str:
    """Return the Content-Security-Policy of a page, with these additional sources by directive."""
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data: blob: {_where_photos_are_kept()}".strip(),
        "font-src": "'self'",
        "connect-src": "'self'",
        "media-src": "'self' blob:",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "base-uri": "'none'",
        # Chromium also applies it to redirects, such as the one to the page on which somebody pays.
        "form-action": f"'self' {_pages_of_stripe()}",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    for name, sources in more.items():
        before = directives.get(name, "")
        alone = sources == "'none'" or before == "'none'"
        directives[name] = sources if alone else f"{before} {sources}".strip()
    if more.get("require-trusted-types-for") == "":
        del directives["require-trusted-types-for"]
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _pages_of_stripe() -> str:
    """Return the origins of Stripe's pages for payments, payout accounts and subscriptions, or of its stand-in."""
    base = settings().stripe_api_base
    if base.startswith("https://api.stripe.com"):
        return "https://checkout.stripe.com https://connect.stripe.com https://billing.stripe.com"
    return base.rstrip("/")


def _where_photos_are_kept() -> str:
    """Return the origin to which the address of a photo leads; nothing if we send photos ourselves."""
    kept = urlsplit(settings().supabase_url or "")
    return f"{kept.scheme}://{kept.netloc}" if settings().photos == "supabase" else ""
