"""Ten seconds of the soak; an hour of it is `python tests/soak_run.py --seconds 3600`."""

from pathlib import Path

from small_engine import text_of
from soak_run import History, run_soak

from qabot.datatypes import Quote, Span


def test_ten_seconds_without_a_fault(tmp_path: Path) -> None:
    """Changes twice a second, questions without a pause: no wrong quote, no error, nothing grows, all is taken up."""
    soak = run_soak(tmp_path, seconds=10.0, period_s=0.5)
    assert soak.wrong == []
    assert soak.changes >= 10
    assert soak.rebuilds >= 3
    assert soak.answered >= 10


def test_the_judge_knows_old_quotes() -> None:
    """A quote of a text that was gone before the question began is wrong; one that went meanwhile is not."""
    history = History()
    history.comes("a.txt", text_of("river", "v1"))
    history.came("a.txt")
    text = text_of("river", "v1")
    quote = Quote(text[:25], "a.txt", Span(0, 25), None, 1, 1, None, None, None, "utf-8", "plain", "0", "0")
    assert history.allows(quote, 0.0)
    history.comes("a.txt", text_of("river", "v2"))
    history.came("a.txt")
    gone_s = history.versions["a.txt"][0].gone_s
    assert gone_s is not None
    assert history.allows(quote, gone_s - 1.0)
    assert not history.allows(quote, gone_s + 1.0)
