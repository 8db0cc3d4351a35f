"""Following seeds/: events of the file system and a sweep now and then; settled, then one rebuild aside, then news.

Knows when to bring the index up to date; it refuses to know how that is done, and who wants to hear of it.
"""

from qabot.watching.notices import Blind, Failed, Notice, PinnedAsked, Rebuilt, Recovered, TakenOver, Waiting
from qabot.watching.showing import notice_as_json, notice_lines, notice_text
from qabot.watching.watcher import Watcher

__all__ = [
    "Blind",
    "Failed",
    "Notice",
    "PinnedAsked",
    "Rebuilt",
    "Recovered",
    "TakenOver",
    "Waiting",
    "Watcher",
    "notice_as_json",
    "notice_lines",
    "notice_text",
]
