"""`python -m backend.cli`: run a command."""

from backend.cli import main

main()
