"""`qabot verify`: what became of the quotes of an answer, whatever was done to the files or to the answer."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from corpus import make_root
from hypothesis import given, settings
from hypothesis import strategies as st
from verified import FILES, OPENS, TEXT, answer_of, quote_of, verdicts, write

from qabot.datatypes import Answer, Document, NoAnswer, OtherAnswer, Quote, Span
from qabot.documents import read_document
from qabot.quotes import make_quote
from qabot.render import as_json
from qabot.sentences import sentence_spans
from qabot.verification.places import nearest_occurrence


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with two documents."""
    return make_root(tmp_path, FILES).root


@pytest.fixture
def asked(root: Path) -> dict[str, Any]:
    """An answer that quotes the pool's first sentence."""
    return answer_of(quote_of(root, "pool.md", OPENS))


def test_a_quote_of_an_unchanged_file_is_unchanged(root: Path, asked: dict[str, Any]) -> None:
    """Nothing happened: the words stand in their line, and there is nothing to add."""
    (verdict,) = verdicts(root, asked)
    assert (verdict.state, verdict.detail) == ("unchanged", "")
    assert verdict.place is not None
    assert (verdict.place.source, verdict.place.line_start, verdict.place.line_end) == ("pool.md", 3, 3)


def test_a_change_elsewhere_leaves_the_quote_unchanged(root: Path, asked: dict[str, Any]) -> None:
    """Words that stand where they stood are unchanged; that the file changed is said."""
    write(root, "pool.md", TEXT + "\nA new end.\n")
    (verdict,) = verdicts(root, asked)
    assert (verdict.state, verdict.detail) == ("unchanged", "the file changed")


def test_words_behind_an_insertion_are_moved(root: Path, asked: dict[str, Any]) -> None:
    """The new place is exact: its span gives the words, its line is theirs."""
    write(root, "pool.md", "# News\n\nWe have news.\n\n" + TEXT)
    (verdict,) = verdicts(root, asked)
    assert verdict.state == "moved"
    assert verdict.place is not None
    assert verdict.place.span.of((root / "seeds/pool.md").read_text(encoding="utf-8")) == OPENS
    assert (verdict.place.line_start, verdict.place.span.start) == (7, verdict.claim.span.start + 23)


def test_repeated_words_are_unchanged_only_at_their_own_place(root: Path) -> None:
    """When the quoted one of three goes, the nearest of the others is named as the new place."""
    one, two = "It rains here.", "The sun shines on the other side of the hill."
    write(root, "rain.txt", f"{one} {two} {two} {one} {two} {one}")
    document = read_document(root / "seeds", "rain.txt", max_bytes=10**7)
    second = document.text.index(one, 20)
    quote = make_quote(document, sentence_spans(document), Span(second, second + 2))
    assert verdicts(root, answer_of(quote))[0].state == "unchanged"
    write(root, "rain.txt", f"{one} {two} {two} It snows here. {two} {one}")
    (verdict,) = verdicts(root, answer_of(quote))
    assert (verdict.state, verdict.detail) == ("moved", "the nearest of several places; the file changed")
    assert verdict.place is not None
    assert verdict.place.span.start == second + len(f"It snows here. {two} ")


@settings(max_examples=200)
@given(text=st.text("ab. ", max_size=40), words=st.text("ab. ", min_size=1, max_size=3), start=st.integers(0, 50))
def test_the_nearest_occurrence_is_the_nearest_of_all(text: str, words: str, start: int) -> None:
    """Compared with looking at every position: the distance is the least, and no word is cut."""
    places = [
        at
        for at in range(len(text) - len(words) + 1)
        if text.startswith(words, at)
        and not (at and text[at - 1].isalnum() and words[0].isalnum())
        and not (text[at + len(words) :][:1].isalnum() and words[-1].isalnum())
    ]
    found = nearest_occurrence(text, words, start)
    assert (found is None) == (not places)
    if found is not None:
        assert found.of(text) == words
        assert found.start in places
        assert abs(found.start - start) == min(abs(place - start) for place in places)


