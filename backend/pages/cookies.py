"""Find out whether a browser keeps cookies: a form that needs one afterwards sets a small one before."""

from starlette.responses import Response

from backend.pages.forms import Form
from backend.pages.visit import Visit

PROBE = "cookies"
LASTS_SECONDS = 3600


def probe(page: Response, path: str) -> None:
    """Set the cookie with the page of a form. The form says by the hidden field `probed` that it was set."""
    page.set_cookie(PROBE, "1", LASTS_SECONDS, path=path, httponly=True, samesite="lax")


def refused(visit: Visit, form: Form) -> bool:
    """Return whether the browser did not keep the cookie."""
    return bool(form.value("probed")) and PROBE not in visit.request.cookies


def forget(page: Response, path: str) -> None:
    """Remove the cookie, where a device should keep nothing but its own."""
    page.delete_cookie(PROBE, path=path, httponly=True, samesite="lax")
