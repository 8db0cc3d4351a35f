"""`qabot doctor`: what is broken is named with its remedy, nothing is changed, and the token is never shown."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cli_process import run
from cli_shell import Shell
from corpus import SEED, make_root
from results import HOSTILE
from small_index import IDENTITY, listing, unwritable

from qabot.config import Config, DiscordConfig, ServerGrant
from qabot.discord_bot.credentials import TOKEN_NAME
from qabot.doctor import Check, as_text, examine, exit_code
from qabot.doctor.configuration import configuration_checks
from qabot.doctor.grants import grant_checks
from qabot.doctor.installation import LIBRARIES
from qabot.doctor.models import model_checks
from qabot.doctor.seeds import seeds_checks
from qabot.engine import Engine
from qabot.index.checking import check_index
from qabot.index.lock import builder_lock
from qabot.index.manifest import MANIFEST_NAME, generation_id
from qabot.index.notes import write_note
from qabot.index.opening import current_id
from qabot.index.settling import UNSETTLED_NAME
from qabot.terminal import Screen
from qabot.weights import MODELS_DIR, SUMS_NAME

TOP = Path(__file__).parent.parent
GROUPS = ["installation", "models", "configuration", "seeds", "index", "token"]
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.secret-secret_secret"  # noqa: S105 - of no bot
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights and locks")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with an index and a file that cannot be read; never changed."""
    root = tmp_path_factory.mktemp("built")
    Engine.open(make_root(root, {SEED.name: SEED.read_bytes(), "photo.jpg": b"x"})).close()
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    """A copy of that corpus."""
    return Path(shutil.copytree(built, tmp_path / "corpus"))


def checks_of(root: Path, **environ: str) -> list[Check]:
    """The examination, which leaves every file as it was."""
    before = listing(root)
    found = examine(root, environ)
    assert listing(root) == before
    return found


def one(checks: list[Check], part: str) -> Check:
    """The only check whose text holds ``part``."""
    (found,) = (check for check in checks if part in check.text)
    return found


def states(checks: list[Check], state: str) -> list[str]:
    """The texts of the checks in a state."""
    return [check.text for check in checks if check.state == state]


def test_a_sound_corpus_has_no_problem(root: Path) -> None:
    """Every group is looked at; a file that cannot be read is warned of, with its remedy; no token is no fault."""
    checks = checks_of(root)
    assert list(dict.fromkeys(check.group for check in checks)) == GROUPS
    assert states(checks, "problem") == []
    warned = one(checks, "photo.jpg is left out")
    assert states(checks, "warning") == [warned.text]
    assert warned.remedy.startswith("Save it as one of ")
    assert exit_code(checks) == 0
    assert one(checks, "there is no Discord token").state == "ok"


def test_each_warning_and_problem_has_a_remedy(tmp_path: Path) -> None:
    """Whoever reads of a fault reads what to do about it."""
    make_root(tmp_path, {"photo.jpg": b"x"})
    (tmp_path / "qabot.toml").write_text("[answers]\nthreshold = 7\n", encoding="utf-8")
    faults = [check for check in checks_of(tmp_path, **{TOKEN_NAME: "a b"}) if check.state != "ok"]
    assert {check.group for check in faults} == {"configuration", "seeds", "index", "token"}
    assert all(check.remedy for check in faults)


def test_a_damaged_index_is_a_problem(root: Path) -> None:
    """A flipped byte is found by its sum; the code says that the index cannot be used."""
    path = root / "embeddings/generations" / current_id(root / "embeddings") / "1-vectors.faiss"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    checks = checks_of(root)
    assert states(checks, "problem") == ["1-vectors.faiss of the index differs from its checksum"]
    assert exit_code(checks) == 3


def test_no_index_yet_is_a_warning(root: Path) -> None:
    """The next question builds it, so nothing is broken."""
    shutil.rmtree(root / "embeddings")
    checks = checks_of(root)
    assert one(checks, "there is no index").remedy.startswith("Run qabot index")
    assert exit_code(checks) == 0


