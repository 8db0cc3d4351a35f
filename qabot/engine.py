"""Documents in, answers out: the two rows of the design wired together, and the only place where models are loaded.

This module knows when the index must be brought up to date and which generation a question sees; it refuses to know
how any part does its work.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from threading import Lock

from qabot.answerer import Answerer, StaleQuoteError
from qabot.answering import Answerers
from qabot.behind import told_behind
from qabot.config import Config
from qabot.datatypes import Answer, Candidate, Document, Filters, NoAnswer, Problem, Progress, Quote, silent
from qabot.encoder import Encoder, load_encoder
from qabot.errors import ConfigError, IndexDamaged, IndexLocked, IndexMismatch, IndexMissing, IndexUnusable, QabotError
from qabot.failed_rebuild import forget_failure, keep_failure
from qabot.index import BuildReport, Generation, IndexedDocument, Searchable
from qabot.own_calibration import OwnCalibration
from qabot.passages import PassageReader, Threads
from qabot.reader import OnnxReader
from qabot.retriever import Retriever
from qabot.serving import Service, Serving
from qabot.standing import stands
from qabot.support import Supported, Supporter
from qabot.upkeep import Upkeep, did_something

_FIRST_WAIT_S = 60.0  # for another process's build, where there is nothing to answer from yet
_WAIT_S = 5.0  # where the old index can answer


class Engine:
    """Answers from an index that follows seeds/. Threads may share it; a question sees one generation throughout."""

    def __init__(self, config: Config, pool: ThreadPoolExecutor, threads: int) -> None:
        self._config = config
        self._pool = pool  # loads the models, then reads passages
        self._threads = threads
        self._encoder: Future[Encoder] = pool.submit(load_encoder, config.encoder, threads=threads)
        self._reader: Future[OnnxReader] = pool.submit(OnnxReader.load, threads=1)  # a thread for each passage
        self._upkeep = Upkeep(config, encoder=self._encoder, reader=self._reader)
        self._refreshing = Lock()
        self._service = Service()
        self.own_calibration = OwnCalibration(config.embeddings_dir, config.answers)
        # What opening found and did, for people to read; the last one is kept up by each refresh:
        self.last_repair: IndexUnusable | None = None  # why the index that was there could not be used, if so
        self.problems_before: tuple[Problem, ...] = ()  # the files that the index that was there did not hold
        self.last_report: BuildReport | None = None  # of the update; None if nothing had changed
        self.unsettled: tuple[str, ...] = ()  # files that are being written to, and are left for a later update
        self._behind: tuple[str, ...] = ()  # files that are new or changed, if the last update failed
        self.last_failure: QabotError | None = None  # why it could not be updated; the old index answers

    @classmethod
    def open(
        cls, config: Config, *, progress: Progress = silent, full: bool = False, threads: int | None = None
    ) -> Engine:
        """Load the models and open the index, built or updated first if seeds/ asks for it.

        Args:
            config: where the documents lie, and how they are indexed and answered from.
            progress: called during a build.
            full: build everything again.
            threads: how many passages are read at a time; default: one for each core.

        Raises:
            ModelError: if a model cannot be used.
            IndexUnusable: if there is no index that can be opened and none can be built.
            ConfigError: if seeds/ cannot be listed, and there is no index either.
        """
        threads = threads or os.cpu_count() or 1
        engine = cls(config, ThreadPoolExecutor(max(2, threads), thread_name_prefix="qabot-model"), threads)
        with ExitStack() as undo:
            undo.callback(engine.close)
            engine._start(progress, full=full)
            undo.pop_all()
        return engine

    @property
    def generation_id(self) -> str:
        """The generation in service."""
        with self._service.borrowed() as serving:
            return serving.generation.id

    def set_calibration_aside(self) -> None:
        """State the shipped probabilities from now on, whatever is kept with the index: to find new ones."""
        self.own_calibration.set_aside()
        self._switch_to(self._upkeep.opened())

    def documents(self) -> tuple[IndexedDocument, ...]:
        """The documents that can be asked, sorted by id."""
        with self._service.borrowed() as serving:
            return serving.generation.documents()

    def document(self, document_id: str) -> Document:
        """A document as it was read.

        Raises:
            UsageError: if there is no such document.
        """
        with self._service.borrowed() as serving:
            return serving.generation.document(document_id)

    def problems(self) -> tuple[Problem, ...]:
        """The files under seeds/ that cannot be asked, and why, sorted by id."""
        with self._service.borrowed() as serving:
            return serving.generation.problems

    def ask(self, question: str, *, filters: Filters | None = None, top: int = 3) -> Answer | NoAnswer:
        """What the documents say: at most ``top`` different answers with ``top`` quotes each.

        Each quote is compared with its file before it is returned. If a file changed since it was indexed, the index
        is updated and the question asked once more. While seeds/ itself cannot be listed nothing can be compared: then
        the index answers as it is, and ``refresh`` says why it does not follow. A refusal tells how many new or changed
        files the last update could not take up.

        Raises:
            ValueError: if ``top`` is not positive.
        """
        if top < 1:
            raise ValueError(f"top must be positive, got {top}")
        filters = filters or Filters()
        return told_behind(self._said(question, filters, top), self._behind, filters)

    def _said(self, question: str, filters: Filters, top: int) -> Answer | NoAnswer:
        """As ``ask``, whatever the index does not hold."""
        try:
            with self._service.borrowed() as serving:
                return serving.answerers.of(filters).ask(question, filters=filters, top=top)
        except StaleQuoteError:
            # If that fails the old index answers, without the quotes that do not stand any more.
            with suppress(IndexUnusable, ConfigError):
                self.refresh()
            with self._service.borrowed() as serving:
                return serving.answerers.of(filters).ask(question, filters=filters, top=top, drop_stale=True)

    def candidates(self, question: str, k: int, *, filters: Filters | None = None) -> tuple[Candidate, ...]:
        """The ``k`` passages most worth reading, best first, as the index has them; none for what is refused unread.

        A corpus of a few passages gives all of them, whatever ``k`` says. No file is looked at.

        Raises:
            ValueError: unless ``k`` is positive.
        """
        filters = filters or Filters()
        with self._service.borrowed() as serving:
            return serving.answerers.of(filters).candidates(question, k, filters=filters)

    def prepare(self, filters: Filters) -> None:
        """Count what questions with these filters are answered from, so that the first of them does not wait."""
        with self._service.borrowed() as serving:
            serving.answerers.of(filters)

    def find_source(self, message: str, *, filters: Filters | None = None) -> tuple[Supported, ...]:
        """For each claim of a message, its first ones, the sentence that says it; () if nothing is claimed.

        A sentence whose file changed since it was indexed is left out.
        """
        filters = filters or Filters()
        with self._service.borrowed() as serving:
            answerer = serving.answerers.of(filters)
            encoder = self._encoder.result()
            supporter = Supporter(answerer.searched, answerer.retriever, encoder, is_current=self._is_current)
            return supporter.find(message, filters=filters)

    def refresh(
        self, progress: Progress = silent, *, full: bool = False, repair: bool = False, patient: bool = False
    ) -> BuildReport | None:
        """Bring the index up to date with seeds/ and switch to it.

        Questions go on meanwhile, from the generation that was in service when they came.

        Args:
            progress: called during a build. What it raises ends the build, and nothing has changed.
            full: build everything again.
            repair: build although seeds/ is unchanged, since the disk no longer holds the generation in service.
            patient: wait for another thread's refresh however long; else a few seconds, if there is an index to answer.

        Returns:
            What was built; ``None`` if nothing changed, another process had built it, or another thread is still at it.

        Raises:
            IndexLocked: if another process is building for too long.
            IndexMismatch: if another process built it with settings that qabot.toml has now, and this process not.
            IndexNotWritten: if the disk refuses; the previous generation stays in service.
            ConfigError: if seeds/ cannot be listed.
        """
        patient = patient or full or repair or self._service.current is None
        if not self._refreshing.acquire(timeout=-1 if patient else _WAIT_S):
            return None
        try:
            report = self._refreshed(progress, full=full, repair=repair)
        except QabotError as error:
            self.last_failure = error
            serving = self._service.current  # once: another thread may close meanwhile
            self._behind = self._upkeep.behind(serving.generation) if serving else ()
            if not isinstance(error, IndexLocked | IndexMismatch):  # another process builds, or has built well
                keep_failure(self._config.embeddings_dir, error)
            raise
        else:
            self.last_failure = None
            self._behind = ()
            forget_failure(self._config.embeddings_dir)
            return report
        finally:
            self._refreshing.release()

    def tidy(self) -> bool:
        """Merge what many changes left of the index in small pieces, if that is due; whether it was.

        For whoever has time: it may take seconds, while questions go on. Answers stay as they are.

        Raises:
            IndexNotWritten: if the disk refuses; the generation stays in service.
            IndexUnusable: if a part of the index is damaged; the next refresh mends it.
        """
        if not self._refreshing.acquire(blocking=False):
            return False
        try:
            serving = self._service.current
            merged = self._upkeep.merged(serving.generation) if serving else None
            if merged is None:
                return False
            self._switch_to(merged)
            return True
        finally:
            self._refreshing.release()

    def close(self) -> None:
        """Let go of the index and the models. Questions that are running end first in their own threads."""
        self._service.exchange(None)
        self._pool.shutdown(wait=False)

    def _start(self, progress: Progress, *, full: bool) -> None:
        """Open what is there; whatever is wrong with it, a build repairs."""
        try:
            self._switch_to(self._upkeep.opened())
            self.problems_before = self.problems()
        except IndexMissing:
            pass
        except (IndexDamaged, IndexMismatch) as error:
            self.last_repair = error
        try:
            self.last_report = self.refresh(progress, full=full)
        except (IndexUnusable, ConfigError):
            if self._service.current is None:
                raise

    def _refreshed(self, progress: Progress, *, full: bool, repair: bool) -> BuildReport | None:
        serving = self._service.current
        gone = self._upkeep.gone() if serving else None
        seen = self._upkeep.looked(serving.generation) if serving and not full and not repair else None
        if seen is not None and not seen.comparison.differs:
            self.unsettled = seen.comparison.left
            self._upkeep.keep(seen)
            return None
        wait_s = _FIRST_WAIT_S if serving is None else _WAIT_S
        served = serving.generation.id if serving else None
        report = self._upkeep.build(progress, seen, serving=served, full=full, lock_timeout_s=wait_s)
        self.unsettled = report.unsettled
        report = replace(report, repaired=gone)
        if serving is None or report.generation != serving.generation.id:
            self._switch_to(self._upkeep.opened())
        known = serving.generation.problems if serving else ()
        return report if full or repair or gone or did_something(report) or report.failed != known else None

    def _switch_to(self, generation: Generation) -> None:
        current = self._service.current
        before = current.answerers if current else None
        self.own_calibration.follow(generation.manifest.identity)
        answerers = Answerers(generation, self._answerer)
        if before:
            answerers.warm(before)
        self._service.exchange(Serving(generation, answerers))

    def _answerer(self, searched: Searchable) -> Answerer:
        reader = self._reader.result()
        threads = Threads(self._pool, self._threads) if self._threads > 1 else None
        return Answerer(
            searched,
            Retriever(searched, self._encoder.result()),
            PassageReader(searched, reader, self.own_calibration.in_use(), threads),
            self._config.answers,
            is_word=lambda word: reader.tokenizer.token_to_id(word) is not None,
            is_current=self._is_current,
        )

    def _is_current(self, quote: Quote) -> bool:
        return stands(quote, self._config.seeds_dir, max_bytes=self._config.seeds.max_file_bytes)
