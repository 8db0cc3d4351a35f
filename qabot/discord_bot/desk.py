"""The engine behind worker threads: nothing of what it computes or reads touches the event loop.

This module knows nothing of Discord. It opens the engine, notices changed seeds, asks, and closes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from qabot.datatypes import Answer, Filters, NoAnswer, Progress
from qabot.discord_bot.askable import AskableEngine, Follower, OpenEngine, ReadableFiles
from qabot.discord_bot.catalogue import Catalogue, ListedDocument
from qabot.discord_bot.document_names import DocumentNames
from qabot.discord_bot.holdings import Holdings, Loss, losses
from qabot.discord_bot.logs import logged_progress
from qabot.discord_bot.overview import Overview
from qabot.discord_bot.permitted import ask_permitted, permitted, permitted_document
from qabot.discord_bot.preparing import Preparing
from qabot.discord_bot.rereading import Reread, Seen
from qabot.discord_bot.workers import Workers
from qabot.errors import IndexNotWritten, QabotError
from qabot.support import Supported

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

REFRESH_WAIT_S = 5.0  # a longer rebuild goes on aside; questions are answered from the generation in service


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
        self._overview = Overview()
        self._workers = Workers()
        self._refreshing: asyncio.Future[None] | None = None
        self._last_refusal = ""
        self._preparing = Preparing(wait_s=refresh_wait_s)
        self._rebuilding = False

    async def open(self) -> None:
        """Load the engine, building the index if need be.

        Raises:
            QabotError: if the index or a model cannot be used, or the configuration is wrong.
        """
        await self._workers.run(self._workers.answers, self._open)

    @property
    def names(self) -> DocumentNames:
        """Of what can be asked about, as of the last refresh. In memory; to be searched by ``named``."""
        return self._overview.names

    @property
    def held(self) -> Holdings:
        """The documents as of the last refresh, by their sums."""
        return self._overview.held

    def when_changed(self, hear: Callable[[], None]) -> None:
        """Have ``hear`` called after each change of the documents, in any thread."""
        self._overview.when_changed(hear)

    async def losses(
        self, seen: Mapping[int, Seen], held: Holdings, *, visible: Callable[[str], bool]
    ) -> dict[int, Loss]:
        """Which of these quotes the documents do not hold any more, found in a thread.

        Raises:
            UsageError: if the documents changed meanwhile.
        """
        return await self._workers.run(
            self._workers.files, lambda: losses(seen, held, visible, self._opened().document)
        )

    async def named(self, show: Callable[[DocumentNames], _T]) -> _T:
        """Pass the names to ``show``, in a thread."""
        return await self._workers.run(self._workers.names, lambda: show(self._overview.names))

    def prepare(self, scopes: Iterable[Filters]) -> None:
        """Count aside what questions with these filters are answered from; questions wait for their own."""
        prepare = self._opened().prepare
        for scope in scopes:
            self._preparing.begin(scope, partial(self._workers.run, self._workers.preparer, partial(prepare, scope)))

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
        return await self._workers.run(
            self._workers.answers, lambda: show(ask_permitted(self._opened(), question, source, filters))
        )

    async def reread(self, seen: Sequence[Seen], *, filters: Filters, show: Callable[[list[Reread]], _T]) -> _T:
        """Read the files of quotes again, those that pass ``filters``, and pass the result to ``show``, in a thread.

        Raises:
            QabotError: if seeds/ cannot be listed.
        """
        await self._refreshed()
        return await self._workers.run(self._workers.files, lambda: show(self._reread(seen, filters)))

    @property
    def rebuilding(self) -> bool:
        """Whether a rebuild that somebody asked for is going on."""
        return self._rebuilding

    async def catalogue(self, filters: Filters, show: Callable[[Catalogue], _T]) -> _T:
        """List what passes ``filters`` as of the last refresh, and pass it to ``show``, in a thread."""
        return await self._workers.run(
            self._workers.aside, lambda: show(self._overview.catalogue(self._opened(), filters))
        )

    async def source(self, name: str, filters: Filters, show: Callable[[ListedDocument, str], _T]) -> _T:
        """Pass a document that passes ``filters``, and its text, to ``show``, in a thread.

        Raises:
            UsageError: if there is none of that name to be seen.
        """
        await self._refreshed()
        return await self._workers.run(self._workers.aside, lambda: self._source(name, filters, show))

    async def rebuild(self, progress: Progress, *, full: bool) -> bool:
        """Take up changed seeds, or build everything again, however long that takes; whether anything changed.

        Raises:
            QabotError: if it fails; the previous index stays in service.
        """
        self._rebuilding = True
        try:
            return await self._workers.run(self._workers.refresher, lambda: self._rebuild(progress, full=full))
        finally:
            self._rebuilding = False

    async def find_source(self, message: str, *, filters: Filters, show: Callable[[Sequence[Supported]], _T]) -> _T:
        """Look for the sentences that say what a message claims, and pass them to ``show``, in a thread.

        Raises:
            QabotError: whatever the engine raises.
        """
        await self._preparing.require(filters)
        await self._refreshed()
        return await self._workers.run(
            self._workers.answers, lambda: show(self._opened().find_source(message, filters=filters))
        )

    async def aside(self, work: Callable[[], _T]) -> _T:
        """Short work that blocks (the store's), in a thread that no answer and no file waits for."""
        return await self._workers.run(self._workers.aside, work)

    async def close(self) -> None:
        """Close the engine and end the threads. A thread that is still busy is left alone: see ``busy``.

        A second time does nothing, also if that thread has ended meanwhile: none is left to close the engine in.
        """
        if self._closed:
            return
        self._closed = True
        if self._follower is not None:
            self._follower_ended = await asyncio.to_thread(self._follower.stop)
        self._workers.end(but=self._workers.refresher)
        if self._engine is not None and not self.busy:
            engine, self._engine = self._engine, None
            await self._workers.run(self._workers.refresher, engine.close)
        self._workers.end()

    @property
    def busy(self) -> bool:
        """Whether a thread is still computing."""
        return not self._follower_ended or self._workers.busy

    def _open(self) -> None:
        try:
            self._engine = self._open_engine(logged_progress())
        except OSError as error:
            raise IndexNotWritten(
                f"the documents or the index cannot be reached: {error.strerror or type(error).__name__}",
                remedy="Check the rights and the free space of the folders seeds and embeddings.",
            ) from error
        self._overview.begin(self._engine)
        if self._follower is not None:
            self._follower.start(self._engine, self._noticed)

    def _noticed(self, *, behind: bool) -> None:
        """The follower brought the index up to date, or could not."""
        self._overview.follows(behind=behind)
        if not behind:
            self._overview.take_up(self._opened())

    def _reread(self, seen: Sequence[Seen], filters: Filters) -> list[Reread]:
        if self._files is None:
            raise RuntimeError("the desk has no files to read")
        documents = permitted(self._opened(), filters)
        return self._files.reread(seen, {name: one.sha256 for name, one in documents.items()})

    def _source(self, name: str, filters: Filters, show: Callable[[ListedDocument, str], _T]) -> _T:
        found = permitted_document(self._opened(), name, filters)
        return show(found, self._opened().document(name).text)

    def _rebuild(self, progress: Progress, *, full: bool) -> bool:
        changed = self._opened().refresh(progress, full=full)
        self._up_to_date()
        self._overview.take_up(self._opened())
        return changed is not None

    async def _refreshed(self) -> None:
        """Take up changed seeds. Questions that come meanwhile wait for the same refresh, and none for long."""
        if self._rebuilding:
            return  # the generation in service answers; waiting would only delay each question
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.ensure_future(self._workers.run(self._workers.refresher, self._refresh))
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
            self._overview.follows(behind=True)
            return
        self._up_to_date()
        if changed is not None:
            self._overview.take_up(self._opened())
            _log.info("The documents changed; there are %d now.", len(self._overview.names))

    def _up_to_date(self) -> None:
        self._last_refusal = ""
        self._overview.follows(behind=False)

    def _opened(self) -> AskableEngine:
        if self._engine is None:
            raise RuntimeError("the desk is not open")
        return self._engine
