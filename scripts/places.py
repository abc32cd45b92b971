"""The folders of this checkout."""

import os
from pathlib import Path

from scripts.embedded_postgres import unprivileged_account

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """Return the data directory: ECOPANIER_DATA_DIR, or `.data` in this checkout.

    It is made on first use and closed to other users.
    """
    folder = Path(os.environ.get("ECOPANIER_DATA_DIR") or ROOT / ".data").absolute()
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
        if os.geteuid() == 0 and (account := unprivileged_account()):
            os.chown(folder, -1, account.pw_gid)  # started by root, Postgres runs as that user, who must get in
            folder.chmod(0o710)
    return folder
