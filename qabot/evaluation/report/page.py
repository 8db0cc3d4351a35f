"""The page: what was asked, every figure, three charts, the worst mistakes, and all it takes to repeat the run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from xml.etree.ElementTree import Element

from qabot.evaluation.curves import Bin, reliability, risk_curve, swept
from qabot.evaluation.figures import KINDS, Table
from qabot.evaluation.metrics import ECE_LEAST
from qabot.evaluation.mistakes import Passage, missed_ones, passages_of, refused_ones, why_wrong, wrong_ones
from qabot.evaluation.outcomes import Outcome, Prediction
from qabot.evaluation.report.charts import Frame, chart
from qabot.evaluation.report.markup import document, marked, node
from qabot.evaluation.runs import Evaluation
from qabot.evaluation.showing import as_json, footing, heading, row

MOST_WRONG = 20
MOST_REFUSED = 10
MOST_MISSED = 10
_TOPS = (0.1, 0.2, 0.5, 1.0)

_RISK = (
    "If only the surest questions were answered: how many of the answers would be wrong. A question without any answer "
    "comes last, and counts as wrong. The dot is the threshold."
)
_SWEPT = (
    "What another threshold would give. Precision: right answers of those given; coverage: right answers of the "
    "answerable questions; refusal: refused questions of the unanswerable ones. The upright line is the threshold."
)
_RELIABLE = (
    "Predictions of like confidence, in groups of equal size: how many of them are right, with 95 % intervals. On the "
    "broken line confidence is what it says; below it, it promises too much."
)


def page(made: Evaluation) -> str:
    """The whole page as HTML."""
    title, about = heading(made)
    table = Table.of(made.outcomes, made.threshold)
    body = node(
        "main",
        node("h1", title),
        node("p", about),
        *(node("p", note, class_="note") for note in footing(made)),
        node("h2", "Figures"),
        _figures(made),
        node("h2", "Curves"),
        *(_curves(table, made.threshold) if made.outcomes else [node("p", "No question, no curve.")]),
        *_mistakes(made),
        node("h2", "To repeat it"),
        node("details", node("summary", "All figures with the configuration, as JSON"), node("pre", _json(made))),
    )
    style = files("qabot.evaluation.report").joinpath("page.css").read_text(encoding="utf-8")
    return document(title=f"qabot eval: {made.wanted.name}", style=style, body=[body])


def _json(made: Evaluation) -> str:
    return json.dumps(as_json(made), indent=2, ensure_ascii=False)


def _figures(made: Evaluation) -> Element:
    rows = [row(kind, made.figures[kind.name]) for kind in KINDS]
    head = node("tr", *(node("th", name) for name in ("", "value", "95 % interval", "of")))
    cells = (node("tr", node("th", first), *(node("td", cell.strip()) for cell in rest)) for first, *rest in rows)
    return node("div", node("table", head, *cells), class_="wide")


def _curves(table: Table, threshold: float) -> Iterator[Element]:
    yield _figure(_risk_chart(table), _RISK)
    sweep = swept(table)
    yield _figure(_sweep_chart(sweep, threshold), _SWEPT, _sweep_table(sweep))
    bins = reliability(table)
    if not bins:
        yield node("p", f"No reliability diagram: {table.offered.sum()} predictions are too few.", class_="note")
        return
    few = table.offered.sum() < ECE_LEAST
    rough = f" With fewer than {ECE_LEAST} predictions this is rough: look at the intervals." if few else ""
    yield _figure(_reliability_chart(bins), f"{_RELIABLE} {len(bins)} groups.{rough}", _bin_table(bins))


def _figure(picture: Element, caption: str, *more: Element) -> Element:
    return node("figure", picture, node("figcaption", caption), *more)


def _risk_chart(table: Table) -> Element:
    points = risk_curve(table)
    frame = Frame(top=_top(max(risk for _, risk in points)))
    drawn = [frame.line(points, "risk")]
    given = int(table.shown.sum())
    if given:
        wrong = float((~table.right[table.shown]).mean())
        said = f"{_percent(given / len(table.right))} answered, {_percent(wrong)} of them wrong"
        drawn.append(frame.dot((given / len(table.right), wrong), "here", said=said))
    return chart(frame, name="Risk over coverage", across="questions answered", up="wrong", key=(), drawn=drawn)


def _sweep_chart(sweep: Sequence[tuple[float, dict[str, float | None]]], threshold: float) -> Element:
    frame = Frame()
    drawn = [frame.segment((threshold, 0), (threshold, 1), "threshold")]
    names = list(sweep[0][1])
    for name in names:
        values = [(at, value[name]) for at, value in sweep]
        drawn.append(frame.line([(at, value) for at, value in values if value is not None], name))
    key = [(name, name) for name in names]
    return chart(
        frame,
        name="Figures over the threshold",
        across="threshold (50 %: --threshold 0.5)",
        up="",
        key=key,
        drawn=drawn,
    )


def _reliability_chart(bins: Sequence[Bin]) -> Element:
    frame = Frame()
    drawn = [frame.segment((0, 0), (1, 1), "ideal")]
    for one in bins:
        said = f"{one.count} predictions at {_percent(one.confidence)}: {_percent(one.right)} right"
        drawn.append(frame.segment((one.confidence, one.low), (one.confidence, one.high), "interval"))
        drawn.append(frame.dot((one.confidence, one.right), "bin", said=said))
    return chart(frame, name="Reliability", across="confidence", up="right", key=(), drawn=drawn)


def _sweep_table(sweep: Sequence[tuple[float, dict[str, float | None]]]) -> Element:
    rows = [[f"{at:.2f}", *map(_percent, values.values())] for at, values in sweep[::5]]
    return _numbers(["threshold", *sweep[0][1]], rows)


def _bin_table(bins: Sequence[Bin]) -> Element:
    rows = [
        [_percent(one.confidence), _percent(one.right), f"{_percent(one.low)} to {_percent(one.high)}", str(one.count)]
        for one in bins
    ]
    return _numbers(["confidence", "right", "95 % interval", "predictions"], rows)


def _numbers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Element:
    head = node("tr", *(node("th", name) for name in names))
    cells = (node("tr", *(node("td", cell) for cell in one)) for one in rows)
    return node("details", node("summary", "The numbers"), node("table", head, *cells))


def _mistakes(made: Evaluation) -> Iterator[Element]:
    wrong = wrong_ones(made.outcomes, made.threshold)
    yield node("h2", "Wrong answers that were shown")
    yield node("p", _how_many(wrong, MOST_WRONG, "the surest first"))
    yield from (_mistake(one, made) for one in wrong[:MOST_WRONG])
    refused = refused_ones(made.outcomes, made.threshold)
    yield node("h2", "Right answers that were refused")
    yield node("p", _how_many(refused, MOST_REFUSED, "the nearest to the threshold first"))
    yield from (_mistake(one, made) for one in refused[:MOST_REFUSED])
    missed = missed_ones(made.outcomes, made.threshold)
    yield node("h2", "Answerable questions that were refused, without a right answer at hand")
    yield node("p", _how_many(missed, MOST_MISSED, "the surest of their best answers first"))
    yield from (_mistake(one, made) for one in missed[:MOST_MISSED])


def _how_many(outcomes: Sequence[Outcome], most: int, order: str) -> str:
    if not outcomes:
        return "None."
    first = f"the first {most} of {len(outcomes):,}" if len(outcomes) > most else f"all {len(outcomes)}"
    return f"{order.capitalize()}; {first}."


def _mistake(outcome: Outcome, made: Evaluation) -> Element:
    question, prediction = outcome.question, outcome.prediction
    place = ", ".join(filter(None, (question.article, question.place, question.id and f"id {question.id}")))
    golds = dict.fromkeys(gold.text for gold in question.golds)
    right = " / ".join(golds) if golds else "nothing: the documents do not say"
    why = why_wrong(outcome)
    return node(
        "article",
        node("h3", question.text),
        _said(prediction),
        node("p", "right: ", node("mark", right, class_="gold") if golds else right, *_rank(outcome)),
        *([node("p", why, class_="note")] if why else []),
        *(part for passage in passages_of(outcome, made.dataset.passages) for part in _passage(passage)),
        node("p", f"the question: {made.wanted.name}, {place}", class_="note"),
    )


def _said(prediction: Prediction | None) -> Element:
    """The best answer, be it shown or not."""
    if prediction is None or prediction.quote is None:
        return node("p", "said: nothing, no answer was found")
    sure = _percent(prediction.confidence)
    return node("p", "said, ", sure, " sure: ", node("mark", prediction.text, class_="said"))


def _rank(outcome: Outcome) -> list[str]:
    if outcome.rank is None:
        return []
    found = f"found as number {outcome.rank}" if outcome.rank else "not among the first passages found"
    return [f" (a passage with it was {found})"]


def _passage(passage: Passage) -> Iterator[Element]:
    marks = {
        name: [span.shifted(-passage.start) for span in spans]
        for name, spans in (("said", passage.said), ("gold", passage.gold))
    }
    before, after = ("\u2026 " * passage.cut_before), (" \u2026" * passage.cut_after)
    yield node("blockquote", before, *marked(passage.text, **marks), after, dir="auto")
    yield node("p", passage.source, class_="source")


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:.1f} %"


def _top(share: float) -> float:
    """Where an axis ends that holds the share, so that its five steps are round."""
    return next(top for top in _TOPS if share <= top)
