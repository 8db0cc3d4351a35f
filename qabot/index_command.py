"""`qabot index`: what a build changed, which pinned questions broke, and what --check and --clean found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from qabot.chat import AskingEngine
from qabot.cleaning import Cleaned, clean
from qabot.config import Config
from qabot.errors import IndexNotWritten, QabotError
from qabot.listing import Listed, Report, check_as_json, check_text, report_as_json, report_text
from qabot.pinned import PinnedQuestions, pinned_as_json, pinned_text
from qabot.pinned.running import AskedEngine
from qabot.progress import Progress
from qabot.render import SCHEMA, json_line
from qabot.streams import say

_DONE, _BROKEN, _UNUSABLE = 0, 1, 3
_CHECKED = {"sound": 0, "outdated": 1}  # states of the index that can be used


class IndexingEngine(AskingEngine, AskedEngine, Protocol):
    """What the command needs of the Engine."""

    def documents(self) -> Sequence[Listed]:
        """What the index holds."""


def index_command(
    engine: IndexingEngine, config: Config, *, as_json: bool, cleaning: bool, write: Callable[[str], None]
) -> int:
    """Tell what opening the engine built, and return the exit code: 1 if a pinned question does not hold.

    Raises:
        QabotError: if the index could not be brought up to date, or the file of pinned questions is malformed.
    """
    report, failure = engine.last_report, engine.last_failure
    cleaned = _cleaned(config, failure, cleaning=cleaning)
    if cleaned is not None and isinstance(failure, IndexNotWritten):  # perhaps there was no room
        report, failure = _again(engine)
    if failure is not None:
        if cleaned is not None:
            _tell_cleaned(cleaned, as_json=as_json, write=write)
        raise failure
    pinned = PinnedQuestions(config.pinned_path, config.embeddings_dir).run(engine)
    repair, documents, problems = engine.last_repair, engine.documents(), engine.problems()
    if as_json:
        told = report_as_json(report, engine.generation_id, documents, problems, repair, unsettled=engine.unsettled)
        write(json_line({**told, "pinned": pinned_as_json(pinned), "cleaned": _as_json(cleaned)}))
    else:
        lines = [report_text(report, documents, problems, repair, unsettled=engine.unsettled)]
        lines += pinned_text(pinned) if pinned is not None and pinned.outcomes else []
        lines += [_text(cleaned)] if cleaned is not None else []
        write("\n".join(lines))
    return _BROKEN if pinned is not None and pinned.failing else _DONE


def clean_only(config: Config, failure: QabotError, *, as_json: bool, write: Callable[[str], None]) -> None:
    """What --clean does where no index could be opened or built, before it is told why: ``failure``."""
    cleaned = _cleaned(config, failure, cleaning=True)
    if cleaned is not None:
        _tell_cleaned(cleaned, as_json=as_json, write=write)


def _again(engine: IndexingEngine) -> tuple[Report | None, QabotError | None]:
    """Another try at the update that failed: what it did, or why it failed again."""
    try:
        return engine.refresh(patient=True), None
    except QabotError as error:
        return None, error


def check_index_command(config: Config, *, as_json: bool, write: Callable[[str], None]) -> int:
    """Examine the index without changing it, and return the exit code."""
    from qabot.encoder import load_encoder, shipped_identity
    from qabot.index.checking import check_index
    from qabot.index.identity import IndexIdentity

    shipped = config.encoder.engine == "onnx"  # else the weights must be read for their sum
    encoder = shipped_identity() if shipped else load_encoder(config.encoder).identity
    expected = IndexIdentity.of(encoder, chunks=config.chunks, seeds=config.seeds)
    with Progress(sys.stderr) as progress:
        check = check_index(config.seeds_dir, config.embeddings_dir, expected, progress)
    write(json_line(check_as_json(check)) if as_json else check_text(check))
    return _CHECKED.get(check.state, _UNUSABLE)


def _cleaned(config: Config, failure: QabotError | None, *, cleaning: bool) -> Cleaned | None:
    """What killed builders left goes even if there was nothing to build; the rest if asked for.

    ``failure``: of the update, which will end the command; that cleaning fails, too, is told here, and hides it not.
    """
    from qabot.index.building import clear_left_overs

    if not cleaning:
        if failure is None:
            clear_left_overs(config.embeddings_dir)
        return None
    try:
        return clean(config.embeddings_dir)
    except QabotError as error:
        if failure is None:
            raise
        say(f"--clean failed: {error}")
        return None


def _tell_cleaned(cleaned: Cleaned, *, as_json: bool, write: Callable[[str], None]) -> None:
    """Where an error is all that follows."""
    write(json_line({"schema": SCHEMA, "cleaned": _as_json(cleaned)}) if as_json else _text(cleaned))


def _text(cleaned: Cleaned) -> str:
    if not cleaned.folders:
        return "Nothing to clean: only the index in service is there."
    return f"Cleaned: {cleaned.folders:,} folder{'' if cleaned.folders == 1 else 's'}, {cleaned.size_bytes:,} bytes."


def _as_json(cleaned: Cleaned | None) -> dict[str, Any] | None:
    return None if cleaned is None else {"folders": cleaned.folders, "size_bytes": cleaned.size_bytes}