def test_words_inside_of_longer_words_do_not_count(root: Path) -> None:
    """A short quote is not found again in the middle of a word."""
    write(root, "list.txt", "Yes\n\nThat is all.\n")
    quote = quote_of(root, "list.txt", "Yes")
    write(root, "list.txt", "Yesterday it was.\n\nThat is all.\n")
    assert verdicts(root, answer_of(quote))[0].state == "changed"


def test_a_place_is_one_of_several_only_if_the_words_stand_there_as_words(root: Path) -> None:
    """A longer word that holds the quoted one is no second place; another such word is, before or after."""
    write(root, "list.txt", "Yes\n\nThat is all.\n")
    quote = quote_of(root, "list.txt", "Yes")
    for text, several in {
        "News.\n\nYes\n\nYesterday.\n": False,
        "Yes\n\nNews and more news.\n\nYes\n": False,  # it still stands where it stood
        "No\n\nYes\n\nYes\n": True,
    }.items():
        write(root, "list.txt", text)
        assert ("several" in verdicts(root, answer_of(quote))[0].detail) == several, text


def test_changed_words_show_the_nearest_sentence(root: Path, asked: dict[str, Any]) -> None:
    """A number that changed makes another quote: it is shown as what it is, with its place and its likeness."""
    write(root, "pool.md", TEXT.replace("7", "9"))
    (verdict,) = verdicts(root, asked)
    assert (verdict.state, verdict.place) == ("changed", None)
    assert verdict.near is not None
    assert (verdict.near.text, verdict.near.place.line_start) == (OPENS.replace("7", "9"), 3)
    assert 0.9 < verdict.near.alike < 1.0


def test_nothing_alike_shows_nothing(root: Path, asked: dict[str, Any]) -> None:
    """Where every sentence is another one, none is offered."""
    write(root, "pool.md", "Closed.\n")
    (verdict,) = verdicts(root, asked)
    assert (verdict.state, verdict.near) == ("changed", None)


def test_other_line_ends_are_said_to_be_all_that_differs(root: Path) -> None:
    """A quote over two lines changes with the line ends, and the reason is named."""
    write(root, "poem.txt", "The pool opens\nat seven in the morning.\n")
    quote = quote_of(root, "poem.txt", "The pool opens\nat seven")
    write(root, "poem.txt", "The pool opens\r\nat seven in the morning.\r\n")
    (verdict,) = verdicts(root, answer_of(quote))
    assert (verdict.state, verdict.detail) == ("changed", "only white space or line ends differ now; the file changed")


def test_a_renamed_file_is_found_by_its_bytes(root: Path, asked: dict[str, Any]) -> None:
    """The words have moved to the file that has these bytes now, even if another one holds them too."""
    write(root, "a.txt", OPENS)
    (root / "seeds/pool.md").rename(root / "seeds/rules.md")
    (verdict,) = verdicts(root, asked)
    assert (verdict.state, verdict.detail) == ("moved", "the file has another name now")
    assert verdict.place is not None
    assert (verdict.place.source, verdict.place.span) == ("rules.md", verdict.claim.span)


def test_a_file_that_is_gone_is_replaced_by_one_of_its_name(root: Path, asked: dict[str, Any]) -> None:
    """Of several files that hold the words, the one of the same name in another folder is named."""
    (root / "seeds/pool.md").unlink()
    (root / "seeds/sub").mkdir()
    write(root, "a.txt", f"{OPENS} So they say.")
    write(root, "sub/pool.md", f"{TEXT}\nMore.\n")
    (verdict,) = verdicts(root, asked)
    assert (verdict.state, verdict.detail) == ("moved", "the file is gone; another one holds these words")
    assert verdict.place is not None
    assert verdict.place.source == "sub/pool.md"


def test_a_deleted_file_is_deleted(root: Path, asked: dict[str, Any]) -> None:
    """No file of that name, and the words nowhere else."""
    (root / "seeds/pool.md").unlink()
    (verdict,) = verdicts(root, asked)
    assert (verdict.state, verdict.place, verdict.near) == ("deleted", None, None)


