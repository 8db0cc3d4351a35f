"""The layout's rules: a module imports only from modules above it, and nothing unsafe or forbidden is in the code."""

import ast
import hashlib
import re
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
ORDER = (
    "__init__", "datatypes", "errors", "config", "weights",
    "documents", "abbreviations", "sentences", "chunker", "encoder", "index",
    "question", "publication", "retriever", "reader", "rows", "quotes", "calibration", "selection", "second_look",
    "understanding", "passages", "answerer", "answering", "support", "serving", "standing", "failed_rebuild",
    "own_calibration", "behind", "other_settings", "upkeep", "engine", "terminal", "render", "names", "listing",
    "sources", "progress", "pinned", "watching",
    "verification", "evaluation", "calibrating", "discord_bot", "doctor",
    "measuring_arguments", "arguments", "incoming", "streams", "chat", "opening", "cleaning", "index_command",
    "measuring_commands", "cli", "__main__",
)  # fmt: skip
SOURCES = sorted((TOP / "qabot").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "core", "base", "manager", "discord", "types", "logging"}


def module_of(path: Path) -> str:
    """The first part of the module's name below qabot."""
    return path.relative_to(TOP / "qabot").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The modules of qabot that a file imports, also inside of functions; first part of the name below qabot."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module == "qabot":
            names = [f"qabot.{alias.name}" for alias in node.names if alias.name != "__version__"]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found |= {name.split(".")[1] for name in names if name.startswith("qabot.")}
    return found


def test_every_module_has_its_place() -> None:
    """A new module is entered in the order, and a deleted one leaves it."""
    assert {module_of(path) for path in SOURCES} == set(ORDER)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_imports_point_upwards(path: Path) -> None:
    """A module imports only from modules above it."""
    allowed = set(ORDER[: ORDER.index(module_of(path)) + 1])
    assert imported(path) <= allowed


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_no_pickle_no_eval(path: Path) -> None:
    """Nothing that runs what a file says: no pickle, marshal, shelve, eval or exec."""
    code = path.read_text(encoding="utf-8")
    assert not re.search(
        r"\b(import|from) (pickle|marshal|shelve|dill|joblib)\b|\b(eval|exec)\(|allow_pickle=True", code
    )


def test_no_drawer_modules() -> None:
    """No module has a name that says nothing, or the name of one that it imports."""
    assert not {path.stem for path in SOURCES} & FORBIDDEN_NAMES


def test_only_the_front_ends_catch_everything() -> None:
    """A broad except stands in the command line and the Discord layer only."""
    broad = re.compile(r"except( Exception| BaseException)?( as \w+)?:")
    offenders = {module_of(path) for path in SOURCES if broad.search(path.read_text(encoding="utf-8"))}
    assert offenders <= {"cli", "chat", "discord_bot"}


def test_the_first_seed_is_the_users() -> None:
    """The user's document is in seeds/ byte for byte."""
    seed = (TOP / "seeds" / "000_6cf532a91651e651.txt").read_bytes()
    assert hashlib.sha256(seed).hexdigest() == "0b06c47e7f27be9aeb01b202b10ebf3e867e994f8ac648acf92406997c36137b"
