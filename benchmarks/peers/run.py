"""The same questions, documents and weights through qabot, Haystack, txtai and a plain cosine cut: one table, one plot.

    python benchmarks/peers/run.py [--data DIR] [--limit N] [--sets a,b] [--peers a,b] [--work DIR] [--out DIR]

DIR holds the SQuAD-format files that subsets.json names; without it only the three sets in this repository are asked.
--limit N asks the first N questions of each set, about all of its documents. Each peer runs in an environment of its
own (environments.py makes it), one process for a set's index and one for its questions. Answers and figures land in
--out (default: build/peers): peers.md, peers.svg, peers.json and the answers as JSONL; they hold texts of the data.
A peer that cannot be installed is left out and said so. docs/peers.md says what the figures do not show.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

import environments  # noqa: E402 - benchmarks/ is on the path from here on
import machine  # noqa: E402
import plot  # noqa: E402
import subsets  # noqa: E402
import tables  # noqa: E402
import weights  # noqa: E402
from asking import Models  # noqa: E402
from judging import Judge  # noqa: E402
from processes import PEERS, Bench, measured_cold  # noqa: E402

COLD_SET = "seed"


def main() -> None:
    """Ask everybody everything."""
    arguments = _arguments()
    if arguments.write_subsets:
        subsets.write(arguments.data)
        return
    sets = _sets(arguments)
    interpreters = _interpreters(arguments)
    models = Models(weights.encoder_folder(), weights.reader_folder(arguments.work))
    bench = Bench(arguments.work, interpreters, models)
    measured: dict[str, dict[str, Any]] = {}
    for subset in sets.values():
        folder = bench.prepare(subset)
        judge = Judge(subset, folder / "documents")
        measured[subset.name] = {}
        for peer in interpreters:
            print(f"{subset.name}: {peer}", file=sys.stderr, flush=True)
            measured[subset.name][peer] = _part(bench.asked(peer, subset, keep=arguments.keep_answers), judge)
    costs = {peer: _cost(bench, peer, sets, arguments) for peer in interpreters}
    _write(arguments, sets, measured, costs)


def _part(asked: dict[str, Any], judge: Judge) -> dict[str, Any]:
    """One peer on one set."""
    judged = judge(asked["lines"])
    return {
        "quality": tables.quality(judged),
        "forgiven": tables.quality(tables.forgiven(judged)) if any(one.crash for one in judged) else None,
        "faults": tables.faults(judged),
        "seconds": [line["seconds"] for line in asked["lines"] if "seconds" in line],
        "peak_bytes": asked["peak_bytes"],
        "index_s": asked["index_s"],
        "table": tables.table_of(judged),
    }


def _cost(bench: Bench, peer: str, sets: dict[str, subsets.Subset], arguments: argparse.Namespace) -> dict[str, Any]:
    subset = sets.get(COLD_SET) or next(iter(sets.values()))
    cold = measured_cold(bench, peer, subset, rounds=arguments.cold_rounds) if arguments.cold_rounds else None
    return {"cold_s": cold, "install_bytes": environments.installed_bytes(bench.interpreters[peer])}


def _sets(arguments: argparse.Namespace) -> dict[str, subsets.Subset]:
    """The sets whose files are there, limited."""
    found = {}
    for name in arguments.sets.split(",") if arguments.sets else subsets.RECIPES:
        source = subsets.source_of(name, arguments.data)
        if source is None:
            print(
                f"{name} is left out: give --data DIR with {' or '.join(subsets.RECIPES[name].files)}.", file=sys.stderr
            )
            continue
        try:
            found[name] = subsets.read(name, source).limited(arguments.limit)
        except subsets.SubsetError as error:
            sys.exit(str(error))
    return found


def _interpreters(arguments: argparse.Namespace) -> dict[str, Path]:
    """The peers that can be installed, each with its interpreter."""
    found = {}
    for peer in arguments.peers.split(",") if arguments.peers else PEERS:
        try:
            found[peer] = environments.python_of(PEERS[peer].environment, arguments.environments)
        except environments.EnvironmentMissing as error:
            print(f"{peer} is left out: {error}", file=sys.stderr)
    return found


def _write(
    arguments: argparse.Namespace,
    sets: dict[str, subsets.Subset],
    measured: dict[str, dict[str, Any]],
    costs: dict[str, Any],
) -> None:
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = report(sets, measured, costs, command=" ".join(["python benchmarks/peers/run.py", *sys.argv[1:]]))
    (arguments.out / "peers.md").write_text(text, encoding="utf-8")
    panels = {name: {peer: part["table"] for peer, part in parts.items()} for name, parts in measured.items()}
    (arguments.out / "peers.svg").write_text(plot.drawn(panels), encoding="utf-8")
    kept = {"machine": machine.describe(), "argv": sys.argv[1:], "reader": weights.reader_sum(), "costs": costs}
    kept["sets"] = {name: {peer: _plain(part) for peer, part in parts.items()} for name, parts in measured.items()}
    (arguments.out / "peers.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(text)


def report(
    sets: dict[str, subsets.Subset], measured: dict[str, dict[str, Any]], costs: dict[str, Any], *, command: str
) -> str:
    """The page of one run."""
    quality = [
        row
        for name, parts in measured.items()
        for peer, part in parts.items()
        for row in tables.quality_rows(name, peer, part)
    ]
    compared = {
        name: tables.against_best({peer: part["quality"] for peer, part in parts.items()})
        for name, parts in measured.items()
    }
    cost = [tables.cost_row(peer, [parts[peer] for parts in measured.values()], costs[peer]) for peer in costs]
    about = [_about(name, subset) for name, subset in sets.items()]
    faults = [
        line for name, parts in measured.items() for peer, part in parts.items() for line in _faults(name, peer, part)
    ]
    return "\n".join(
        [
            machine.as_text(machine.describe()),
            f"reader {weights.reader_sum()[:12]}; {command}",
            "",
            *about,
            "",
            tables.markdown(tables.QUALITY_HEAD, quality),
            "",
            *(f"- {name}: {line}" for name, line in compared.items() if line),
            "",
            tables.markdown(tables.COST_HEAD, cost),
            "",
            *faults,
            "",
        ]
    )


def _about(name: str, subset: subsets.Subset) -> str:
    answerable = sum(one.answerable for one in subset.questions)
    return (
        f"- {name}: {subsets.RECIPES[name].about}; {len(subset.questions)} questions, {answerable} of them answerable, "
        f"over {len(subset.documents)} documents"
    )


def _faults(name: str, peer: str, part: dict[str, Any]) -> list[str]:
    found = part["faults"]
    lines = []
    if found["crashes"]:
        lines.append(f"- {name}, {peer}: {found['crashes']} questions raised, the first {found['first_crash']!r}")
    if found["not_in_documents"]:
        said = found["first_not_in_documents"]
        lines.append(f"- {name}, {peer}: {found['not_in_documents']} answers stand in no document, the first {said!r}")
    return lines


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in part.items() if name not in ("table", "forgiven")}
    return {**plain, "quality": {name: vars(value) for name, value in part["quality"].items()}}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the files that subsets.json names")
    parser.add_argument("--limit", type=int, help="questions of each set (default: all of them)")
    parser.add_argument("--sets", help=f"of {','.join(subsets.RECIPES)} (default: those whose file is there)")
    parser.add_argument("--peers", help=f"of {','.join(PEERS)} (default: all)")
    parser.add_argument("--work", type=Path, default=subsets.TOP / "build/peers/work", help="weights and indexes")
    parser.add_argument("--out", type=Path, default=subsets.TOP / "build/peers", help="where the results land")
    parser.add_argument("--environments", type=Path, default=environments.DEFAULT, help="the virtual environments")
    parser.add_argument("--cold-rounds", type=int, default=3, help="whole processes with one question; 0: none")
    parser.add_argument("--keep-answers", action="store_true", help="judge the answers of the last run again")
    parser.add_argument("--write-subsets", action="store_true", help="write subsets.json anew, and nothing else")
    return parser.parse_args()


if __name__ == "__main__":
    main()
