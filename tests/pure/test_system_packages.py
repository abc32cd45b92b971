"""Installing real programs for tests: with a made-up apt-get, as root and not, and where a package cannot be had."""

import os
from pathlib import Path

import pytest

from tests.system_packages import missing

INSTALLS = """
[ "$1 $2" = "--yes --quiet" ] || exit 2
echo "$*" >> "$0.called"
case "$*" in
*update) touch "$0.updated" ;;
*install*) [ -e "$0.updated" ] && printf '#!/bin/sh\\n' > {bin}/sieve && chmod +x {bin}/sieve || echo "E: no sieve" ;;
esac
"""
KNOWS = '[ -e {bin}/sieve ] && printf "installed\\n" || exit 1'


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that comes first in PATH; its apt-get knows the package only after an update."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, does in (("apt-get", INSTALLS), ("dpkg-query", KNOWS)):
        program = folder / name
        program.write_text("#!/bin/sh\n" + does.replace("{bin}", str(folder)))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("tests.system_packages.tempfile.gettempdir", lambda: str(tmp_path))
    return folder


def test_root_installs_a_missing_program_once(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.system_packages.os.geteuid", lambda: 0)

    assert missing("sieve", "sieve-of-debian") is None
    assert missing("sieve", "sieve-of-debian") is None

    called = (debian / "apt-get.called").read_text().splitlines()
    assert [line.rsplit(" ", 1)[1] for line in called] == ["sieve-of-debian", "update", "sieve-of-debian"]


def test_a_package_that_cannot_be_had_is_tried_once_and_named(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.system_packages.os.geteuid", lambda: 0)
    (debian / "apt-get").write_text(f'#!/bin/sh\necho "$*" >> {debian}/apt-get.called\necho "E: no network" >&2\n')

    for _ in range(2):
        assert missing("sieve", "sieve-of-debian") == (
            "sieve is missing: apt-get install sieve-of-debian (which failed: E: no network)"
        )
    assert len((debian / "apt-get.called").read_text().splitlines()) == 3


def test_others_than_root_are_told_what_to_install(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.system_packages.os.geteuid", lambda: 1000)

    assert missing("sieve", "sieve-of-debian") == "sieve is missing: apt-get install sieve-of-debian"
    assert not (debian / "apt-get.called").exists()
