"""The page: what stands on it, that foreign text stays text, and that it needs nothing but itself."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from evaluated import outcome
from results import HOSTILE

from qabot.config import Config
from qabot.datatypes import Span
from qabot.errors import UsageError
from qabot.evaluation import Evaluation, Wanted, as_json
from qabot.evaluation.datasets import Dataset, Gold
from qabot.evaluation.figures import figures_of
from qabot.evaluation.outcomes import Outcome
from qabot.evaluation.report import NAME, prepared, write_report
from qabot.evaluation.report.charts import Frame
from qabot.evaluation.report.markup import marked, node
from qabot.evaluation.report.page import page

MIXED = [
    outcome("blue whale", "the blue whale", 0.9, rank=1),
    outcome("Paris", "London", 0.75, rank=0),
    outcome("", "a guess", 0.625),
    outcome("cat", "cat", 0.25, rank=20),
]
EVIL = f"</p><script>alert(1)</script>&amp;'\"{HOSTILE}"


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten in place of 2,000: no interval is looked at."""
    monkeypatch.setattr("qabot.evaluation.intervals.RESAMPLES", 10)


def evaluation(*outcomes: Outcome, name: str = "q.jsonl", threshold: float = 0.5) -> Evaluation:
    """A finished evaluation of these outcomes."""
    dataset = Dataset(tuple(one.question for one in outcomes))
    figures, groups = figures_of(outcomes, threshold)
    wanted = Wanted(name, b"", "index")
    config = Config(Path("corpus"))
    return Evaluation(wanted, config, dataset, outcomes, threshold, None, figures, groups, elapsed_s=1.0)


