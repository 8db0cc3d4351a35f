"""`qabot verify`: what became of the quotes of an answer, whatever was done to the files or to the answer."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_process import run
from cli_shell import Shell, stdin_of
from corpus import make_root
from hypothesis import given, settings
from hypothesis import strategies as st
from results import HOSTILE

from qabot.config import SeedsConfig
from qabot.datatypes import Answer, NoAnswer, OtherAnswer, Quote, Span
from qabot.documents import read_document
from qabot.errors import UsageError
from qabot.quotes import make_quote
from qabot.render import as_json
from qabot.sentences import sentence_spans
from qabot.verification import CheckedAnswer, Verdict, check_answers, exit_code
from qabot.verification.places import nearest_occurrence

TEXT = "# Pool\n\nThe pool opens at 7 in the morning. Dogs stay outside.\n\nSwimming costs 5 euros. It is heated.\n"
OPENS = "The pool opens at 7 in the morning."
FILES: dict[str, str | bytes] = {"pool.md": TEXT, "park.txt": "The park never closes."}


def quote_of(root: Path, source: str, words: str) -> Quote:
    """The real quote of the sentence ``words`` in a file; its first word is the answer."""
    document = read_document(root / "seeds", source, max_bytes=10**7)
    start = document.text.index(words)
    answer = Span(start, start + len(words.split(maxsplit=1)[0]))
    return make_quote(document, sentence_spans(document), answer)


def answer_of(*quotes: Quote) -> dict[str, Any]:
    """The JSON of an answer with these quotes."""
    return dict(as_json(Answer("When?", str(quotes[0].answer_text), 0.9, quotes, "g1", 1.0)))


def verdicts(root: Path, *answers: dict[str, Any]) -> list[Verdict]:
    """The verdicts of answers that are all well-formed."""
    found = checked(root, *answers)
    assert [answer.error for answer in found] == [None] * len(answers)
    return [verdict for answer in found for verdict in answer.verdicts]


def checked(root: Path, *answers: Any) -> list[CheckedAnswer]:
    """What is said of answers, one a line."""
    raw = "\n".join(json.dumps(answer) for answer in answers).encode()
    return check_answers(raw, root / "seeds", SeedsConfig())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with two documents."""
    return make_root(tmp_path, FILES).root


@pytest.fixture
def asked(root: Path) -> dict[str, Any]:
    """An answer that quotes the pool's first sentence."""
    return answer_of(quote_of(root, "pool.md", OPENS))


def write(root: Path, name: str, text: str) -> None:
    """Give a file other content, its line ends as they are in ``text``."""
    (root / "seeds" / name).write_bytes(text.encode())


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


