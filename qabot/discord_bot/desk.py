"""The engine behind worker threads: nothing of what it computes or reads touches the event loop.

This module knows nothing of Discord. It opens the engine, notices changed seeds, asks, and closes; and it keeps the
names of the documents.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from qabot.datatypes import Answer, Filters, NoAnswer, Progress
from qabot.discord_bot.askable import AskableEngine, Follower, OpenEngine, ReadableFiles
from qabot.discord_bot.catalogue import Catalogue, ListedDocument
from qabot.discord_bot.document_names import DocumentNames
from qabot.discord_bot.holdings import Holdings, Loss, losses
from qabot.discord_bot.logs import logged_progress
from qabot.discord_bot.preparing import Preparing
from qabot.discord_bot.rereading import Reread, Seen
from qabot.errors import IndexNotWritten, QabotError, UsageError
from qabot.support import Supported

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

REFRESH_WAIT_S = 5.0  # a longer rebuild goes on aside; questions are answered from the generation in service


def workers() -> int:
    """One thread per usable core, less the one that the event loop needs; at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, cores - 1)


class Desk:
    """Takes questions on the event loop and has them answered in threads.

    ``open_engine`` is called once, in a thread, by ``open``. ``files`` is where quotes are read again. ``follower``
    takes changes up between questions; without one they are looked for at each question only.
    """

    def __init__(
        self,
        open_engine: OpenEngine,
        *,
        files: ReadableFiles | None = None,
        follower: Follower | None = None,
        refresh_wait_s: float = REFRESH_WAIT_S,
    ) -> None:
        self._open_engine = open_engine
        self._follower = follower
        self._follower_ended = True
        self._closed = False
        self._files = files
        self._refresh_wait_s = refresh_wait_s
        self._engine: AskableEngine | None = None
        self._names = DocumentNames()
        self._threads = ThreadPoolExecutor(workers(), thread_name_prefix="qabot-answer")
        self._typing = ThreadPoolExecutor(1, thread_name_prefix="qabot-names")  # who types waits for nothing else
        self._preparer = ThreadPoolExecutor(1, thread_name_prefix="qabot-prepare")
        self._refresher = ThreadPoolExecutor(1, thread_name_prefix="qabot-refresh")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="qabot-files")  # a slow PDF must not hold up answers
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="qabot-aside")
        self._refreshing: asyncio.Future[None] | None = None
        self._last_refusal = ""
        self._behind_s: float | None = None
        self._uncalibrated: str | None = None
        self._preparing = Preparing(wait_s=refresh_wait_s)
        self._opened_s = 0.0
        self._changed: dict[str, tuple[str, float]] = {}  # document -> its sum ("": gone), and since when
        self._held = Holdings()
        self._hear: Callable[[], None] | None = None
        self._rebuilding = False
        self._running: set[Future[Any]] = set()
        self._lock = threading.Lock()

    async def open(self) -> None:
        """Load the engine, building the index if need be.

        Raises:
            QabotError: if the index or a model cannot be used, or the configuration is wrong.
        """
        await self._in(self._threads, self._open)

    @property
    def names(self) -> DocumentNames:
        """Of what can be asked about, as of the last refresh. In memory; to be searched by ``named``."""
        return self._names

    @property
    def held(self) -> Holdings:
        """The documents as of the last refresh, by their sums."""
        return self._held

    def when_changed(self, hear: Callable[[], None]) -> None:
        """Have ``hear`` called after each change of the documents, in any thread."""
        self._hear = hear

    async def losses(
        self, seen: Mapping[int, Seen], held: Holdings, *, visible: Callable[[str], bool]
    ) -> dict[int, Loss]:
        """Which of these quotes the documents do not hold any more, found in a thread.

        Raises:
            UsageError: if the documents changed meanwhile.
        """
        return await self._in(self._reader, lambda: losses(seen, held, visible, self._opened().document))

    async def named(self, show: Callable[[DocumentNames], _T]) -> _T:
        """Pass the names to ``show``, in a thread."""
        return await self._in(self._typing, lambda: show(self._names))

    def prepare(self, scopes: Iterable[Filters]) -> None:
        """Count aside what questions with these filters are answered from; questions wait for their own."""
        prepare = self._opened().prepare
        for scope in scopes:
            self._preparing.begin(scope, partial(self._in, self._preparer, partial(prepare, scope)))

    async def ask(
        self,
        question: str,
        *,
        source: str | None,
        show: Callable[[Answer | NoAnswer], _T],
        filters: Filters = Filters(),  # noqa: B008 - immutable
    ) -> _T:
        """Answer from the documents that pass ``filters``, or from ``source`` alone, and pass the result to ``show``.

        Changed seeds are taken up first. ``show`` runs in the thread too: rendering is work like any other.

        Raises:
            UsageError: if there is no document ``source``.
            QabotError: whatever else the engine raises.
        """
        await self._preparing.require(filters)
        await self._refreshed()
        return await self._in(self._threads, lambda: show(self._ask(question, source, filters)))

    async def reread(self, seen: Sequence[Seen], *, filters: Filters, show: Callable[[list[Reread]], _T]) -> _T:
        """Read the files of quotes again, those that pass ``filters``, and pass the result to ``show``, in a thread.

        Raises:
            QabotError: if seeds/ cannot be listed.
        """
        await self._refreshed()
        return await self._in(self._reader, lambda: show(self._reread(seen, filters)))

    @property
    def rebuilding(self) -> bool:
        """Whether a rebuild that somebody asked for is going on."""
        return self._rebuilding

    async def catalogue(self, filters: Filters, show: Callable[[Catalogue], _T]) -> _T:
        """List what passes ``filters`` as of the last refresh, and pass it to ``show``, in a thread."""
        return await self._in(self._aside, lambda: show(self._catalogue(filters)))

    async def source(self, name: str, filters: Filters, show: Callable[[ListedDocument, str], _T]) -> _T:
        """Pass a document that passes ``filters``, and its text, to ``show``, in a thread.

        Raises:
            UsageError: if there is none of that name to be seen.
        """
        await self._refreshed()
        return await self._in(self._aside, lambda: self._source(name, filters, show))

    async def rebuild(self, progress: Progress, *, full: bool) -> bool:
        """Take up changed seeds, or build everything again, however long that takes; whether anything changed.

        Raises:
            QabotError: if it fails; the previous index stays in service.
        """
        self._rebuilding = True
        try:
            return await self._in(self._refresher, lambda: self._rebuild(progress, full=full))
        finally:
            self._rebuilding = False

    async def find_source(self, message: str, *, filters: Filters, show: Callable[[Sequence[Supported]], _T]) -> _T:
        """Look for the sentences that say what a message claims, and pass them to ``show``, in a thread.

        Raises:
            QabotError: whatever the engine raises.
        """
        await self._preparing.require(filters)
        await self._refreshed()
        return await self._in(self._threads, lambda: show(self._opened().find_source(message, filters=filters)))

    async def aside(self, work: Callable[[], _T]) -> _T:
        """Short work that blocks (the store's), in a thread that no answer and no file waits for."""
        return await self._in(self._aside, work)

    async def close(self) -> None:
        """Close the engine and end the threads. A thread that is still busy is left alone: see ``busy``.

        A second time does nothing, also if that thread has ended meanwhile: none is left to close the engine in.
        """
        if self._closed:
            return
        self._closed = True
        if self._follower is not None:
            self._follower_ended = await asyncio.to_thread(self._follower.stop)
        for threads in (self._threads, self._reader, self._aside, self._typing, self._preparer):
            threads.shutdown(wait=False, cancel_futures=True)
        if self._engine is not None and not self.busy:
            engine, self._engine = self._engine, None
            await self._in(self._refresher, engine.close)
        self._refresher.shutdown(wait=False, cancel_futures=True)

    @property
    def busy(self) -> bool:
        """Whether a thread is still computing."""
        with self._lock:
            return not self._follower_ended or any(not job.done() for job in self._running)

    def _open(self) -> None:
        try:
            self._engine = self._open_engine(logged_progress())
        except OSError as error:
            raise IndexNotWritten(
                f"the documents or the index cannot be reached: {error.strerror or type(error).__name__}",
                remedy="Check the rights and the free space of the folders seeds and embeddings.",
            ) from error
        self._opened_s = time.time()
        self._list_documents()
        if self._follower is not None:
            self._follower.start(self._engine, self._noticed)

    def _noticed(self, *, behind: bool) -> None:
        """The follower brought the index up to date, or could not."""
        self._behind_s = (self._behind_s or time.time()) if behind else None
        if not behind:
            self._list_documents()

    def _reread(self, seen: Sequence[Seen], filters: Filters) -> list[Reread]:
        from qabot.index import passes

        if self._files is None:
            raise RuntimeError("the desk has no files to read")
        documents = self._opened().documents()
        return self._files.reread(seen, {one.id: one.sha256 for one in documents if passes(filters, one.id, one.date)})

    def _ask(self, question: str, source: str | None, filters: Filters) -> Answer | NoAnswer:
        from qabot.index import passes

        engine = self._opened()
        if source is None:
            return engine.ask(question, filters=filters)
        # What may not be seen is refused in the same words as what does not exist.
        if all(one.id != source or not passes(filters, one.id, one.date) for one in engine.documents()):
            raise UsageError(
                "There is no document of that name", remedy="Choose one of the names that are offered while you type."
            )
        return engine.ask(question, filters=replace(filters, sources=frozenset({source})))

    def _catalogue(self, filters: Filters) -> Catalogue:
        from qabot.index import passes

        engine = self._opened()
        return Catalogue(
            documents=tuple(one for one in engine.documents() if passes(filters, one.id, one.date)),
            problems=tuple(one for one in engine.problems() if passes(filters, one.id, None)),
            unsettled=tuple(name for name in engine.unsettled if passes(filters, name, None)),
            behind_s=self._behind_s,
            uncalibrated=self._uncalibrated is not None,
            changed_s=max(
                [self._opened_s, *(at for one, (_, at) in self._changed.items() if passes(filters, one, None))]
            ),
        )

    def _source(self, name: str, filters: Filters, show: Callable[[ListedDocument, str], _T]) -> _T:
        found = next((one for one in self._catalogue(filters).documents if one.id == name), None)
        if found is None:
            raise UsageError(
                "There is no document of that name", remedy="Choose one of the names that are offered while you type."
            )
        return show(found, self._opened().document(name).text)

    def _rebuild(self, progress: Progress, *, full: bool) -> bool:
        changed = self._opened().refresh(progress, full=full)
        self._last_refusal, self._behind_s = "", None
        self._list_documents()
        return changed is not None

    async def _refreshed(self) -> None:
        """Take up changed seeds. Questions that come meanwhile wait for the same refresh, and none for long."""
        if self._rebuilding:
            return  # the generation in service answers; waiting would only delay each question
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.ensure_future(self._in(self._refresher, self._refresh))
        await asyncio.wait([self._refreshing], timeout=self._refresh_wait_s)
        if self._refreshing.done():
            self._refreshing.result()

    def _refresh(self) -> None:
        """A refresh that fails leaves the generation in service, and is logged once until it succeeds again."""
        try:
            changed = self._opened().refresh()
        except (QabotError, OSError) as error:
            refusal = f"{type(error).__name__}: {error}"
            if refusal != self._last_refusal:
                _log.warning("Changes of the documents cannot be taken up; the old ones stay. %s", refusal)
            self._last_refusal = refusal
            self._behind_s = self._behind_s or time.time()
            return
        self._last_refusal, self._behind_s = "", None
        if changed is not None:
            self._list_documents()
            _log.info("The documents changed; there are %d now.", len(self._names))

    def _list_documents(self) -> None:
        self._tell_if_uncalibrated()
        documents = tuple(self._opened().documents())
        self._names = DocumentNames((listed.id, listed.title) for listed in documents)
        now_s, sums = time.time(), {one.id: one.sha256 for one in documents}
        changed = {
            name: (sums.get(name, ""), now_s)
            for name in self._changed.keys() | sums.keys()
            if self._changed.get(name, (None,))[0] != sums.get(name, "")
        }
        self._changed = self._changed | changed  # a new one: other threads may be reading the old one
        held = Holdings.of(documents, self._opened().problems())
        known, self._held = self._held.state, held
        if self._hear is not None and held.state != known:
            self._hear()

    def _tell_if_uncalibrated(self) -> None:
        """That the calibration kept with the index is not used, once for each cause."""
        told, self._uncalibrated = self._uncalibrated, self._opened().own_calibration.ignored
        if self._uncalibrated is not None and self._uncalibrated != told:
            _log.warning("%s", self._uncalibrated)

    def _opened(self) -> AskableEngine:
        if self._engine is None:
            raise RuntimeError("the desk is not open")
        return self._engine

    async def _in(self, threads: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
        job = threads.submit(work)
        with self._lock:
            self._running.add(job)
        job.add_done_callback(self._ended)
        return await asyncio.wrap_future(job)

    def _ended(self, job: Future[Any]) -> None:
        with self._lock:
            self._running.discard(job)
