"""Python, qabot itself and the libraries: whether they are there, and in which versions."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from qabot import __version__
from qabot.doctor.check import Check

# By distribution, as pyproject.toml names them: the module that is imported.
LIBRARIES: Mapping[str, str] = {
    "aiohttp": "aiohttp",
    "charset-normalizer": "charset_normalizer",
    "discord.py": "discord",
    "faiss-cpu": "faiss",
    "filelock": "filelock",
    "markdown-it-py": "markdown_it",
    "numpy": "numpy",
    "nupunkt": "nupunkt",
    "onnxruntime": "onnxruntime",
    "pathspec": "pathspec",
    "prompt-toolkit": "prompt_toolkit",
    "python-dotenv": "dotenv",
    "py3langid": "py3langid",
    "pypdfium2": "pypdfium2",
    "python-docx": "docx",
    "pyyaml": "yaml",
    "rapidfuzz": "rapidfuzz",
    "selectolax": "selectolax",
    "tantivy": "tantivy",
    "tokenizers": "tokenizers",
    "tqdm": "tqdm",
    "watchfiles": "watchfiles",
    "yarl": "yarl",
}
_EXTRA = ("sentence-transformers", "sentence_transformers")
_REINSTALL = "Install qabot again: pip install . in its clone."


def installation_checks(engine: str) -> Iterator[Check]:
    """``engine``: the configured one, which may need an extra."""
    folder = Path(__file__).parent.parent
    yield Check("installation", "ok", f"qabot {__version__} in {folder}")
    yield _python()
    yield from _libraries()
    yield _extra(engine)
    yield _names_are_utf8()
    yield _temporary_files()


def _python() -> Check:
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count() or 1} processors"
    text = f"Python {platform.python_version()} on {where}"
    if sys.platform == "linux":
        return Check("installation", "ok", text)
    return Check("installation", "ok", f"{text}; qabot is made for Linux, and tested here too")


def _libraries() -> Iterator[Check]:
    """Each library is loaded: what was compiled for another machine is there and fails all the same."""
    loaded = []
    for name, module in LIBRARIES.items():
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            said = "is not installed" if error.name == module else f"cannot be loaded: {error}"
            yield Check("installation", "problem", f"the library {name} {said}", _REINSTALL)
        except (ImportError, OSError) as error:
            yield Check("installation", "problem", f"the library {name} cannot be loaded: {error}", _REINSTALL)
        else:
            loaded.append(f"{name} {_version(name)}")
    yield Check("installation", "ok", f"libraries: {', '.join(loaded)}")


def _extra(engine: str) -> Check:
    name, module = _EXTRA
    if find_spec(module) is not None:
        return Check("installation", "ok", f"the extra {name} {_version(name)} is installed")
    if engine != name:
        return Check("installation", "ok", f"the extra {name} is not installed; the engine {engine} does not need it")
    remedy = f'Install it: pip install ".[{name}]" in the clone of qabot, or set encoder.engine = "onnx".'
    return Check("installation", "problem", f"the configured engine needs the extra {name}", remedy)


def _names_are_utf8() -> Check:
    encoding = sys.getfilesystemencoding()
    if encoding.lower() == "utf-8":
        return Check("installation", "ok", "file names are UTF-8")
    return Check("installation", "warning", f"file names are read as {encoding}", "Set the locale to one with UTF-8.")


def _temporary_files() -> Check:
    try:
        folder = tempfile.gettempdir()  # tries to write there, as opening the index does
    except FileNotFoundError:
        remedy = "Free space, or name a folder in the environment variable TMPDIR."
        return Check("installation", "problem", "there is no folder for temporary files", remedy)
    return Check("installation", "ok", f"temporary files go to {folder}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of an unknown version"
