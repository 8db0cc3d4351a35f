"""The bot's threads: a pool for each kind of work, so that nothing short waits for something long.

This module knows which work is still running; it refuses to know what the work does.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

_T = TypeVar("_T")


def workers() -> int:
    """One thread per usable core, less the one that the event loop needs; at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, cores - 1)


class Workers:
    """The pools, and the jobs that run in them."""

    def __init__(self) -> None:
        self.answers = ThreadPoolExecutor(workers(), thread_name_prefix="qabot-answer")
        self.names = ThreadPoolExecutor(1, thread_name_prefix="qabot-names")  # who types waits for nothing else
        self.preparer = ThreadPoolExecutor(1, thread_name_prefix="qabot-prepare")
        self.refresher = ThreadPoolExecutor(1, thread_name_prefix="qabot-refresh")
        self.files = ThreadPoolExecutor(1, thread_name_prefix="qabot-files")  # a slow PDF must not hold up answers
        self.aside = ThreadPoolExecutor(1, thread_name_prefix="qabot-aside")
        self._running: set[Future[Any]] = set()
        self._lock = threading.Lock()

    async def run(self, threads: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
        """Do ``work`` in one of the pools."""
        job = threads.submit(work)
        with self._lock:
            self._running.add(job)
        job.add_done_callback(self._ended)
        return await asyncio.wrap_future(job)

    @property
    def busy(self) -> bool:
        """Whether a thread is still computing."""
        with self._lock:
            return any(not job.done() for job in self._running)

    def end(self, *, but: ThreadPoolExecutor | None = None) -> None:
        """Take no more work and drop what has not begun, in all pools or all ``but`` one. A busy thread goes on."""
        for threads in (self.answers, self.files, self.aside, self.names, self.preparer, self.refresher):
            if threads is not but:
                threads.shutdown(wait=False, cancel_futures=True)

    def _ended(self, job: Future[Any]) -> None:
        with self._lock:
            self._running.discard(job)