def test_an_index_of_another_version_is_a_warning(root: Path) -> None:
    """After an upgrade the next command builds it again; nobody has to do anything."""
    folder = root / "embeddings/generations" / current_id(root / "embeddings")
    data = (folder / MANIFEST_NAME).read_bytes().replace(b'"schema":', b'"schema":9')
    (folder / MANIFEST_NAME).write_bytes(data)
    folder.rename(folder.with_name(generation_id(data)))
    (root / "embeddings/CURRENT").write_text(f"{generation_id(data)}\n", encoding="ascii")
    checks = checks_of(root)
    assert one(checks, "laid out by another version of qabot").state == "warning"
    assert exit_code(checks) == 0


def test_changed_files_and_other_settings_are_warnings(root: Path) -> None:
    """An index that the next command brings up to date is not broken; why it is not current is said."""
    (root / "seeds/new.txt").write_text("New.", encoding="utf-8")
    (root / "qabot.toml").write_text("[chunks]\nmax_tokens = 170\n[answers]\nthreshold = 0.5\n", encoding="utf-8")
    checks = checks_of(root)
    assert one(checks, "files changed since the index was built").state == "warning"
    assert one(checks, "built with other settings (max_tokens: 160, not 170)").state == "warning"
    assert one(checks, "qabot.toml sets chunks.max_tokens = 170, answers.threshold = 0.5").state == "ok"
    assert exit_code(checks) == 0


def test_a_file_that_was_still_being_written_to_is_named(root: Path) -> None:
    """What an update left out is told with the changes, while it differs; a note of a file that is gone is not."""
    new = root / "seeds/new.txt"
    new.write_text("New.", encoding="utf-8")
    note = root / "embeddings" / UNSETTLED_NAME
    write_note(note, {"new.txt": 1, "gone.txt": 1})
    text = "files changed since the index was built; new.txt was still being written to when an update last looked"
    assert one(checks_of(root), "files changed").text == text
    note.unlink()
    assert one(checks_of(root), "files changed").text == "files changed since the index was built"
    write_note(note, {"new.txt": 1})
    new.unlink()
    assert one(checks_of(root), "up to date with seeds/").state == "ok"


def test_a_broken_configuration_does_not_stop_the_others(root: Path) -> None:
    """The fault is named, and documents, index and token are examined all the same."""
    (root / "qabot.toml").write_text("[answers\n", encoding="utf-8")
    checks = checks_of(root)
    assert list(dict.fromkeys(check.group for check in checks)) == GROUPS
    (problem,) = states(checks, "problem")
    assert "qabot.toml cannot be read" in problem
    assert exit_code(checks) == 2
    assert one(checks, "up to date with seeds/")


def test_a_folder_that_does_not_exist_is_a_problem(tmp_path: Path) -> None:
    """Without a folder, installation and models are all there is to examine."""
    checks = examine(tmp_path / "nowhere", {})
    assert [check.group for check in checks if check.state == "problem"] == ["configuration"]
    assert exit_code(checks) == 2


def test_no_seeds_is_a_problem(root: Path) -> None:
    """A folder without seeds/ is told once for itself; the index is looked at all the same."""
    shutil.rmtree(root / "seeds")
    checks = checks_of(root)
    assert [check.group for check in checks if check.state == "problem"] == ["seeds"]
    assert one(checks, "whether it is up to date cannot be told").state == "warning"
    assert one(checks, "every sum is right")
    assert exit_code(checks) == 2


def test_a_seeds_folder_without_documents_is_a_warning(tmp_path: Path) -> None:
    """It is a state, not a fault."""
    make_root(tmp_path, {})
    assert one(checks_of(tmp_path), "there are no documents").state == "warning"


def test_grants_are_shown_as_qabot_toml_has_them(tmp_path: Path) -> None:
    """Server by server with the keys of the file, without the names of classes."""
    (tmp_path / "qabot.toml").write_text("", encoding="utf-8")
    servers = {"7": ServerGrant(("staff", "faq")), "8": ServerGrant(())}
    config = Config(tmp_path, discord=DiscordConfig(public=("faq",), servers=servers))
    shown = one(list(configuration_checks(config, None, {})), "qabot.toml sets").text
    assert "discord.public = ['faq']" in shown
    assert "discord.servers.7.collections = ['staff', 'faq'], discord.servers.8.collections = []" in shown
    assert "ServerGrant" not in shown


