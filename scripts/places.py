"""Where things of this checkout stand."""

import os
from pathlib import Path

from scripts.embedded_postgres import unprivileged_account

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """ECOPANIER_DATA_DIR, or `.data` of this checkout; made on first use, closed to other accounts."""
    folder = Path(os.environ.get("ECOPANIER_DATA_DIR") or ROOT / ".data").absolute()
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
        if os.geteuid() == 0 and (account := unprivileged_account()):
            os.chown(folder, -1, account.pw_gid)  # root's Postgres runs as that account and must pass through
            folder.chmod(0o710)
    return folder