def changed_answer(asked: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The answer with other values in its first quote."""
    return {**asked, "quotes": [{**asked["quotes"][0], **values}]}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": OPENS + "!"}, "quotes[0] has a text of 36 characters, but its start and end are 35 apart"),
        ({"start": 10**400}, "quotes[0] needs 0 <= start < end, which a number of more than 15 digits and 43 are not"),
        ({"end": 10**400}, "quotes[0] lies beyond the end of any text"),
        ({"start": -1}, "quotes[0] needs 0 <= start < end, which -1 and 43 are not"),
        ({"start": 8.0}, "start of quotes[0] must be a whole number, and is a number"),
        ({"start": True}, "start of quotes[0] must be a whole number, and is true or false"),
        ({"source": ["pool.md"]}, "source of quotes[0] must be text, and is a list"),
        ({"text": None}, "text of quotes[0] must be text, and is null"),
        ({"sha256": "../../x"}, "quotes[0].sha256 is no SHA-256"),
        ({"answer_end": 60}, "quotes[0] marks an answer outside of itself"),
        ({"answer_start": None}, "answer_start of quotes[0] must be a whole number, and is null"),
        ({"answer_end": 12}, "quotes[0] does not mark the short answer"),
    ],
)
def test_a_quote_that_contradicts_itself_is_refused(
    root: Path, asked: dict[str, Any], values: dict[str, Any], said: str
) -> None:
    """Offsets that lie and values of the wrong type are refused in words that name the quote."""
    (found,) = checked(root, changed_answer(asked, **values))
    assert str(found.error).startswith(said)
    assert exit_code([found]) == 2


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"river", "this is not JSON: "),
        (b'{"schema": NaN}', "this is not JSON: NaN is no number that JSON knows"),
        (b'{"schema": 1' + b"1" * 5000 + b"}", "this is not JSON: "),
        (b"[" * 100_000, "this is not an answer: it is nested too deeply"),
        (b"[]", "this is a list, not an answer"),
        (b"null", "this is null, not an answer"),
        (b"{}", "the answer has no schema"),
        (b'{"schema": 2}', "the answer has schema 2; this version of qabot knows 1"),
        (b'{"schema": 1' + b"0" * 400 + b"}", "the answer has schema a number of more than 15 digits; this"),
        (b'{"schema": 1, "question": "?", "status": "maybe"}', "the answer's status is neither answered nor no_answer"),
        (
            b'{"schema": 1, "question": "?", "status": "no_answer", "quotes": [1]}',
            "quotes[0] is a whole number, not an",
        ),
        (b'{"schema": 1, "question": "?", "status": "no_answer", "quotes": {}}', "quotes of the answer must be a list"),
        (b'{"schema": 1, "question": 1}', "question of the answer must be text, and is a whole number"),
    ],
)
def test_what_is_no_answer_is_refused(root: Path, raw: bytes, said: str) -> None:
    """Each kind of wrong input is told in words; nothing is believed of it."""
    (found,) = check_answers(raw, root / "seeds", SeedsConfig())
    assert str(found.error).startswith(said)
    assert found.verdicts == ()


@pytest.mark.parametrize("raw", [b"", b"\n \n", b"\xff\xfe\x00", b"\x80abc"])
def test_input_without_any_answer_is_an_error(root: Path, raw: bytes) -> None:
    """Nothing, blank lines, and bytes that are no text end the command."""
    with pytest.raises(UsageError, match=r"Give what `qabot ask --json` printed"):
        check_answers(raw, root / "seeds", SeedsConfig())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=150)
@given(data=st.data())
def test_no_value_anywhere_breaks_the_command(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any JSON in the place of any value gives a verdict or a refusal, never another error."""
    root = make_root(tmp_path_factory.mktemp("any"), FILES).root
    pool = quote_of(root, "pool.md", OPENS)
    answer = as_json(Answer("When?", "The", 0.9, (pool,), "g1", 1.0, others=(OtherAnswer("The", 0.4, (pool,)),)))
    found: Any = json.loads(json.dumps(answer))
    part = data.draw(st.sampled_from([found, found["quotes"][0], found["others"][0], found["others"][0]["quotes"][0]]))
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(JSON)
    (result,) = checked(root, found)
    assert result.error is not None or {verdict.state for verdict in result.verdicts} <= {
        "unchanged",
        "moved",
        "changed",
        "deleted",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_answer_may_be_spread_over_lines_and_encoded_by_a_shell(
    root: Path, asked: dict[str, Any], encoding: str
) -> None:
    """Indented JSON, a byte-order mark and what PowerShell writes are read."""
    raw = json.dumps(asked, indent=2).encode(encoding)
    (found,) = check_answers(raw, root / "seeds", SeedsConfig())
    assert [verdict.state for verdict in found.verdicts] == ["unchanged"]


@pytest.fixture
def shell(root: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line over the two documents."""
    return Shell(root, capsys)


def test_the_command_prints_states_and_the_sum(
    shell: Shell, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From stdin, with question, state and place; no engine is opened, nothing is written beside seeds/."""
    monkeypatch.setattr(sys, "stdin", stdin_of(json.dumps(asked).encode()))
    assert shell("verify") == (
        0,
        f"? When?\n  unchanged  pool.md:3\n             > {OPENS}\n\n1 quote: 1 unchanged.\n",
        "",
    )
    assert shell.engines == []
    assert [path.name for path in shell.root.iterdir()] == ["seeds"]


def test_the_command_marks_what_is_not_the_quote(shell: Shell, asked: dict[str, Any]) -> None:
    """A changed quote has code 1; the old words, then the nearest ones, said to be no quote."""
    (shell.root / "answer.json").write_text(json.dumps(asked), encoding="utf-8")
    write(shell.root, "pool.md", TEXT.replace("7", "9"))
    code, out, err = shell("verify", str(shell.root / "answer.json"))
    assert (code, err) == (1, "")
    assert out.split("\n") == [
        "? When?",
        "  changed    pool.md",
        "             these words do not stand in the file; the file changed",
        f"             > {OPENS}",
        "             nearest now (97% alike, not the quote), pool.md:3:",
        f"             > {OPENS.replace('7', '9')}",
        "",
        "1 quote: 1 changed.",
        "",
    ]


def test_json_has_an_object_for_each_line(shell: Shell, asked: dict[str, Any]) -> None:
    """Also for a line that is no answer, which stderr names; the others are verified, the code is 2."""
    file = shell.root / "answers.jsonl"
    file.write_text(f"{json.dumps(asked)}\n\nriver\n{json.dumps(asked)}\n", encoding="utf-8")
    code, out, err = shell("verify", "--json", str(file))
    found = [json.loads(line) for line in out.splitlines()]
    assert (code, [one["line"] for one in found], [len(one["quotes"]) for one in found]) == (2, [1, 3, 4], [1, 0, 1])
    assert err.startswith("qabot: line 3: this is not JSON: ")
    assert found[1]["error"].startswith("this is not JSON: ")
    quote = found[0]["quotes"][0]
    assert list(quote) == ["part", "state", "detail", "text", "source", "start", "end", "now", "nearest"]
    assert quote["now"] == {"source": "pool.md", "start": 8, "end": 43, "line_start": 3, "line_end": 3, "page": None}


def test_a_file_that_cannot_be_opened_is_told(shell: Shell) -> None:
    """A missing file, a folder and a name that no system allows are one line with code 2."""
    for name in (str(shell.root / "none.json"), str(shell.root), "a\0b"):
        code, out, err = shell("verify", name)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "cannot be read" in err


def test_nothing_in_an_answer_instructs_the_terminal(shell: Shell, asked: dict[str, Any]) -> None:
    """Escape sequences in question, source and text leave as symbols; in JSON they parse back."""
    hostile = changed_answer({**asked, "question": HOSTILE, "answer": None}, source=HOSTILE, text=HOSTILE)
    hostile["quotes"][0] |= {"start": 0, "end": len(HOSTILE), "answer_start": None, "answer_end": None}
    file = shell.root / "answer.json"
    file.write_text(json.dumps(hostile), encoding="utf-8")
    code, out, _ = shell("verify", str(file))
    assert code == 1
    assert not [char for char in out if char != "\n" and not char.isprintable()]
    assert json.loads(shell("verify", "--json", str(file))[1])["quotes"][0]["text"] == HOSTILE


def test_no_name_forges_a_line(shell: Shell, asked: dict[str, Any]) -> None:
    """A line end in a source's name leaves as a symbol, so that no verdict can be put into the list."""
    file = shell.root / "answer.json"
    file.write_text(json.dumps(changed_answer(asked, source="x\n  unchanged  pool.md")), encoding="utf-8")
    (shell.root / "seeds/pool.md").unlink()
    code, out, _ = shell("verify", str(file))
    assert (code, out.split("\n")[1]) == (1, "  deleted    x\u240a  unchanged  pool.md")


def test_verifying_loads_no_model_and_no_index(root: Path, asked: dict[str, Any]) -> None:
    """A process that verifies imports neither ONNX Runtime nor FAISS, nor anything else of an index."""
    (root / "answer.json").write_text(json.dumps(asked), encoding="utf-8")
    code = "import sys; from qabot.cli import main; main(sys.argv[1:]); print(sorted(sys.modules))"
    done = run(root, "verify", str(root / "answer.json"))
    assert (done.returncode, done.stdout.split(b"\n")[1]) == (0, b"  unchanged  pool.md:3")
    loaded = run(root, "verify", str(root / "answer.json"), program=(sys.executable, "-c", code)).stdout.decode()
    assert "unchanged" in loaded
    for heavy in ("onnxruntime", "faiss", "tantivy", "numpy", "tokenizers", "discord"):
        assert f"'{heavy}'" not in loaded, heavy
