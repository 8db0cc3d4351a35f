"""A soak: files change every second while threads ask and a watcher follows. No wrong quote, no error, no growth.

    python tests/soak_run.py --seconds 3600

It prints one JSON object and ends with code 1 if anything was wrong. The models are small ones (see small_engine.py),
so that most of the time goes to what is under test: listing, building, switching, comparing quotes with files.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from small_engine import KEYS, open_small, question_about, quotes_of, small_models, text_of

from qabot.config import Config
from qabot.datatypes import Answer, Quote
from qabot.engine import Engine
from qabot.watching import Failed, Notice, Rebuilt
from qabot.watching.command import watcher_of

_FOLDERS = ("", "one/", "two/deep/")
_SETTLE_S = 60.0
_BETWEEN_QUESTIONS_S = 0.05
_SAMPLES_A_RUN = 60
_MOST_GROWTH = {"rss_mb": 60.0, "files": 12.0, "threads": 4.0, "index_kb": 2_000.0}


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process and its index hold."""

    rss_mb: float
    files: int
    threads: int
    index_kb: float


@dataclass
class Version:
    """A text that lay, or lies, under a name; ``gone_s``: by when it was replaced, removed or renamed for sure."""

    text: str
    gone_s: float | None = None


@dataclass
class History:
    """Every version of every file. Versions are entered before they are written, and ended after they are gone."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    present: dict[str, Version] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def comes(self, name: str, text: str) -> None:
        """A text is about to be written."""
        with self.lock:
            self.versions.setdefault(name, []).append(Version(text))

    def came(self, name: str) -> None:
        """The last one that was announced is there, in the place of the one before."""
        with self.lock:
            self._end(name)
            self.present[name] = self.versions[name][-1]

    def went(self, name: str) -> None:
        """Nothing is there any more."""
        with self.lock:
            self._end(name)

    def _end(self, name: str) -> None:
        if name in self.present:
            self.present.pop(name).gone_s = time.monotonic()

    def allows(self, quote: Quote, since_s: float) -> bool:
        """Whether the quote is a slice of a version that was there at ``since_s`` or later."""
        with self.lock:
            versions = list(self.versions.get(quote.source, ()))
        alive = (one.text for one in versions if one.gone_s is None or one.gone_s >= since_s)
        return any(text[quote.span.start : quote.span.end] == quote.text for text in alive)


@dataclass
class Soak:
    """One run over ``root``."""

    root: Path
    seconds: float
    period_s: float = 1.0
    history: History = field(default_factory=History)
    wrong: list[str] = field(default_factory=list)
    rebuilds: int = 0
    changes: int = 0
    questions: int = 0
    answered: int = 0
    samples: list[Sample] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Everything, until the time is over and the last change is answered from."""
        random = Random(1)  # noqa: S311 - no secret
        for n in range(12):
            self._write(f"{_FOLDERS[n % 3]}{n}.txt", KEYS[n % len(KEYS)])
        engine = open_small(self.root)
        watcher = watcher_of(engine, Config.load(self.root, {}), self._tell)
        future = watcher.start()
        threads = [threading.Thread(target=self._guarded, args=(self._ask, engine)) for _ in range(2)]
        threads.append(threading.Thread(target=self._guarded, args=(self._sample, engine)))
        for thread in threads:
            thread.start()
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and not self.wrong:
            self._change(random)
            time.sleep(self.period_s)
        self._settle(engine)
        self.stop.set()
        for thread in threads:
            thread.join()
        if not watcher.stop() or future.exception() is not None:
            self.wrong.append(f"the watcher did not end well: {future}")
        engine.close()
        self.wrong += self._growth()

    def _guarded(self, work: Callable[[Engine], None], engine: Engine) -> None:
        """What a thread meets is what the run met."""
        try:
            work(engine)
        except Exception as error:  # noqa: BLE001 - that there is none is what is tested
            self.wrong.append(f"{type(error).__name__}: {error}")

    def _tell(self, notice: Notice) -> None:
        self.rebuilds += isinstance(notice, Rebuilt)
        if isinstance(notice, Failed):
            self.wrong.append(notice.problem)

    def _ask(self, engine: Engine) -> None:
        random = Random(threading.get_ident())  # noqa: S311
        while not self.stop.is_set():
            began_s = time.monotonic()
            result = engine.ask(question_about(random.choice(KEYS)))
            self.questions += 1
            self.answered += isinstance(result, Answer)
            for quote in quotes_of(result):
                if not self.history.allows(quote, began_s):
                    self.wrong.append(f"a quote that stood nowhere: {quote}")
            time.sleep(_BETWEEN_QUESTIONS_S)

    def _change(self, random: Random) -> None:
        self.changes += 1
        names = sorted(self.history.present)
        kind = random.choice(("edit", "edit", "new", "remove", "rename"))
        if kind == "new" and len(names) < 24:
            self._write(f"{random.choice(_FOLDERS)}new{self.changes}.txt", random.choice(KEYS))
        elif kind == "remove" and len(names) > 6:
            self._path(names[0]).unlink()
            self.history.went(names[0])
        elif kind == "rename":
            old, new = random.choice(names), f"{random.choice(_FOLDERS)}moved{self.changes}.txt"
            self.history.comes(new, self.history.present[old].text)
            self._path(new).parent.mkdir(parents=True, exist_ok=True)
            self._path(old).rename(self._path(new))
            self.history.came(new)
            self.history.went(old)
        else:
            self._write(random.choice(names), random.choice(KEYS))

    def _write(self, name: str, key: str) -> None:
        """As editors do: beside, then renamed over; so no half of a text is ever there."""
        text = text_of(key, f"v{self.changes}x{len(self.history.versions)}")
        self.history.comes(name, text)
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.tmp")
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
        self.history.came(name)

    def _settle(self, engine: Engine) -> None:
        """Without a refresh of ours the index comes to hold what the folder holds."""
        end = time.monotonic() + _SETTLE_S
        while [one.id for one in engine.documents()] != sorted(self.history.present):
            if time.monotonic() > end:
                self.wrong.append("the index did not follow")
                return
            time.sleep(0.05)
        for key in KEYS:
            said = {
                one.text.split(" is ")[1].split(".")[0]
                for one in self.history.present.values()
                if f" {key} " in one.text
            }
            result = engine.ask(question_about(key))
            if (result.text in said) if isinstance(result, Answer) else not said:
                continue
            self.wrong.append(f"{key}: {result}, expected one of {said}")

    def _sample(self, _: Engine) -> None:
        while not self.stop.wait(max(0.2, self.seconds / _SAMPLES_A_RUN)):
            self.samples.append(_sampled(self.root / "embeddings"))

    def _growth(self) -> list[str]:
        """The last third against the second: the first one warms up."""
        third = len(self.samples) // 3
        if not third:
            return ["the run was too short to see growth"]
        grown = []
        for name, most in _MOST_GROWTH.items():
            before, after = (
                median(getattr(one, name) for one in some)
                for some in (self.samples[third : 2 * third], self.samples[-third:])
            )
            if after - before > most:
                grown.append(f"{name} grew from {before:g} to {after:g}")
        return grown

    def _path(self, name: str) -> Path:
        return self.root / "seeds" / name


