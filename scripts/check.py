"""Check style, types, import order and the licences of dependencies; a check that fails does not stop the others."""

import subprocess
import sys

# By its function, not by the command pip wrote: that one names an absolute path.
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
CHECKS = (
    ("ruff check", [sys.executable, "-m", "ruff", "check", "."]),
    ("ruff format", [sys.executable, "-m", "ruff", "format", "--check", "."]),
    ("mypy", [sys.executable, "-m", "mypy"]),
    ("import order", [sys.executable, "-c", LINT_IMPORTS]),
    ("licences", [sys.executable, "-m", "scripts.licences"]),
)


def main() -> None:
    """Run the checks; the exit status is 1 if any of them fails."""
    failed = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(name)
    print(f"scripts/check: {', '.join(failed)} failed." if failed else "scripts/check: all is well.")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
