"""Questions made from documents: what the rules make, what they leave alone, and what is really unanswerable."""

from pathlib import Path

import pytest
from corpus import make_root

from qabot.calibrating.making import MOST, Made, _of_sentence, made_questions
from qabot.datatypes import Document
from qabot.documents import read_document
from qabot.evaluation.metrics import holds_words

RULES = """# Pool rules

## Who may swim?

Members may swim. Guests may swim on Sundays.

The Swimming Club Aarau rents 14 lockers to members.

Opening hours: from nine until eight in summer.

| Locker | Yearly fee | Floor |
|---|---|---|
| Small one | 20 euros | first |
| Large one | 35 euros | second |
"""
MINUTES = """Maria Lopez signed the lease of the boat house in 1998.

The harbour was closed on March 3, 2001 by the council.

Anna Berg bought the old ferry from the town. The ferry carries 42 passengers and a dog.
"""


@pytest.fixture
def documents(tmp_path: Path) -> list[Document]:
    """Two small documents as qabot reads them."""
    config = make_root(tmp_path, {"rules.md": RULES, "minutes.txt": MINUTES})
    return [read_document(config.seeds_dir, name, max_bytes=10_000) for name in ("minutes.txt", "rules.md")]


def answers(made: list[Made]) -> dict[str, tuple[str, ...]]:
    """Question in lower case without its sign -> right answers, of those that are asked of the whole corpus."""
    return {
        one.question.text.lower().rstrip("?"): tuple(gold.text for gold in one.question.golds)
        for one in made
        if not one.hidden and one.question.golds
    }


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "Maria Lopez signed the lease of the boat house in 1998.",
            "Who or what signed the lease of the boat house in 1998?",
            "Maria Lopez",
        ),
        (
            "The ferry carries 42 passengers and a dog.",
            "The ferry carries how many passengers and a dog?",
            "42",
        ),
        (
            "The harbour was closed on March 3, 2001 by the council.",
            "The harbour was closed when by the council?",
            "March 3, 2001",
        ),
        ("It opened in 1987 without a roof.", "It opened when without a roof?", "1987"),
        ("Opening hours: from nine until eight.", "What is Opening hours?", "from nine until eight"),
    ],
)
def test_a_sentence_gives_the_question_of_its_rule(sentence: str, question: str, answer: str) -> None:
    """A name at its beginning, an amount with its unit, a time, or a term and its definition."""
    assert _of_sentence(sentence) == (question, answer)


@pytest.mark.parametrize(
    "sentence",
    [
        "Members may swim in the pool.",
        "Version 1.2.3 is out now.",
        "See page 12.",
        "He went home early that day.",
        "The fee is due at noon.",
    ],
)
def test_a_sentence_without_name_or_number_gives_none(sentence: str) -> None:
    """Rather no question than one that nobody could answer."""
    assert _of_sentence(sentence) is None


def test_tables_and_headings_are_asked_too(documents: list[Document]) -> None:
    """A cell by its column and row, and a heading that is a question by the paragraph below."""
    everything = [made for seed in (documents, documents[1:]) for made in made_questions(seed)]
    asked = {made.question.text.lower().rstrip("?"): made for made in everything}
    assert any("what is the yearly fee of small one" in text for text in asked)
    assert any("who may swim" in text for text in asked)


def test_no_question_holds_its_answer(documents: list[Document]) -> None:
    """Else it would only show that words can be found."""
    made = answers(made_questions(documents))
    assert made
    assert not any(holds_words(question, gold) for question, golds in made.items() for gold in golds)


def test_answers_stand_in_their_document(documents: list[Document]) -> None:
    """Every right answer is the document's own words."""
    texts = {document.id: document.text for document in documents}
    for made in made_questions(documents):
        for gold in made.question.golds:
            assert holds_words(texts[made.document_id], gold.text)


def test_what_is_exchanged_does_not_stand_there(documents: list[Document]) -> None:
    """An unanswerable question that is not hidden names what its document does not have."""
    texts = {document.id: document.text.casefold() for document in documents}
    exchanged = [one for one in made_questions(documents) if not one.hidden and not one.question.golds]
    assert exchanged
    for one in exchanged:
        assert one.question.text.casefold().rstrip("?") not in texts[one.document_id]


def test_what_another_document_may_answer_is_not_exchanged() -> None:
    """A number or name that another document has with the rest of the question makes an answerable one of it."""
    rooms = [
        "| Room | Fee |\n|---|---|\n" + "".join(f"| Hall {n} | {n + 5} euros |\n" for n in range(at, at + 20))
        for at in (100, 300)
    ]
    pages = [
        "# Anna Berg\n\nThe mill was opened in 1930 by friends.\n",
        "Carl Dorn opened the mill in 1911 by friends.\n",
    ]
    halls, mills = made_questions(_plain(*rooms)), made_questions(_plain(*pages))
    assert [one for one in halls if one.hidden]
    assert [one for one in mills if one.hidden]
    assert not [one for one in (*halls, *mills) if not one.hidden and not one.question.golds]


def test_marks_of_lists_are_not_asked() -> None:
    """Nobody types them, and another number in their place would leave the question as answerable as it was."""
    steps = "".join(f"{n}. Bake the loaf {chr(96 + n)} for {40 + n} minutes in the oven.\n" for n in range(1, 9))
    bullets = "".join(f"- The pool {chr(96 + n)} is closed to {10 + n} members today.\n" for n in range(1, 9))
    asked = [one.question.text for one in made_questions(_plain(steps, bullets))]
    assert asked
    assert not [text for text in asked if not text[0].isalpha()]


def test_about_half_are_unanswerable(documents: list[Document]) -> None:
    """Hidden or exchanged ones, no more than the others."""
    made = made_questions(documents)
    answerable = [one for one in made if one.question.golds and not one.hidden]
    assert 0 < len(made) - len(answerable) <= len(answerable)


def test_equal_documents_give_equal_questions(documents: list[Document]) -> None:
    """Two runs of the command say the same."""
    assert made_questions(documents) == made_questions(documents)


def test_one_document_is_never_hidden(documents: list[Document]) -> None:
    """Nothing would be left to search."""
    assert not any(one.hidden for one in made_questions(documents[:1]))


def test_there_is_an_end() -> None:
    """A large corpus gives MOST questions of each kind, every second one as people type."""
    text = "\n\n".join(f"Person Number{chr(97 + n % 26)}{'x' * (n // 26)} painted the wall {n}." for n in range(500))
    document = next(iter(_plain(text)))
    made = made_questions([document, *_plain("Nothing is said here.")])
    assert len(made) == 2 * MOST
    assert sum(one.question.text.endswith("?") for one in made) == MOST


def test_no_documents_give_no_questions() -> None:
    """Nothing to ask of."""
    assert made_questions([]) == []
    assert made_questions(list(_plain("Too short."))) == []


def _plain(*texts: str) -> list[Document]:
    from qabot.documents.plain import plain_blocks

    return [
        Document(f"{n}{len(text)}.txt", text, "a" * 64, "utf-8", "plain", plain_blocks(text, 0))
        for n, text in enumerate(texts)
    ]
