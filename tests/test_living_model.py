"""A dictionary as model of the corpus, against the engine: whatever is done to files, answers are from present ones."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from small_engine import KEYS, open_small, question_about, quotes_of, small_models, text_of

from qabot.datatypes import Answer

ASKED = KEYS[:4]
FOLDERS = ("", "one/", "two/", "one/deep/")
WHICH = st.integers(0, 99)
PATHS = st.builds(lambda folder, name: f"{folder}{name}.txt", st.sampled_from(FOLDERS), st.sampled_from("abc"))


class _Killed(BaseException):
    """The end of a builder in the middle, as if by a signal: nothing of qabot may catch it."""


class LivingIndex(RuleBasedStateMachine):
    """``files`` is the model: what is on the disk, by id, as key and value."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.root = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.stack.enter_context(small_models())
        self.files: dict[str, tuple[str, str]] = {}
        self.version = 0
        self.engine = open_small(self.root)

    def teardown(self) -> None:
        """Give everything back."""
        self.engine.close()
        self.stack.close()

    @rule(path=PATHS, key=st.sampled_from(ASKED))
    def write(self, path: str, key: str) -> None:
        """A new file, or one over another."""
        self.version += 1
        self.files[path] = (key, f"v{self.version}")
        self._path(path).parent.mkdir(parents=True, exist_ok=True)
        self._path(path).write_text(text_of(*self.files[path]), encoding="utf-8")

    @precondition(lambda self: self.files)
    @rule(which=WHICH, key=st.sampled_from(ASKED))
    def edit(self, which: int, key: str) -> None:
        """Another content for one of the files that are there."""
        self.write(self._name(which), key)

    @precondition(lambda self: self.files)
    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        """One of the files that are there."""
        name = self._name(which)
        del self.files[name]
        self._path(name).unlink()

    @precondition(lambda self: self.files)
    @rule(which=WHICH, new=PATHS)
    def rename(self, which: int, new: str) -> None:
        """Also over a file that is there."""
        old = self._name(which)
        if old != new:
            self.files[new] = self.files.pop(old)
            self._path(new).parent.mkdir(parents=True, exist_ok=True)
            self._path(old).replace(self._path(new))

    @rule(folder=st.sampled_from(FOLDERS[1:]), to=st.sampled_from(("moved/", "two/in/")))
    def move_folder(self, folder: str, to: str) -> None:
        """A whole folder under another name, if that is free; what lies there goes on as before."""
        free = not to.startswith(folder) and not self._path(to).exists()
        if free and self._path(folder).is_dir():
            self._path(to).parent.mkdir(parents=True, exist_ok=True)
            self._path(folder).rename(self._path(to))
            self.files = {
                name.replace(folder, to, 1) if name.startswith(folder) else name: said
                for name, said in self.files.items()
            }

    @rule(folder=st.sampled_from(("one/", "two/", "moved/")))
    def delete_folder(self, folder: str) -> None:
        """With all that lies in it."""
        if self._path(folder).is_dir():
            shutil.rmtree(self._path(folder))
            self.files = {name: said for name, said in self.files.items() if not name.startswith(folder)}

    @rule(step=st.integers(0, 12))
    def killed_build(self, step: int) -> None:
        """A build that ends in the middle changes nothing that can be seen."""
        left = step

        def kill(*_: object) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise _Killed

        with suppress(_Killed):
            self.engine.refresh(kill)

    @rule(path=PATHS, key=st.sampled_from(ASKED))
    def written_slowly(self, path: str, key: str) -> None:
        """A file whose second half comes in the middle of a refresh, if that waits for it: no half is ever shown."""
        self.write(path, key)
        whole = self._path(path).read_bytes()
        self._path(path).write_bytes(whole[: whole.index(b".") - 1])  # v1 of v12

        def finish(_: float) -> None:
            self._path(path).write_bytes(whole)

        with patch("qabot.index.settling.time", SimpleNamespace(sleep=finish)):
            self.engine.refresh()
        finish(0.0)
        self.ask()

    @rule()
    def tidied(self) -> None:
        """Merging the pieces of the index changes no answer."""
        self.engine.tidy()

    @rule(damage=st.sampled_from(("none", "part", "current", "left over", "all")))
    def restart(self, damage: str) -> None:
        """Another process, after whatever has happened to the index meanwhile."""
        self.engine.close()
        embeddings = self.root / "embeddings"
        if damage == "part":
            for part in sorted(embeddings.glob("generations/*/*"))[:1]:
                part.unlink() if part.is_file() else shutil.rmtree(part)
        elif damage == "current":
            (embeddings / "CURRENT").write_text("0123456789abcdef\n", encoding="ascii")
        elif damage == "left over":
            (embeddings / "building-1-dead").mkdir(exist_ok=True)
        elif damage == "all":
            shutil.rmtree(embeddings)
        self.engine = open_small(self.root)

    @rule()
    def ask(self) -> None:
        """Also before anything was taken up: nothing is shown that does not stand in a present file."""
        for key in ASKED:
            self._require_present(key)

    @rule()
    def settle(self) -> None:
        """After it every question has the answer that the model has, and none other."""
        built = self.engine.refresh()
        assert [one.id for one in self.engine.documents()] == sorted(self.files)
        assert built is None or not list((self.root / "embeddings").glob("building-*"))
        for key in ASKED:
            self._require_present(key)
            expected = {value for said, value in self.files.values() if said == key}
            result = self.engine.ask(question_about(key))
            assert isinstance(result, Answer) == bool(expected), (key, result)
            assert not isinstance(result, Answer) or result.text in expected

    def _require_present(self, key: str) -> None:
        for quote in quotes_of(self.engine.ask(question_about(key))):
            assert quote.source in self.files, quote
            text = text_of(*self.files[quote.source])
            assert quote.span.of(text) == quote.text

    def _name(self, which: int) -> str:
        return sorted(self.files)[which % len(self.files)]

    def _path(self, name: str) -> Path:
        return self.root / "seeds" / name


def _run(*, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        LivingIndex,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )


def test_answers_are_from_present_files() -> None:
    """A few dozen steps of each kind, the same ones in every run."""
    _run(examples=8, steps=25)


@pytest.mark.slow
def test_answers_are_from_present_files_for_long() -> None:
    """Thousands of steps."""
    _run(examples=200, steps=50)