class Parsed(HTMLParser):
    """The elements of a page with their attributes, what is text, and what is not closed as it was opened."""

    VOID = frozenset({"meta"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Compare it with what is open."""
        if self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep it by the element that it stands in."""
        if self.open:
            self.words.setdefault(self.open[-1], []).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    """Every element is closed; no script, no link, nothing to load, and a policy that forbids it."""
    text = page(evaluation(*MIXED))
    parsed = Parsed(text)
    assert text.startswith("<!doctype html>\n<html")
    assert (parsed.open, parsed.faults) == ([], [])
    assert not {tag for tag, _ in parsed.elements} & {"script", "link", "img", "iframe", "object", "a", "base", "form"}
    names = {name for _, attributes in parsed.elements for name in attributes}
    assert not names & {"src", "href", "style", "xlink:href"}
    assert not any(name.startswith("on") for name in names)
    assert not re.search(r"https?:|url\(|@import", text)
    assert {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"} in (
        parsed.of("meta")
    )


def test_both_colour_schemes_name_the_same_colours() -> None:
    """What is used is defined, light and dark."""
    style = "".join(Parsed(page(evaluation())).words["style"])
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    used = set(re.findall(r"var\(--(\w+)\)", style))
    assert used == set(re.findall(r"--(\w+):", light)) == set(re.findall(r"--(\w+):", dark))


def test_foreign_text_stays_text() -> None:
    """Whatever is in a question, an answer, a gold, a name or a file: no element comes of it, no character is lost."""
    one = outcome(f"gold {EVIL.replace('/', '|')}", f"said {EVIL}", 0.9)
    assert one.prediction is not None
    assert one.prediction.quote is not None
    one = replace(one, prediction=replace(one.prediction, quote=replace(one.prediction.quote, source=EVIL)))
    asked = replace(one.question, text=EVIL, place=EVIL, id=EVIL, article=EVIL)
    hostile = page(evaluation(replace(one, question=asked), name=EVIL))
    plain = page(evaluation(replace(one, question=replace(asked, text="?", place="?", id="?", article="?"))))
    assert [tag for tag, _ in Parsed(hostile).elements] == [tag for tag, _ in Parsed(plain).elements]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]", hostile)
    assert "</p><script>alert(1)</script>&amp;'\"a\u241b[2J" in "".join(Parsed(hostile).words["h3"])
    hostile.encode("utf-8")


def test_every_figure_is_in_the_table() -> None:
    """Label, value, interval and what it is of, or why there is none."""
    cells = Parsed(page(evaluation(*MIXED))).words
    assert {"precision", "coverage", "refusal", "latency, median"} <= set(cells["th"])
    assert {"33.3 %", "3 answers given", "fewer than 500 predictions"} <= set(cells["td"])


def test_an_area_without_an_exception_is_warned_of() -> None:
    """Its interval has no width though some are to be expected; equal latencies alone are nothing to warn of."""
    right, wrong = outcome("cat", "cat"), outcome("cat", "dog")
    warning = "An interval without width"
    assert warning in page(evaluation(right, right))
    assert warning in page(evaluation(wrong, wrong))
    assert warning not in page(evaluation(right, wrong))


def test_the_embedded_json_is_the_evaluations() -> None:
    """What `--json` prints stands on the page too."""
    made = evaluation(*MIXED)
    assert json.loads("".join(Parsed(page(made)).words["pre"])) == as_json(made)


def test_mistakes_come_in_order_with_their_marks() -> None:
    """Wrong answers, the surest first, then refused right ones; golds and answers are marked, each by its class."""
    parsed = Parsed(page(evaluation(*MIXED)))
    marks = [attributes["class"] for attributes in parsed.of("mark")]
    assert parsed.words["mark"] == ["London", "Paris", "London", "a guess", "a guess", "cat", "cat", "cat"]
    assert marks == ["said", "gold", "said", "said", "said", "said", "gold", "said"]
    text = " ".join(parsed.words["p"])
    assert "The surest first; all 2." in text
    assert "nothing: the documents do not say" in text
    assert "a passage with it was not among the first passages found" in text
    assert "a passage with it was found as number 20" in text


def test_right_words_that_are_wrong_say_why() -> None:
    """The document that the question names is the reason, or the place in it; other wrong answers have none."""
    right = outcome("cat", "cat")
    named = replace(right, question=replace(right.question, source="hall.md", place="line 6"))
    parsed = Parsed(page(evaluation(named, outcome("cat", "dog"))))
    notes = [text for text in parsed.words["p"] if text.startswith(("The words are", "the question:"))]
    assert notes == [
        "The words are right, but not from hall.md, which is the question's document.",
        "the question: q.jsonl, line 6",
        "the question: q.jsonl, line 1",
    ]
    elsewhere = replace(right, question=replace(right.question, golds=(Gold("cat", Span(900, 903)),)))
    assert "The words are right, but they are meant at another place." in page(evaluation(elsewhere))


def test_what_was_refused_without_a_right_answer_is_shown() -> None:
    """Answerable questions with a wrong best answer below the threshold, or none at all, the surest first."""
    refused = [outcome("cat", ""), outcome("cat", "dog", 0.125), outcome("cat", "cow", 0.25)]
    others = [outcome("cat", "cat", 0.25), outcome("cat", "dog"), outcome("", "dog", 0.25), outcome("cat", None)]
    text = page(evaluation(*refused, *others))
    section = text[text.index("without a right answer at hand") :]
    assert section.count("<article>") == 3
    assert section.index(">cow<") < section.index(">dog<") < section.index("said: nothing")


def test_contradicted_questions_are_told() -> None:
    """That the answers count stands in the notes, and the number in the JSON."""
    made = evaluation(*MIXED)
    made = replace(made, dataset=replace(made.dataset, contradicted=2))
    assert as_json(made)["data"]["contradicted"] == 2
    assert (
        '2 questions have an "is_impossible" that their answers contradict; the answers count.'
        in as_json(made)["notes"]
    )


def test_only_the_worst_are_shown() -> None:
    """Twenty wrong ones, and how many there are."""
    parsed = Parsed(page(evaluation(*[outcome("cat", "dog", 0.9)] * 25)))
    assert len(parsed.of("article")) == 20
    assert "The surest first; the first 20 of 25." in parsed.words["p"]
    assert "None." in parsed.words["p"]


def test_charts_have_their_points_where_the_figures_are() -> None:
    """Right, wrong, wrong, right in order of confidence; three of four shown, two of them wrong."""
    text = page(evaluation(*MIXED))
    frame = Frame(top=1.0)  # the risk reaches 2/3
    points = [frame.at(1 / 4, 0), frame.at(2 / 4, 1 / 2), frame.at(3 / 4, 2 / 3), frame.at(1, 2 / 4)]
    assert f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}" class="risk">' in text
    x, y = frame.at(3 / 4, 2 / 3)
    assert f'<circle cx="{x}" cy="{y}" r="4" class="here"><title>75.0 % answered, 66.7 % of them wrong' in text
    upright = frame.at(0.5, 0)[0]
    assert f'<line x1="{upright}" y1="312.0" x2="{upright}" y2="34.0" class="threshold">' in text
    assert "No reliability diagram: 4 predictions are too few." in text


