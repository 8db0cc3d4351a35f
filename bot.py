"""The Discord bot's entry point: ``python bot.py`` is the same as ``qabot bot``."""

import sys

from qabot.cli import main

if __name__ == "__main__":
    sys.exit(main(["bot", *sys.argv[1:]]))