def test_a_granted_folder_without_documents_is_a_warning(tmp_path: Path) -> None:
    """Each name that grants nothing is told with its key; folders, sub-folders, the top and everything are fine."""
    found = list(
        grant_checks(
            DiscordConfig(
                public=("faq", "FAQ", "*"),
                servers={"7": ServerGrant(("staff/plans", "staff", "staff/old", ".")), "8": ServerGrant(("top.md",))},
            ),
            ["faq/a.md", "staff/plans/b.md", "top.md"],
        )
    )
    assert [check.text.split(" grants ")[0] + check.text.split("'")[1] for check in found] == [
        "discord.publicFAQ",
        "discord.servers.7.collectionsstaff/old",
        "discord.servers.8.collectionstop.md",
    ]
    assert {(check.state, bool(check.remedy)) for check in found} == {("warning", True)}
    (nothing,) = grant_checks(DiscordConfig(public=(".",)), ["faq/a.md"])
    assert "seeds itself" in nothing.text
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.md").write_text("A.", encoding="utf-8")
    named = Config(tmp_path, discord=DiscordConfig(public=("nowhere",)))
    assert any("nowhere" in check.text for check in seeds_checks(named))


def test_files_that_cannot_be_read_are_not_called_documents(tmp_path: Path) -> None:
    """What is counted before reading is files; whether they are documents is told of each that is none."""
    Engine.open(make_root(tmp_path, {"a.txt": "A cat sat here.", "b.txt": b"", "c.jpg": b"x"})).close()
    checks = [check.text for check in checks_of(tmp_path) if check.group == "seeds"]
    assert checks[0].startswith("2 files of types that are read, ")
    assert [text.split()[0] for text in checks[1:]] == ["b.txt", "c.jpg"]


def test_many_unreadable_files_are_not_all_named(tmp_path: Path) -> None:
    """Twenty are, the rest is counted with the command that names all."""
    make_root(tmp_path, {f"{number}.jpg": b"x" for number in range(30)})
    checks = [check for check in checks_of(tmp_path) if ".jpg" in check.text or "more files" in check.text]
    assert (len(checks), checks[-1].text) == (21, "10 more files are left out")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A copy of the shipped models."""
    return Path(shutil.copytree(MODELS_DIR, tmp_path / "models"))


def test_a_model_that_lost_a_byte_is_a_problem(models: Path) -> None:
    """Each file that is damaged or missing is named; sound ones are not."""
    assert [check.state for check in model_checks(models)] == ["ok", "ok"]
    data = (models / "tokenizer.json").read_bytes()
    (models / "tokenizer.json").write_bytes(data[:-1])
    (models / "reader.onnx").unlink()
    found = list(model_checks(models))
    assert [(check.state, check.text.split(" ")[3]) for check in found] == [
        ("problem", "reader.onnx"),
        ("problem", "tokenizer.json"),
    ]
    assert exit_code(found) == 3
    assert all("Reinstall" in check.remedy for check in found)


def test_probabilities_of_another_reader_are_a_problem(models: Path) -> None:
    """A reader that was exchanged with its sum leaves a calibration that means nothing."""
    sums = (models / SUMS_NAME).read_text(encoding="ascii")
    data = (models / "encoder.onnx").read_bytes()
    (models / "reader.onnx").write_bytes(data)
    digest = next(line for line in sums.splitlines() if "encoder" in line).split()[0]
    (models / SUMS_NAME).write_text(re.sub(r"\w+(?=  reader)", digest, sums), encoding="ascii")
    assert [check.text for check in model_checks(models) if check.state == "problem"] == [
        "the probabilities were fitted to another reader.onnx"
    ]


def test_the_libraries_are_those_of_the_project() -> None:
    """Every dependency in pyproject.toml is examined, and nothing else."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {re.split(r"[<>=]", name)[0] for name in project["dependencies"]} == LIBRARIES.keys()


def test_a_missing_library_is_a_problem_and_costs_no_other_check(root: Path) -> None:
    """What cannot be imported is named; the groups that do not need it still run."""
    without = "import sys; sys.modules |= dict.fromkeys(('discord', 'faiss')); from qabot.cli import run; run()"
    done = run(root, "doctor", "--json", program=(sys.executable, "-c", without))
    checks = [Check(**check) for check in json.loads(done.stdout)["checks"]]
    assert (done.returncode, done.stderr) == (3, b"")
    problems = states(checks, "problem")
    assert problems[:2] == ["the library discord.py is not installed", "the library faiss-cpu is not installed"]
    broken = {check.group for check in checks if check.text.startswith("a library cannot be loaded")}
    assert broken == {"index", "token"}
    assert {check.group for check in checks if check.state == "ok"} >= {
        "installation",
        "models",
        "configuration",
        "seeds",
    }


