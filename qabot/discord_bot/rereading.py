"""Quotes of an earlier message against the files as they are at this moment, for those who may see these files.

This module knows what is read again; it refuses to know who asks. Whatever the asker may not see does not exist here:
neither as the quote's file nor as a new home of its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qabot.config import SeedsConfig
from qabot.datatypes import Document, Quote, Span
from qabot.discord_bot.kept import KeptQuote
from qabot.discord_bot.shown_words import Run
from qabot.documents.sandbox import Sandbox
from qabot.errors import DocumentError
from qabot.quotes import make_quote
from qabot.verification.claims import Claim
from qabot.verification.judging import SeedsNow, State, Verdict, judge_all
from qabot.verification.nearness import Near

_WORST_LAST: Sequence[State] = ("unchanged", "moved", "changed", "deleted")


@dataclass(frozen=True, slots=True)
class Seen:
    """A quote of a message, and its words as members see them there; () if it is not shown."""

    kept: KeptQuote
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of a quote. ``quote`` and ``document`` are those of now, None unless the words stand somewhere."""

    kept: KeptQuote
    state: State
    detail: str  # a clause; "" where there is nothing to add
    quote: Quote | None = None
    document: Document | None = None
    near: Near | None = None  # what stands there instead, if known

    @property
    def stands(self) -> bool:
        """Whether the words stand in a file now."""
        return self.quote is not None


class SeedFiles:
    """The files under ``seeds``, read afresh within ``limits`` at each call. Blocks: call it in a worker thread."""

    def __init__(self, seeds: Path, limits: SeedsConfig) -> None:
        self._seeds = seeds
        self._limits = limits

    def reread(self, seen: Sequence[Seen], visible: Mapping[str, str]) -> list[Reread]:
        """What became of each quote, in order.

        Args:
            seen: the quotes.
            visible: the documents that may be seen, each with the SHA-256 of its file's bytes.

        Raises:
            ConfigError: if seeds/ cannot be listed.
        """
        with Sandbox(self._limits) as sandbox:
            now = SeedsNow(self._seeds, sandbox)
            now.names &= visible.keys()
            # A file that is gone is looked for under other names by its bytes only: searching thousands of files
            # for words would let one press keep the machine busy.
            sums = {one.kept.sha256 for one in seen}
            now.readable = tuple(name for name in now.readable if visible.get(name) in sums)
            return [_reread(one, now) for one in seen]


def _reread(seen: Seen, now: SeedsNow) -> Reread:
    kept = seen.kept
    document = _document(now, kept.source)
    if document is not None and document.text_sha256 == kept.text_sha256:
        return Reread(kept, "unchanged", "", _quote(document, kept.span, kept.answer), document)
    if not seen.runs:
        gone = kept.source not in now.names
        return Reread(kept, "deleted" if gone else "changed", "the file is gone" if gone else "the file changed")
    claims = [_claim(kept, run, document) for run in seen.runs]
    pairs = zip(seen.runs, judge_all(claims, now), strict=True)
    run, verdict = max(pairs, key=lambda pair: (_WORST_LAST.index(pair[1].state), len(pair[0].words)))
    return _placed(kept, run, verdict, now)


def _document(now: SeedsNow, source: str) -> Document | None:
    if source not in now.names:
        return None
    try:
        return now.document(source)
    except DocumentError:
        return None


def _claim(kept: KeptQuote, run: Run, document: Document | None) -> Claim:
    start = kept.span.start + run.start
    return Claim(
        part="",
        text=run.words,
        source=kept.source,
        span=Span(start, start + len(run.words)),
        extractor=document.extractor if document else "",
        sha256=kept.sha256,
        text_sha256=kept.text_sha256,
    )


def _placed(kept: KeptQuote, run: Run, verdict: Verdict, now: SeedsNow) -> Reread:
    """The verdict with the quote as it stands now, if it does."""
    document = _document(now, verdict.place.source) if verdict.place else None
    if verdict.place is None or document is None:
        return Reread(kept, verdict.state, verdict.detail, near=verdict.near)
    span = verdict.place.span
    moved_by = span.start - kept.span.start - run.start
    answer = kept.answer.shifted(moved_by) if kept.answer else None
    whole = answer if answer and span.contains(answer) else None  # a run may show the beginning of a long answer only
    return Reread(kept, verdict.state, verdict.detail, _quote(document, span, whole), document)


def _quote(document: Document, span: Span, answer: Span | None) -> Quote:
    return make_quote(document, (span,), answer or span, marked=answer is not None)
