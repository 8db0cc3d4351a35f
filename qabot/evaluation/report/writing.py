"""The page's place on the disk: made ready before hours of questions, written in one step."""

from __future__ import annotations

import tempfile
from pathlib import Path

from qabot.errors import UsageError
from qabot.evaluation.report.page import page
from qabot.evaluation.runs import Evaluation
from qabot.index.durable import replace_durably

NAME = "qabot-eval.html"  # not a name that somebody's own page could have


def prepared(folder: Path) -> Path:
    """The folder, made if it is not there, in which files can be written.

    Raises:
        UsageError: if not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _refused(folder, error) from None


def write_report(made: Evaluation, folder: Path) -> Path:
    """Write the page into a folder that is there, in place of an earlier one.

    Raises:
        UsageError: if the disk refuses.
    """
    path = folder / NAME
    try:
        replace_durably(path, page(made).encode("utf-8"))
    except OSError as error:
        raise _refused(folder, error) from None
    return path


def _refused(folder: Path, error: OSError | ValueError) -> UsageError:
    said = error.strerror if isinstance(error, OSError) else str(error)
    return UsageError(f"the report cannot be written into {folder}: {said}", remedy="Name another folder.")
