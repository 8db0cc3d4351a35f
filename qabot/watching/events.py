"""What the file system tells of changes in the folders of seeds/, as paths.

Each folder is watched by itself, since watchfiles would follow links out of seeds/ and into hidden folders. When
folders come or go, or seeds/ becomes another one (deleted and made again, a link that is turned), the watch is made
anew, and seeds/ itself is told as changed: what happened in between is unknown.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from qabot.documents.folder import list_folders, passed_over
from qabot.documents.ignored import IGNORE_NAME
from qabot.errors import ConfigError

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

_STEP_MS = 50  # how often it is asked, and how long nothing must happen for a burst to be handed out
_BURST_MS = 400  # the longest burst that is handed out at once
_LOOK_S = 1.0  # how often it is looked whether seeds/ is still the same folder
_MANY = 1_000  # paths of one burst that are looked at for new folders; of more all folders are listed
_AIMS = 5


class Events:
    """Waits for changes. For one thread; ``stop`` ends each wait.

    ``blind`` says why there are no events, where the system refuses to watch; None while there are, or while there is
    no folder to watch.
    """

    def __init__(self, seeds: Path, stop: Event) -> None:
        self._seeds = seeds
        self._stop = stop
        self._notify: RustNotify | None = None
        self._folders: frozenset[str] = frozenset()
        self._identity: tuple[int, int] | None = None
        self._outdated = True  # other folders may be there than those that are watched
        self._replaced = False  # or the same ones, but no longer those that are watched
        self.blind: str | None = None

    def wait(self, timeout_s: float) -> set[str]:
        """The paths that changed, as soon as any did; empty after ``timeout_s``, which may end early, or ``stop``."""
        if self._aimed_anew():
            return {str(self._seeds)}
        timeout_s = min(timeout_s, _LOOK_S)
        if self._notify is None:
            self._stop.wait(timeout_s)
            return set()
        try:
            told = self._notify.watch(_BURST_MS, _STEP_MS, max(1, int(timeout_s * 1000)), self._stop)
        except (OSError, RuntimeError) as error:  # the latter: watchfiles' own, as for a limit that is reached later
            self._give_up(error)
            return {str(self._seeds)}
        if not isinstance(told, set):
            return set()
        paths = {path for _, path in told}
        self._replaced = any(path in self._folders for path in paths)  # removed, perhaps made again: no longer watched
        self._outdated = self._replaced or len(paths) > _MANY or any(map(os.path.isdir, paths))
        return {path for path in paths if _matters(path)}

    def look_again(self) -> None:
        """Watch the folders anew at the next wait: an event may have been lost, or the system had refused."""
        self._outdated = self._replaced = True

    def close(self) -> None:
        """Stop watching."""
        if self._notify is not None:
            self._notify.close()
            self._notify = None

    def _aimed_anew(self) -> bool:
        """Whether other folders are watched than before, or none any more."""
        identity = _identity(self._seeds)
        if identity == self._identity and not self._outdated:
            return False
        anew = self._replaced or identity != self._identity
        self._identity, self._outdated, self._replaced = identity, False, False
        for tried in range(_AIMS):  # folders may come while the watch is made
            folders = self._listed()
            if folders == self._folders and not (anew and tried == 0):
                return tried > 0
            if not self._aim(folders):
                return True
        self._outdated = True
        return True

    def _listed(self) -> frozenset[str]:
        """The folders to watch; those that are watched where rules of what is left out cannot be read."""
        if self._identity is None:
            return frozenset()
        try:
            return list_folders(self._seeds)
        except ConfigError:
            return self._folders

    def _aim(self, folders: frozenset[str]) -> bool:
        """Watch these folders; whether that worked."""
        self.close()
        self._folders = frozenset()
        if not folders:
            return False
        from watchfiles._rust_notify import RustNotify

        try:
            self._notify = RustNotify(
                sorted(folders),
                debug=False,
                force_polling=False,
                poll_delay_ms=1000,
                recursive=False,
                ignore_permission_denied=False,  # True also passes over the limit of watches (watchfiles 1.3)
            )
        except FileNotFoundError:  # one of them has just gone
            self._outdated = True
            return False
        except (OSError, RuntimeError) as error:
            self._give_up(error)
            return False
        self._folders, self.blind = folders, None
        return True

    def _give_up(self, error: Exception) -> None:
        self.close()
        self._folders = frozenset()
        said = " ".join(str(error).split()) or type(error).__name__
        self.blind = said.partition(" about [")[0].rstrip(".")  # what follows is for those who write in Rust


def _identity(seeds: Path) -> tuple[int, int] | None:
    """Which folder seeds/ is; None if it is none."""
    with suppress(OSError):
        state = os.stat(seeds)  # noqa: PTH116 - once a second
        return state.st_dev, state.st_ino
    return None


def _matters(path: str) -> bool:
    """Whether a change there could change what is indexed."""
    name = os.path.basename(path)  # noqa: PTH119 - thousands
    return name == IGNORE_NAME or not passed_over(name)
