"""What was measured, as the rows of a table: pure functions from the figures to words."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

CAVEATS = """\
What these figures do not show: how often the answers are right (benchmarks/answers.py tells that); other machines, and
this one when it is busy: read the ratios, and compare only what one run measured. The warm corpus is made up, its
sentences are alike, so more passages look promising than in real texts. One question is asked at a time, and the disk's
cache is warm."""


class Row(NamedTuple):
    """One line of the table."""

    what: str
    value: str
    note: str


def as_text(rows: Sequence[Row]) -> str:
    """Lines with aligned columns."""
    return "\n".join(f"{row.what:<44} {row.value:>16}   {row.note}".rstrip() for row in rows)


def of(part: str, measured: dict[str, Any]) -> list[Row]:
    """The rows of one part of the result."""
    return _PARTS[part](measured)


def _cold(measured: dict[str, Any]) -> list[Row]:
    runs: dict[str, list[dict[str, float]]] = measured["runs"]
    mine = _median(next(iter(runs.values())), "wall_s")
    return [
        Row(
            f"cold, {name}",
            f"{_median(found, 'wall_s'):.2f} s",
            f"median of {len(found)}, best {min(one['wall_s'] for one in found):.2f}, "
            f"CPU {_median(found, 'cpu_s'):.2f} s; x {_median(found, 'wall_s') / mine:.1f}",
        )
        for name, found in runs.items()
    ]


def _median(runs: Sequence[dict[str, float]], what: str) -> float:
    return statistics.median(one[what] for one in runs)


def _warm(measured: dict[str, Any]) -> list[Row]:
    asked = measured["asked"]
    answered = [one for one in asked if one["answered"]]
    refused = [one for one in asked if not one["answered"]]
    right = sum(one["right"] for one in asked)
    sound = sum(not one["answered"] and not one["answerable"] for one in asked)
    answerable = sum(one["answerable"] for one in asked)
    size = f"{measured['chunks']:,} chunks of {measured['documents']:,} documents"
    return [
        Row("index, brought up to date", f"{measured['index_s']:.1f} s", size),
        Row("index, opened with the models", f"{measured['open_s']:.2f} s", "once"),
        _times("warm, answered", answered),
        _times("warm, refused", refused),
        _times("warm, together", asked),
        Row("passages read", *_passages(asked)),
        Row("answerable: right", f"{right} of {answerable}", "made-up text: shows only that the work was done"),
        Row("unanswerable: refused", f"{sound} of {len(asked) - answerable}", "likewise; one half are near misses"),
        Row("memory, peak", f"{measured['peak_bytes'] / 1e6:.0f} MB", f"open and {len(asked)} questions asked"),
    ]


def _times(what: str, asked: Sequence[dict[str, Any]]) -> Row:
    times = [one["ms"] for one in asked]
    if len(times) < 2:
        return Row(what, "-", f"{len(times)} questions")
    share = statistics.quantiles(times, n=20, method="inclusive")
    return Row(what, f"{statistics.median(times):.0f} ms", f"median of {len(times)}, p95 {share[18]:.0f} ms")


def _passages(asked: Sequence[dict[str, Any]]) -> tuple[str, str]:
    counts = [one["passages"] for one in asked]
    return f"{statistics.mean(counts):.1f}", f"a question; median {statistics.median(counts):.0f}, most {max(counts)}"


def _embedding(measured: dict[str, Any]) -> list[Row]:
    rates: dict[str, float] = measured["per_second"]
    last = list(rates.values())[-1]
    rows = [
        Row(
            f"embedding, {engine}", f"{rate:.0f} texts/s", f"{measured['texts']} chunks one by one, x {rate / last:.1f}"
        )
        for engine, rate in rates.items()
    ]
    if measured["mean_cosine"] is not None:
        rows.append(Row("cosine between the two engines", f"{measured['mean_cosine']:.4f}", "mean"))
    return rows


def _install(measured: dict[str, Any]) -> list[Row]:
    torch = "with torch" if measured["torch"] else "no torch"
    total = Row("install", f"{measured['bytes'] / 1e6:.0f} MB", f"{measured['packages']} packages, {torch}")
    return [total, *(Row(f"  {name}", f"{size / 1e6:.1f} MB", "") for name, size in measured["largest"].items())]


def _install_extra(measured: dict[str, Any]) -> list[Row]:
    first, *others = _install(measured)
    return [first._replace(what="install with sentence-transformers"), *others]


_PARTS: dict[str, Callable[[dict[str, Any]], list[Row]]] = {
    "cold": _cold,
    "warm": _warm,
    "embedding": _embedding,
    "install": _install,
    "install_extra": _install_extra,
}
