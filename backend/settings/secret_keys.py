"""The secret key kept outside production, and the keys derived from a secret key."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SHORTEST_KEY = 32  # bytes


def derived(root: bytes, purpose: str) -> bytes:
    """Return the 32-byte key for one purpose, derived by HKDF-SHA256 (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ecopanier/" + purpose.encode()).derive(root)


def key_kept_in(directory: Path) -> bytes:
    """Return the secret key kept in the data directory outside production, so that tokens survive a restart.

    It is generated the first time.
    """
    directory.mkdir(parents=True, exist_ok=True)
    kept = directory / "secret.key"
    draft = directory / f".secret.key.{os.getpid()}"
    if not kept.exists():
        draft.touch(mode=0o600)
        draft.write_text(os.urandom(SHORTEST_KEY).hex())
        # link() fails if another process was faster. So all processes use the same key, and none reads half of it.
        try:
            os.link(draft, kept)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return kept.read_bytes()
