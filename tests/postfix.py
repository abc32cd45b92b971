"""A real Postfix on loopback: a relay that forwards to a test's mail server. For tests marked with `NEEDS_POSTFIX`."""

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NEEDS_POSTFIX = pytest.mark.needs_program("postfix", "postfix")
PATIENCE_SECONDS = 30

# What Internet hosts commonly demand of a client: a full host name or an address in brackets.
SETTINGS = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {log}
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
relayhost = [127.0.0.1]:{next_port}
smtpd_helo_required = yes
smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
smtpd_recipient_restrictions = check_recipient_access inline:{{ nobody@example.org=REJECT }}
smtpd_relay_restrictions = {relaying}
smtpd_peername_lookup = no
biff = no
"""
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
flush unix n - n 1000? 0 flush
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A running Postfix. `relays(False)` makes it refuse every recipient, as one that does not know us does."""

    def __init__(self, folder: Path, next_port: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        self._folder, self._next_port = folder, next_port
        self._settings = folder / "etc"
        self.log = folder / "log"

    def relays(self, relaying: bool) -> None:
        """Let it relay our mails or not, from the next connection on."""
        self._write(relaying)
        self._do("reload")

    @property
    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def start(self) -> None:
        owner = pwd.getpwnam("postfix")
        for name in ("etc", "queue", "data"):
            (self._folder / name).mkdir()
        os.chown(self._folder / "data", owner.pw_uid, owner.pw_gid)
        self._write(True)
        (self._settings / "master.cf").write_text(SERVICES.format(port=self.port))
        self._do("start")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._greets():
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def stop(self) -> None:
        self._do("stop")

    def _write(self, relaying: bool) -> None:
        text = SETTINGS.format(
            folder=self._folder,
            log=self.log,
            next_port=self._next_port,
            relaying="permit_mynetworks, reject" if relaying else "reject_unauth_destination",
        )
        (self._settings / "main.cf").write_text(text)

    def _do(self, command: str) -> None:
        # With pipes, the daemon that stays behind would keep them open.
        with (self._folder / "said").open("wb") as said:
            done = subprocess.run(
                ["/usr/sbin/postfix", "-c", str(self._settings), command],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        assert done.returncode == 0, (self._folder / "said").read_text() + self.said

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as trial:
                return trial.recv(100).startswith(b"220 ")
        except OSError:
            return False


@contextmanager
def a_postfix(folder: Path, next_port: int) -> Iterator[Postfix]:
    """Run Postfix, which forwards to the mail server on `next_port`; `folder` is for its files. It stops at the end."""
    folder.chmod(0o755)
    running = Postfix(folder, next_port)
    running.start()
    try:
        yield running
    finally:
        running.stop()