def _sampled(embeddings: Path) -> Sample:
    sizes: dict[int, int] = {}
    for inner, _, names in os.walk(embeddings):
        for name in names:
            with suppress(OSError):
                state = Path(inner, name).lstat()
                sizes[state.st_ino] = state.st_size
    if not Path("/proc/self").is_dir():
        return Sample(0.0, 0, threading.active_count(), sum(sizes.values()) / 1e3)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return Sample(
        rss_mb=pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        files=len(list(Path("/proc/self/fd").iterdir())),
        threads=len(list(Path("/proc/self/task").iterdir())),
        index_kb=sum(sizes.values()) / 1e3,
    )


def run_soak(root: Path, *, seconds: float, period_s: float = 1.0) -> Soak:
    """A run that is over."""
    soak = Soak(root, seconds, period_s)
    with small_models():
        soak.run()
    return soak


def main() -> int:
    """One run, its figures as JSON, and an exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--period", type=float, default=1.0, help="seconds between two changes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak = run_soak(Path(folder), seconds=arguments.seconds, period_s=arguments.period)
    third = max(1, len(soak.samples) // 3)
    figures = {
        **{name: getattr(soak, name) for name in ("seconds", "changes", "rebuilds", "questions", "answered")},
        "after_a_third": asdict(soak.samples[third]),
        "at_the_end": asdict(soak.samples[-1]),
        "wrong": soak.wrong[:20],
    }
    print(json.dumps(figures))  # noqa: T201 - the result
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