def test_a_frame_by_hand() -> None:
    """The corners of the plot: 560 by 360 pixels less the room for words; y grows upwards."""
    assert (Frame().at(0, 0), Frame().at(1, 1)) == ((56.0, 312.0), (530.0, 34.0))
    assert Frame(top=0.2).at(0.5, 0.1) == (293.0, 173.0)


def test_the_reliability_diagram() -> None:
    """From twenty predictions on; below five hundred it is called rough."""
    rough = page(evaluation(*[outcome("cat", "cat" if n % 4 else "dog", 0.75) for n in range(20)]))
    x, y = Frame().at(0.75, 0.75)
    assert f'<circle cx="{x}" cy="{y}" r="4" class="bin"><title>20 predictions at 75.0 %: 75.0 % right</title>' in rough
    assert "1 groups. With fewer than 500 predictions this is rough" in rough
    enough = page(evaluation(*[outcome("cat", "cat" if n % 4 else "dog", 0.75) for n in range(500)]))
    assert "15 groups.<" in enough


@pytest.mark.parametrize("outcomes", [[], [outcome("cat", None)], [outcome("", "")], [outcome("cat", "cat", 0.0)]])
def test_a_page_of_almost_nothing(outcomes: list[Outcome]) -> None:
    """No question, a missing prediction, a refusal, an answer without confidence: still a page, and no NaN on it."""
    text = page(evaluation(*outcomes))
    assert Parsed(text).faults == []
    assert "nan" not in re.sub("[a-z]nan|nan[a-z]", "", text.casefold())


def test_marks_may_overlap() -> None:
    """A piece has the classes of all spans around it; neighbours that are alike become one mark."""
    pieces = marked("abcdef", gold=[Span(1, 3), Span(2, 4)], said=[Span(3, 5)])
    shown = [(piece.text, piece.get("class")) if not isinstance(piece, str) else piece for piece in pieces]
    assert shown == ["a", ("bc", "gold"), ("d", "gold said"), ("e", "said"), "f"]


def test_text_between_elements_keeps_its_place() -> None:
    """Before, between and after; line ends of any kind are one."""
    made = node("p", "a", "b", node("b", "c"), "d\r\ne\rf", node("i"), "g")
    assert "".join(made.itertext()) == "abcd\ne\nfg"
    assert [child.tail for child in made] == ["d\ne\nf", "g"]


def test_the_report_replaces_an_earlier_one(tmp_path: Path) -> None:
    """The folder is made where it is not there; nothing else is left in it."""
    folder = prepared(tmp_path / "new" / "reports")
    for name in ("first.jsonl", "second.jsonl"):
        path = write_report(evaluation(name=name), folder)
    assert [path] == list(folder.iterdir()) == [folder / NAME]
    assert "second.jsonl" in path.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """A file in its place, a NUL in its name, or a page that is a folder: one line and a remedy."""
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("a\0b")):
        with pytest.raises(UsageError, match=r"the report cannot be written into .*: .*\. Name another folder\."):
            prepared(folder)
    (tmp_path / NAME).mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(evaluation(), tmp_path)