def test_a_configured_engine_needs_its_extra(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without sentence-transformers the engine of that name is a problem, and the other one is none."""
    monkeypatch.setattr("qabot.doctor.installation.find_spec", lambda _: None)
    assert one(checks_of(root), "the extra sentence-transformers is not installed").state == "ok"
    (root / "qabot.toml").write_text('[encoder]\nengine = "sentence-transformers"\n', encoding="utf-8")
    assert "pip install" in one(checks_of(root), "needs the extra sentence-transformers").remedy


@POSIX
def test_a_running_build_is_told_with_its_process(root: Path) -> None:
    """While a living process holds the lock, what lies in its building folder is nobody's left-over."""
    (root / "embeddings/building-1-a").mkdir()
    program = [sys.executable, str(TOP / "tests/small_index.py"), "hold", str(root)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, env=_environment()) as holder:  # noqa: S603 - our own program
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == b"ready\n"
            running = one(checks_of(root), "a build is running")
        finally:
            holder.kill()
    assert running.text.startswith(f"a build is running in another process (number {holder.pid}, since ")
    left = one(checks_of(root), "an interrupted build left 1 folder: building-1-a")
    assert (left.state, left.remedy) == ("warning", "Run qabot index: it removes them.")


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": f"{TOP}:{TOP / 'tests'}"}


@POSIX
def test_an_index_that_cannot_be_written_is_a_warning(root: Path) -> None:
    """Questions are still answered from it; that changes are not followed is said."""
    with unwritable(root / "embeddings"):
        found = one(checks_of(root), "cannot be written to")
    assert (found.state, found.remedy) == ("warning", "Give qabot the right to write there.")


def test_a_full_disk_is_a_warning(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less room than a build needs is told before the build fails."""
    monkeypatch.setattr("qabot.doctor.index.shutil.disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    assert one(checks_of(root), "1.0 MB free on the disk").state == "warning"


@pytest.mark.parametrize(
    ("token", "state", "code"),
    [(TOKEN, "ok", 0), ("abc.def", "warning", 0), ("a..b", "warning", 0), ("a b", "problem", 2)],
)
def test_the_token_is_examined_and_never_shown(root: Path, token: str, state: str, code: int) -> None:
    """Its form is judged, from the environment or from .env; no part of it is in what is printed."""
    for in_file in (False, True):
        if in_file:
            (root / ".env").write_text(f"DISCORD_TOKEN={token}\n", encoding="utf-8")
            (root / ".env").chmod(stat.S_IRUSR | stat.S_IWUSR)
        checks = checks_of(root) if in_file else checks_of(root, **{TOKEN_NAME: token})
        said = [check for check in checks if check.group == "token"]
        assert ([check.state for check in said], exit_code(checks)) == ([state], code)
        shown = as_text(checks, Screen())
        assert not [part for part in re.findall(r"\w{5,}", TOKEN) if part in shown]


@POSIX
def test_a_token_that_others_may_read_is_a_warning(root: Path) -> None:
    """The remedy is the command that closes the file."""
    (root / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\n", encoding="utf-8")
    (root / ".env").chmod(0o644)
    assert one(checks_of(root), "other users of this machine may read").remedy == f"Run: chmod 600 {root / '.env'}"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_token_in_a_repository_is_a_warning(root: Path) -> None:
    """A tracked .env is told, one that only lies beside the repository's files is not."""
    (root / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\n", encoding="utf-8")
    (root / ".env").chmod(0o600)
    _git(root, "init", "-q")
    assert states(checks_of(root), "warning") == ["photo.jpg is left out: files of type .jpg are not read"]
    _git(root, "add", "-f", ".env")
    assert "git rm --cached .env" in one(checks_of(root), "is in the git repository").remedy


def _git(root: Path, *words: str) -> None:
    subprocess.run([str(shutil.which("git")), "-C", str(root), *words], check=True)  # noqa: S603 - git and our words


@POSIX
@pytest.mark.parametrize(
    "name", ["seeds", "embeddings", "qabot.toml", ".env", "embeddings/CURRENT", "embeddings/build.lock"]
)
def test_whatever_stands_in_the_place_of_a_file_or_folder_is_told(root: Path, name: str) -> None:
    """A folder for a file, or the reverse, is a finding and never a traceback."""
    path = root / name
    if path.is_dir():
        shutil.rmtree(path)
        path.touch()
    else:
        path.unlink(missing_ok=True)
        path.mkdir()
    checks = checks_of(root)
    assert list(dict.fromkeys(check.group for check in checks)) == GROUPS
    assert all(check.remedy for check in checks if check.state != "ok")
    if name != "embeddings/build.lock":
        assert exit_code(checks) in {2, 3}


@POSIX
@pytest.mark.parametrize("name", ["embeddings", "embeddings/CURRENT", "embeddings/generations"])
def test_what_stands_in_the_way_of_a_build_is_to_be_moved_away(root: Path, name: str) -> None:
    """Doctor and the check of the index do not advise a build that would fail, but what makes it succeed."""
    path = root / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.mkdir() if path.name == "CURRENT" else path.touch()
    (said,) = [check for check in checks_of(root) if check.state == "problem"]
    checked = check_index(root / "seeds", root / "embeddings", IDENTITY)
    remedy = f"Move {path.name} away, then run qabot index."
    assert (said.remedy, checked.state, checked.remedy) == (remedy, "damaged", remedy)
    path.rename(root / "away")
    Engine.open(Config(root=root)).close()
    assert states(checks_of(root), "problem") == []


@POSIX
@pytest.mark.parametrize("name", ["embeddings/build.lock", "embeddings/build.pid", "embeddings/CURRENT", "qabot.toml"])
def test_no_pipe_is_waited_for(root: Path, name: str) -> None:
    """A pipe in the place of a file is told, or passed over where nobody needs that file now, and never read."""
    with builder_lock(root / "embeddings", timeout_s=0):
        (root / name).unlink(missing_ok=True)
        os.mkfifo(root / name)
        done = run(root, "doctor", "--json", program=(sys.executable, "-m", "qabot"))
    checks = [Check(**check) for check in json.loads(done.stdout)["checks"]]
    expected = {
        "embeddings/build.lock": "build.lock of the index is no regular file",
        "embeddings/build.pid": "a build is running in another process (its number is not known)",
        "embeddings/CURRENT": "CURRENT of the index cannot be read",
        "qabot.toml": "qabot.toml cannot be read: it is no regular file",
    }
    assert one(checks, expected[name])


@pytest.fixture
def shell(root: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """The command line over the corpus."""
    return Shell(root, capsys)


def test_the_command_groups_its_lines(shell: Shell) -> None:
    """A head for each group, the state in words before each line, and the sum at the end."""
    code, out, err = shell("doctor")
    lines = out.split("\n")
    assert (code, err, lines[-2]) == (0, "", "1 warning.")
    assert [line for line in lines if re.fullmatch(r"\w+", line)] == GROUPS
    assert "  warning  photo.jpg is left out: files of type .jpg are not read. Save it as one of" in out
    assert shell.engines == []


def test_json_has_every_check(shell: Shell) -> None:
    """With the code that the process ends with."""
    (shell.root / "qabot.toml").write_text("[answers\n", encoding="utf-8")
    code, out, _ = shell("doctor", "--json")
    data: dict[str, Any] = json.loads(out)
    assert (list(data), data["exit_code"], code) == (["schema", "exit_code", "checks"], 2, 2)
    assert all(list(check) == ["group", "state", "text", "remedy"] for check in data["checks"])


@POSIX
def test_what_a_killed_build_left_goes_as_doctor_says(shell: Shell) -> None:
    """`qabot index` removes it with nothing else to do, but not what somebody is just building."""
    left = shell.root / "embeddings/building-1-a"
    left.mkdir()
    (left / "part").touch()
    remedy = one(checks_of(shell.root), "an interrupted build left").remedy
    assert remedy == "Run qabot index: it removes them."
    with builder_lock(shell.root / "embeddings", timeout_s=0):
        assert shell("index")[0] == 0
        assert left.exists()
    assert shell("index")[0] == 0
    assert not left.exists()


def test_no_name_instructs_the_terminal() -> None:
    """What a file is called leaves as symbols, on one line."""
    shown = as_text([Check("seeds", "warning", HOSTILE, HOSTILE)], Screen())
    assert not [char for char in shown if char != "\n" and not char.isprintable()]
    assert len(shown.split("\n")) == 4
