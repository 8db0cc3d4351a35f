"""Every error that qabot raises, told apart by what the person who meets it should do next.

    QabotError
    ├── ConfigError             edit qabot.toml or the environment          exit code 2
    ├── UsageError              ask differently: a name that does not exist  exit code 2
    ├── DocumentError           one file cannot be read; the rest goes on    (never ends a run)
    │   └── ReadingStopped      perhaps not the file's fault: tried again later
    │       └── FileUnreached   its bytes could not be had: tried again at once, then later
    ├── ModelError              reinstall or choose another model            exit code 3
    ├── IndexUnusable           the index cannot be used                     exit code 3
    │   ├── IndexMissing        there is none yet: build it
    │   ├── IndexDamaged        a part is not what its manifest says: rebuild it
    │   ├── IndexMismatch       built with another engine, model or chunking: rebuild it
    │   ├── IndexLocked         another process is building: wait
    │   └── IndexNotWritten     the disk refused: free space, change rights
    └── DiscordError            fix the token or the application's settings  exit code 2

The library raises; only the command line and the Discord layer turn an error into words and an exit code.
A message ends with its remedy, and never holds a token.
"""

from __future__ import annotations


class QabotError(Exception):
    """Something a person can act on. ``str()`` is one line: what is wrong, then the remedy."""

    exit_code = 2

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem.rstrip('.')}. {self.remedy}"


class ConfigError(QabotError):
    """The configuration holds something that qabot does not understand."""


class UsageError(QabotError):
    """The command names something that does not exist."""


class DocumentError(QabotError):
    """One file under seeds/ cannot be read. Caught by the build, listed with its remedy."""


class ReadingStopped(DocumentError):
    """Reading the file did not come to an end, which a busy machine or a failing disk may also cause."""


class FileUnreached(ReadingStopped):
    """The system did not hand out the file's bytes: another program held it, the disk failed, rights are missing."""


class ModelError(QabotError):
    """A model file is missing, damaged or not what the configuration says."""

    exit_code = 3


class IndexUnusable(QabotError):
    """The index under embeddings/ cannot be used."""

    exit_code = 3


class IndexMissing(IndexUnusable):
    """Nothing was built yet."""


class IndexDamaged(IndexUnusable):
    """A part of the index differs from its checksum."""


class IndexMismatch(IndexUnusable):
    """The index was built with another engine, model or chunking than the configuration names."""


class IndexLocked(IndexUnusable):
    """Another living process is building the index."""


class IndexNotWritten(IndexUnusable):
    """The new generation could not be written; the previous one stays in service."""


class DiscordError(QabotError):
    """Discord refused the token or the application's settings."""