def test_a_file_that_cannot_be_read_says_why(root: Path, asked: dict[str, Any]) -> None:
    """It is there, so it is not deleted; the words cannot be shown in it, so they are changed."""
    write(root, "pool.md", "\0\1\2" * 50)
    (verdict,) = verdicts(root, asked)
    assert verdict.state == "changed"
    assert verdict.detail.startswith("the file cannot be read now: pool.md ")


def test_a_file_that_cannot_be_read_is_tried_once(
    root: Path, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its own claims nor those that look for a new home pay again for what it costs to fail."""
    tried = []

    def counted(seeds: Path, name: str, **options: Any) -> Document:
        tried.append(name)
        return read_document(seeds, name, **options)

    monkeypatch.setattr("qabot.verification.judging.read_document", counted)
    asked["quotes"] += answer_of(quote_of(root, "park.txt", "The park"), quote_of(root, "park.txt", "The park"))[
        "quotes"
    ]
    (root / "seeds/pool.md").unlink()
    write(root, "park.txt", "\0\1\2" * 50)
    lost = copy.deepcopy(asked)
    lost["quotes"][0]["text"] = lost["quotes"][0]["text"].replace("7", "6")
    assert [verdict.state for verdict in verdicts(root, asked, lost)] == ["deleted", "changed", "changed"] * 2
    assert tried.count("park.txt") == 1


def test_nothing_outside_of_seeds_is_looked_at(root: Path, asked: dict[str, Any]) -> None:
    """A source that climbs is no document, even if the words stand there; neither is a hidden file."""
    (root / "secret.txt").write_text(OPENS, encoding="utf-8")
    (root / "seeds/.hidden.txt").write_text(OPENS, encoding="utf-8")
    (root / "seeds/pool.md").unlink()
    for source in ("../secret.txt", str(root / "secret.txt"), ".hidden.txt", "", "a\0b", "/", "sub/../../secret.txt"):
        asked["quotes"][0]["source"] = source
        assert verdicts(root, asked)[0].state == "deleted", source


def test_an_altered_quote_is_found_out(root: Path, asked: dict[str, Any]) -> None:
    """Other words with the right sums do not pass, nor do the right words at another place."""
    altered = copy.deepcopy(asked)
    altered["quotes"][0]["text"] = OPENS.replace("7", "6")
    (verdict,) = verdicts(root, altered)
    assert verdict.state == "changed"
    assert verdict.detail.endswith("so the quote was altered after it was printed")
    for key in ("start", "end", "answer_start", "answer_end"):
        asked["quotes"][0][key] += 1
    (verdict,) = verdicts(root, asked)
    assert verdict.state == "moved"
    assert verdict.detail.endswith("so the quote was altered after it was printed")


def test_another_extractor_is_named(root: Path, asked: dict[str, Any]) -> None:
    """The same bytes that give another text now are told with the library's version then and now."""
    asked["quotes"][0] |= {"text_sha256": "0" * 64, "extractor": "pypdfium2 4.0"}
    (verdict,) = verdicts(root, asked)
    said = "the file is the same, but plain reads another text from it than pypdfium2 4.0 did"
    assert (verdict.state, verdict.detail) == ("unchanged", said)


def test_every_quote_of_an_answer_is_verified(root: Path) -> None:
    """Those of other answers and the nearest passages too, each called by its place in the JSON."""
    pool, park = quote_of(root, "pool.md", OPENS), quote_of(root, "park.txt", "The park")
    other = OtherAnswer("The", 0.4, (park,))
    answered = as_json(Answer("When?", "The", 0.9, (pool, park), "g1", 1.0, others=(other,)))
    refused = as_json(NoAnswer("Who?", "below_threshold", 0.1, "g1", 1.0, nearest=(_unmarked(park),)))
    found = verdicts(root, dict(answered), dict(refused))
    assert [verdict.claim.part for verdict in found] == ["quotes[0]", "quotes[1]", "others[0].quotes[0]", "nearest[0]"]
    assert {verdict.state for verdict in found} == {"unchanged"}


def _unmarked(quote: Quote) -> Quote:
    return Quote(**{name: None if name == "answer" else getattr(quote, name) for name in Quote.__slots__})
