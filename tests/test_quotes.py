"""A quote is whole sentences around the answer, changed in nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qabot.datatypes import Block, Document, Quote, Span
from qabot.documents.formats import extractor_for
from qabot.quotes import is_pronoun, make_quote, names_someone, sentences_around, tidy, with_limit
from qabot.sentences import MAX_SENTENCE_CHARS, sentence_spans

TEXT = (
    "# Strikes\n\nMr Blinken said that Russia was to blame. Officials agreed.\r\n"
    "He accused it of \u201cattacks.\u201d More than 3.5 million people fled the U.S. border.\n"
)


def document(text: str = TEXT, *, encoding: str | None = "utf-8") -> Document:
    """A document whose only heading is its first line."""
    heading = Block("heading", Span(0, text.index("\n")), 1)
    return Document("a.md", text, "00", encoding, "plain", blocks=(heading,), date="2022-03-23")


def sentences(text: str = TEXT) -> list[Span]:
    """The sentences of TEXT, by its own simple rule."""
    found = re.finditer(r"\S[^\n]*?(?:\.\u201d|[a-z]\.(?=\s)|$)", text, re.MULTILINE)
    return [Span(*match.span()) for match in found]


def quote_of(answer: str, **options: bool) -> Quote:
    """The quote for the first place of ``answer`` in TEXT."""
    start = TEXT.index(answer)
    return make_quote(document(), sentences(), Span(start, start + len(answer)), **options)


ENDLESS = "We keep " + ", ".join(f"hen number {number}" for number in range(120))


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".md", f"# Hens\n\nThey lay. {ENDLESS}. The last one is brown.\n\nNobody sells them.\n"),
        (".txt", f"{ENDLESS}\n\nNobody sells them.\n"),
        (".md", f"- {ENDLESS}.\n- Nobody sells them.\n"),
        (".md", f"| Kept | Sold |\n|---|---|\n| {ENDLESS}. And 3.5. | none |\n"),
        (".md", f"# {ENDLESS}\n\nNobody sells them.\n"),
        (".md", f"```\n{ENDLESS}\nx = 1\n```\n"),
    ],
)
def test_a_quote_knows_where_its_sentence_was_cut(suffix: str, text: str) -> None:
    """Only the ends at which a sentence over the limit was cut are marked; the words stay the document's own."""
    found = extractor_for(suffix).extract(f"a{suffix}", text.encode())
    spans = sentence_spans(found)
    quotes = [make_quote(found, spans, span) for span in spans]
    cut_ends = [at for at, quote in enumerate(quotes) if quote.cut_end]
    assert len(cut_ends) >= 1
    assert all(700 < len(quotes[at].text) <= MAX_SENTENCE_CHARS for at in cut_ends)
    assert [at + 1 for at in cut_ends] == [at for at, quote in enumerate(quotes) if quote.cut_start]
    assert [quotes[at].text.startswith("hen") for at in range(len(quotes)) if quotes[at].cut_start][-1]
    assert all(quote.text == quote.span.of(found.text) for quote in quotes)
    alone = [make_quote(found, (span,), span) for span in spans]  # as a button reads it anew
    assert alone == quotes


def test_the_whole_sentence_is_quoted() -> None:
    """The quote is the sentence, verbatim, with its lines, heading and date, and the answer's place inside."""
    quote = quote_of("Officials")
    assert quote.text == "Officials agreed."
    assert quote.answer_text == "Officials"
    assert quote.span.of(TEXT) == quote.text
    assert (quote.line_start, quote.line_end) == (3, 3)
    assert (quote.heading, quote.date, quote.source, quote.encoding) == ("Strikes", "2022-03-23", "a.md", "utf-8")
    assert quote.text_sha256 == document().text_sha256


def test_an_answer_across_sentences_quotes_both() -> None:
    """All sentences that the answer touches are in the quote."""
    assert quote_of("blame. Officials").text == "Mr Blinken said that Russia was to blame. Officials agreed."


