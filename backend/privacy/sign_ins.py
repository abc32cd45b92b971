"""Remove an erased account's sign-in (address and password) from Supabase Auth, where that signs people in."""

from uuid import UUID

import httpx2

from backend.settings import Settings

SECONDS = 15.0


class SignInNotRemoved(Exception):
    """Raised when Supabase Auth did not remove a sign-in; a later try may succeed.

    The message names the cause, but does not repeat the answer.
    """


async def remove_sign_in(settings: Settings, account_id: UUID) -> None:
    """Remove an account from Supabase Auth, if that signs people in. A missing account is ignored.

    Raises SignInNotRemoved.
    """
    if settings.auth != "supabase" or settings.supabase_url is None or settings.supabase_secret_key is None:
        return
    key = settings.supabase_secret_key.get_secret_value()
    headers = {"apikey": key, "Authorization": f"Bearer {key}"}
    try:
        async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
            url = f"{settings.supabase_url}/auth/v1/admin/users/{account_id}"
            answer = await client.delete(url, headers=headers)
    except httpx2.HTTPError as error:
        raise SignInNotRemoved(type(error).__name__) from None
    if answer.status_code not in (200, 204, 404):
        raise SignInNotRemoved(str(answer.status_code))
