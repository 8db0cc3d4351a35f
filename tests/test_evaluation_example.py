"""The example of docs/evaluation.md: made of outcomes that no model has a part in, so that it cannot grow old."""

from dataclasses import replace
from pathlib import Path
from textwrap import indent

from evaluated import outcome

from qabot.config import Config
from qabot.evaluation import Evaluation, Wanted, as_text
from qabot.evaluation.datasets import Dataset
from qabot.evaluation.figures import figures_of

PAGE = Path(__file__).parents[1] / "docs/evaluation.md"


def example() -> str:
    """What `qabot eval` prints of sixty made-up outcomes."""
    right = [outcome("red cat", "the red cat", 0.95 - n / 100, rank=1 + n % 2, elapsed_ms=200 + n) for n in range(34)]
    part = [outcome("red cat", "a red cat that sat", 0.8 - n / 50, rank=3, elapsed_ms=250 + n) for n in range(4)]
    wrong = [outcome("cat", "dog", 0.7 - n / 10, rank=n * 4, elapsed_ms=300 + n) for n in range(6)]
    fooled = [outcome("", "a guess", 0.6 - n / 20, elapsed_ms=280 + n) for n in range(12)]
    alike = [*right, *part, *wrong, *fooled, *[outcome("", "", elapsed_ms=150 + n) for n in range(4)]]
    outcomes = tuple(replace(one, question=replace(one.question, text=f"{n}?")) for n, one in enumerate(alike))
    dataset = Dataset(tuple(one.question for one in outcomes))
    figures, groups = figures_of(outcomes, 0.5)
    wanted = Wanted("questions.jsonl", b"", "index")
    return as_text(Evaluation(wanted, Config(Path()), dataset, outcomes, 0.5, None, figures, groups, elapsed_s=1.0))


def test_the_example_is_what_is_printed() -> None:
    """Every line, to the last digit."""
    page = PAGE.read_text(encoding="utf-8")
    assert indent(example(), "    ") in page
