"""Set the passwords of the API's and the worker's database logins from their URLs."""

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

SERVING_LOGINS = ("ecopanier_api", "ecopanier_worker")


def set_login_passwords(owner_url: str, *login_urls: str) -> None:
    """Set each URL's password as the password of its login. The server receives a SCRAM verifier, not the password.

    URLs without a password or with any other login are ignored. Raises psycopg.Error.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for url in login_urls:
            named = conninfo_to_dict(url)
            login, password = named.get("user"), named.get("password")
            if login not in SERVING_LOGINS or not password:
                continue
            verifier = connection.pgconn.encrypt_password(
                str(password).encode(), str(login).encode(), b"scram-sha-256"
            ).decode()
            statement = sql.SQL("alter role {} password {}").format(sql.Identifier(str(login)), sql.Literal(verifier))
            connection.execute(statement)
