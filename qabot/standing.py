"""Whether the file of a quote is still the one that was indexed: looked at before the quote is shown.

This module knows what a quote is compared with; it refuses to know what becomes of one that does not stand.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from qabot.datatypes import Quote
from qabot.documents import read_bytes
from qabot.errors import DocumentError


def stands(quote: Quote, seeds: Path, *, max_bytes: int) -> bool:
    """Whether the quote's file is, byte for byte, the one that was indexed. Equal bytes give an equal text.

    Where ``seeds`` itself cannot be listed (its disk is not mounted) there is no file to compare with, and none that
    says anything else: the quote stands as it was indexed.
    """
    try:
        raw = read_bytes(seeds, quote.source, max_bytes=max_bytes)
    except DocumentError:
        return not _can_be_listed(seeds)
    return hashlib.sha256(raw).hexdigest() == quote.sha256


def _can_be_listed(folder: Path) -> bool:
    try:
        os.scandir(folder).close()
    except OSError:
        return False
    return True
