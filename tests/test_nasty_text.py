"""Nasty text in every format: read, split, cut, quoted, shown and indexed without a fault."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nasty_text import BINDERS, LINE_ENDS, File, as_page, as_pdf, as_word, extracted_files, plain_files, texts
from small_index import IDENTITY, opened, update, write_seeds
from soundness import (
    require_chunks,
    require_document,
    require_harmless,
    require_problem,
    require_quote,
    require_sentences,
    results_of,
)

from qabot.chunker import chunk_document
from qabot.config import SeedsConfig
from qabot.datatypes import Document, Problem, Span
from qabot.documents import read_document
from qabot.documents.sandbox import Sandbox
from qabot.errors import DocumentError
from qabot.quotes import make_quote
from qabot.sentences import sentence_spans
from qabot.weights import count_tokens, load_tokenizer

PLAIN = (".txt", ".md", ".rst")
LIMITS = SeedsConfig(max_read_s=60.0)
FEW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=40)

Read = Callable[[File], Document | None]


class Desk(NamedTuple):
    """A folder of seeds and the process that reads them."""

    seeds: Path
    sandbox: Sandbox

    def read(self, file: File) -> Document | None:
        """The file as a document; None if it is refused in words."""
        (self.seeds / file.name).write_bytes(file.raw)
        try:
            return read_document(self.seeds, file.name, max_bytes=LIMITS.max_file_bytes, sandbox=self.sandbox)
        except DocumentError as error:
            require_problem(Problem(file.name, error.problem, error.remedy))
            return None


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """Reads a file as a build does."""
    with Sandbox(LIMITS) as sandbox:
        yield Desk(tmp_path_factory.mktemp("seeds"), sandbox).read


def require_sound(
    document: Document | None, raw: bytes, data: st.DataObject | None = None, *, max_tokens: int = 32
) -> None:
    """The file is read, and everything holds that must hold for a document, down to what is shown of its quotes."""
    assert document is not None
    tokens = partial(count_tokens, load_tokenizer())
    require_document(document, raw)
    sentences = sentence_spans(document)
    require_sentences(document, sentences)
    chunks = chunk_document(document, sentences, count_tokens=tokens, min_tokens=16, max_tokens=max_tokens)
    require_chunks(document, chunks, tokens, max_tokens)
    for answer in _answers(sentences, data):
        for marked in (True, False):
            quote = make_quote(document, sentences, answer, marked=marked)
            assert quote.span.contains(answer)
            require_quote(quote, document)
            for result in results_of(quote):
                require_harmless(result)


def _answers(sentences: tuple[Span, ...], data: st.DataObject | None) -> list[Span]:
    """Pieces of some sentences, or of the first and last."""
    if data is None:
        return [sentences[0], sentences[-1]]
    answers = []
    for sentence in data.draw(st.lists(st.sampled_from(sentences), min_size=1, max_size=4)):
        start = data.draw(st.integers(sentence.start, sentence.end - 1))
        answers.append(Span(start, data.draw(st.integers(start + 1, sentence.end))))
    return answers


@pytest.mark.parametrize("suffix", PLAIN)
@MANY
@given(data=st.data())
def test_plain_text(read: Read, suffix: str, data: st.DataObject) -> None:
    """Each text is read as it stands in its file, and every quote from it is exact, well placed and harmless."""
    file = data.draw(plain_files(suffix))
    require_sound(read(file), file.raw, data)


@pytest.mark.parametrize("suffix", sorted(BINDERS))
@FEW
@given(data=st.data())
def test_extracted_text(read: Read, suffix: str, data: st.DataObject) -> None:
    """The same for web pages, Word files and PDFs; what only looks like one may be refused, in words."""
    file = data.draw(extracted_files(suffix))
    document = read(file)
    if document is not None or suffix in {".docx", ".html"}:
        require_sound(document, file.raw, data)


@FEW
@given(
    data=st.data(),
    encoding=st.sampled_from(("cp1252", "koi8-r", "cp1250", "shift_jis", "gb18030", "utf-7", "utf-16-le")),
)
def test_encodings_that_do_not_say_their_name(read: Read, data: st.DataObject, encoding: str) -> None:
    """A guess is noted and leads back to the bytes; where nothing fits, the file is refused in words."""
    raw = data.draw(texts()).encode(encoding, errors="ignore") or b"x"
    document = read(File("guessed.txt", raw))
    if document is not None:
        require_sound(document, raw, data)


@MANY
@given(raw=st.binary(max_size=300), suffix=st.sampled_from((*PLAIN, *BINDERS)))
def test_any_bytes(read: Read, raw: bytes, suffix: str) -> None:
    """Whatever a file holds, it is a sound document or a refusal with a remedy."""
    document = read(File(f"any{suffix}", raw))
    if document is not None:
        require_sound(document, raw)


EDGES = {
    "one word": "Word",
    "one letter": "a",
    "headings only": "# One\n\n## Two\n\n### Three\n\n# Four",
    "only punctuation": "!?! ... --- ;;; ((( \u2026 \u201d",
    "only numbers": "42 1,000 3.14\n007 -5\n\n12",
    "only marks": "\u0301\u0302\u0303",
    "only emoji": "👩\u200d👩\u200d👧 🇺🇦",
    "only zero-width": "\u200b\u200d\ufeff\u2060",
    "only overrides": "\u202e\u2066\u2069",
    "repeated": "The same words stand here. Again and again.\n\n" * 50,
    "one long word": "x" * 5_000,
    "one long word of marks": "e\u0301" * 2_500,
    "growing in lower case": "İ" * 3_000,
    "unclosed fence": "```\ncode. More code.\n" * 5,
    "unclosed directive": ".. note::\n\n   Inside. More.\n",
    "broken front matter": "---\ntitle: [x\ndate: never\n\nText follows.\n",
    "only front matter": "---\ntitle: Alone\ndate: 2024-05-06\n---\n",
    "endless front matter": "---\n" + "key: value\n" * 500,
    **{f"lines end with {end!r}": f"First line.{end}Second line.{end}{end}Third. Fourth." for end in LINE_ENDS},
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("suffix", PLAIN)
def test_edges(read: Read, name: str, suffix: str) -> None:
    """Texts at the edge of what a text is are read, split and quoted in every plain format."""
    raw = EDGES[name].encode()
    require_sound(read(File(f"edge{suffix}", raw)), raw)


@pytest.mark.parametrize("bind", [as_page, as_word, as_pdf])
def test_edges_extracted(read: Read, bind: Callable[[str], bytes]) -> None:
    """Each of those that holds a letter or a digit is read from a web page, a Word file and a PDF too."""
    suffix = {as_page: ".html", as_word: ".docx", as_pdf: ".pdf"}[bind]
    for text in EDGES.values():
        raw = bind(text)
        if any(char.isalnum() for char in text):
            require_sound(read(File(f"edge{suffix}", raw)), raw)


@pytest.mark.parametrize("text", ["a\0b", "\0a", "word " * 20 + "\0"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_nul_is_legal_nowhere(read: Read, text: str, encoding: str) -> None:
    """A NUL is refused in every encoding, stated or not."""
    assert read(File("nul.txt", text.encode(encoding))) is None


@settings(FEW, max_examples=4)
@given(
    files=st.lists(
        st.sampled_from(PLAIN).flatmap(plain_files) | st.sampled_from(sorted(BINDERS)).flatmap(extracted_files),
        min_size=6,
        max_size=10,
    )
)
def test_the_index_gives_back_what_was_read(
    read: Read, tmp_path_factory: pytest.TempPathFactory, files: list[File]
) -> None:
    """Documents and sentences come out of a built index as they went in, all formats side by side."""
    root = tmp_path_factory.mktemp("root")
    named = [File(f"{number}-{file.name}", file.raw) for number, file in enumerate(files)]
    write_seeds(root, {file.name: file.raw for file in named})
    identity = replace(IDENTITY, max_file_bytes=LIMITS.max_file_bytes, max_text_chars=LIMITS.max_text_chars)
    report = update(root, identity=identity)
    with opened(root, identity) as generation:
        held = {document.id for document in generation.documents()}
        for file in named:
            if file.name in held:
                document = read(file)
                assert generation.document(file.name) == document
                assert generation.sentences(file.name) == sentence_spans(document)
        assert held | {problem.id for problem in report.failed} == {file.name for file in named}


LONG_LINES = [
    *((suffix, piece) for suffix in (*PLAIN, ".html", ".docx") for piece in ("word ", "x")),
    (".txt", "Said so. "),
    (".md", "[a](b) "),
    (".rst", "| a "),
    (".htm", "<b>w</b> "),
]


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "piece"), LONG_LINES)
def test_a_line_of_three_megabytes(read: Read, suffix: str, piece: str) -> None:
    """One line of 3 MB is read whole and quoted."""
    text = "Start here " + piece * (3_000_000 // len(piece))
    raw = BINDERS[suffix](text) if suffix in BINDERS else text.encode()
    document = read(File(f"line{suffix}", raw))
    require_sound(document, raw, max_tokens=160)
    assert document is not None
    assert len(document.text) >= 3_000_000 // len(piece)