def test_a_pronoun_is_quoted_from_the_sentence_that_names_someone() -> None:
    """The word Officials names nobody, so the quote goes back to Mr Blinken; the answer stays what stands there."""
    quote = quote_of("He")
    assert quote.text.startswith("Mr Blinken said")
    assert quote.text.endswith("\u201cattacks.\u201d")
    assert quote.answer_text == "He"


def test_a_near_passage_has_no_answer() -> None:
    """A passage for a person to judge marks nothing."""
    quote = quote_of("Officials", marked=False)
    assert quote.answer is None
    assert quote.answer_text is None


def test_extracted_text_has_no_lines() -> None:
    """Where the text is not the file, a line number would mean nothing."""
    quote = make_quote(document(encoding=None), sentences(), Span(TEXT.index("Officials"), TEXT.index("Officials") + 9))
    assert (quote.line_start, quote.line_end) == (None, None)


def test_a_span_in_no_sentence_is_an_error() -> None:
    """A span that touches no sentence belongs to another text."""
    with pytest.raises(ValueError, match="no sentence"):
        sentences_around([Span(5, 9)], Span(0, 3))


@given(st.data())
def test_every_span_is_inside_of_its_quote(data: st.DataObject) -> None:
    """Whatever the reader points at, the quote holds it and slices back to the text."""
    start = data.draw(st.sampled_from([i for i, c in enumerate(TEXT) if not c.isspace()]))
    end = data.draw(st.integers(start + 1, len(TEXT)))
    quote = make_quote(document(), sentences(), Span(start, end))
    assert quote.span.of(TEXT) == quote.text
    assert quote.span.contains(Span(start, end))


@pytest.mark.parametrize(
    ("answer", "is_one"), [("He", True), ("they,", True), ("\u201cHe", True), ("Henry", False), ("he and she", False)]
)
def test_pronouns(answer: str, *, is_one: bool) -> None:
    """A pronoun is one with or without a mark beside it; a name or a phrase is none."""
    assert is_pronoun(answer) is is_one


def test_a_name_is_a_word_never_written_in_lower_case() -> None:
    """A sentence's first word is a name only if the document writes it so elsewhere; a day is none."""
    text = "Officials agreed. Blinken spoke. On Monday nothing happened. They asked Blinken. Then Antony Blinken left."
    assert not names_someone(text, Span(0, 17))
    assert names_someone(text, Span(18, 32))
    assert not names_someone(text, Span(33, 60))
    assert names_someone(text, Span(81, 106))


@pytest.mark.parametrize(
    ("around", "kept"),
    [
        ("\u201cwar criminal.\u201d", "war criminal"),
        (" 24 February,", "24 February"),
        ("the U.S.", "the U.S."),
        ("9 p.m.", "9 p.m."),
        ("(see rule 4)", "see rule 4"),
        ("rule 4 (new)", "rule 4 (new)"),
        ("what?", "what"),
        ("-5", "5"),
        ("...", "..."),
        ("Jr.", "Jr."),
        ("2. **Age", "Age"),
        ("(b) no dogs", "no dogs"),
    ],
)
def test_tidy(around: str, kept: str) -> None:
    """Marks that belong to the sentence leave the answer's edges; those that belong to the words stay."""
    assert tidy(around, Span(0, len(around))).of(around) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Bring at most [3 guests].", "at most 3 guests"),
        ("More than [953] were killed.", "More than 953"),
        ("It lasts no longer than\n[45 minutes].", "no longer than\n45 minutes"),
        ("It costs up to [\u20ac40].", "up to \u20ac40"),
        ("Doses of ~[5 ml] do.", "~5 ml"),
        ("We meet at [5 pm].", "5 pm"),
        ("About [Lena] nothing is said.", "Lena"),
        ("What it is all about\n\n[3 rooms] are free.", "3 rooms"),
        ("The rollover [3] is fixed.", "3"),
        ("[3] remain.", "3"),
    ],
)
def test_a_number_keeps_its_limit(text: str, kept: str) -> None:
    """What says how exact a number is belongs to it, in the same paragraph and as whole words."""
    start, end = text.index("["), text.index("]") - 1
    bare = text.replace("[", "").replace("]", "")
    assert with_limit(bare, Span(start, end)).of(bare) == kept
