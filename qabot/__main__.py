"""``python -m qabot``: the same as ``qabot``."""

from qabot.cli import run

if __name__ == "__main__":
    run()
