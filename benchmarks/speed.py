"""How fast, how much memory, how large: one run, one table.

    python benchmarks/speed.py [--chunks 10000] [--quick] [--install] [--install-extra] [--json FILE]

Cold: whole processes from start to end, in turn. Warm: questions to an open index of --chunks chunks of made-up text.
Embedding: the same chunks with both engines, in turn, one text per run. Memory: the peak of the process that answered.
Install (takes minutes and a package index): a fresh environment. --quick takes few samples: to see that it works, not
to quote. --work DIR keeps the corpora, so that the next run need not build them. docs/benchmarks.md says more.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cold
import embedding
import install
import machine
import rows
import warm

FULL = {"rounds": 5, "answerable": 150, "unanswerable": 75, "texts": 192, "batch": 16}
QUICK = {"rounds": 1, "answerable": 6, "unanswerable": 6, "texts": 8, "batch": 4}


def main() -> None:
    """Measure, print as it goes, store if asked to."""
    arguments = _arguments()
    samples = QUICK if arguments.quick else FULL
    configuration = {**vars(arguments), **samples, "argv": sys.argv[1:]}
    result: dict[str, Any] = {"configuration": configuration, "machine": machine.describe()}
    print(machine.as_text(result["machine"]) + "\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="qabot-speed-") as temporary:
        work = arguments.work or Path(temporary)
        for name, measured in _measure(work, arguments, samples):
            result[name] = measured
            print(rows.as_text(rows.of(name, measured)), flush=True)
    print(f"\n{rows.CAVEATS}")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1, default=str) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=10_000, help="size of the warm corpus (default: 10000)")
    parser.add_argument("--quick", action="store_true", help="few samples")
    parser.add_argument("--without-torch", action="store_true", help="leave out what needs sentence-transformers")
    parser.add_argument("--install", action="store_true", help="measure a default install, too")
    parser.add_argument("--install-extra", action="store_true", help="and one with sentence-transformers")
    parser.add_argument("--work", type=Path, help="keep the corpora and indexes in this folder")
    parser.add_argument("--json", type=Path, help="store everything that was measured in this file")
    return parser.parse_args()


def _measure(
    work: Path, arguments: argparse.Namespace, samples: dict[str, int]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and figures of each part, as soon as they are there."""
    with_torch = not arguments.without_torch and find_spec("sentence_transformers") is not None
    yield "cold", cold.measure(work / "cold", rounds=samples["rounds"], with_torch=with_torch)
    root = work / f"chunks-{arguments.chunks}"
    asked = {name: samples[name] for name in ("answerable", "unanswerable")}
    yield "warm", warm.measure(root, chunks=arguments.chunks, **asked)
    engines = embedding.ENGINES if with_torch else embedding.ENGINES[:1]
    yield "embedding", embedding.measure(root, texts=samples["texts"], batch=samples["batch"], engines=engines)
    if arguments.install:
        yield "install", install.measure(work / "venv")
    if arguments.install_extra:
        yield "install_extra", install.measure(work / "venv-extra", extra="sentence-transformers")


if __name__ == "__main__":
    main()
