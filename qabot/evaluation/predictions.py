"""What was answered to each question, as JSON in the form that the SQuAD scripts read: {id: answer, "" if refused}.

Source of the form: the published evaluation scripts of SQuAD 1.1 and 2.0.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from qabot.errors import UsageError
from qabot.evaluation.datasets import Question
from qabot.evaluation.outcomes import Outcome
from qabot.index.durable import replace_durably


def key(question: Question) -> str:
    """A question's id, else its line in the file, or its place where the file has no lines."""
    return question.place.removeprefix("line ") if question.id is None else question.id


def require_keys(name: str, questions: Sequence[Question]) -> None:
    """See to it that no answer would replace another.

    Raises:
        UsageError: if two questions have one id.
    """
    seen: set[str] = set()
    for question in questions:
        if key(question) in seen:
            said = f'{name}: {question.place}: an earlier question has the id "{key(question)}" too'
            raise UsageError(said, remedy="For --predictions give each an id of its own, or leave all of them out.")
        seen.add(key(question))


def predictions(outcomes: Sequence[Outcome], threshold: float) -> dict[str, str]:
    """The short answers by their questions' ids, "" where it is refused at the threshold; missing ones stay missing."""
    found = ((key(one.question), one.prediction) for one in outcomes)
    return {
        ident: said.text if said.quote is not None and said.confidence >= threshold else ""
        for ident, said in found
        if said is not None
    }


def writable(path: Path) -> Path:
    """The path, if a file can be written there.

    Raises:
        UsageError: if not.
    """
    try:
        _require_regular(path)
        with tempfile.TemporaryFile(dir=path.parent):
            return path
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _refused(path, error) from None


def _require_regular(path: Path) -> None:
    """A link, or a device such as /dev/stdout, would be replaced by the file rather than written to."""
    if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def write_predictions(outcomes: Sequence[Outcome], threshold: float, path: Path) -> Path:
    """Write them in place of what the file held before.

    Raises:
        UsageError: if the disk refuses.
    """
    text = json.dumps(predictions(outcomes, threshold), ensure_ascii=False, indent=1)
    try:
        replace_durably(path, f"{text}\n".encode())
    except OSError as error:
        raise _refused(path, error) from None
    return path


def _refused(path: Path, error: OSError | ValueError) -> UsageError:
    said = error.strerror if isinstance(error, OSError) else str(error)
    return UsageError(f"the predictions cannot be written to {path}: {said}", remedy="Name another file.")
