"""`python -m backend.cli`: run a command."""

from backend.cli import main

if __name__ == "__main__":
    main()
