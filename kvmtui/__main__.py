"""`python -m kvmtui` and the console script."""

from kvmtui.cli import main

if __name__ == "__main__":
    main()
