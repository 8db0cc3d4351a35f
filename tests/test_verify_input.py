"""What `qabot verify` is given: nothing in it is believed, and nothing breaks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from corpus import make_root
from hypothesis import given, settings
from hypothesis import strategies as st
from verified import FILES, OPENS, answer_of, changed_answer, checked, quote_of

from qabot.config import SeedsConfig
from qabot.datatypes import Answer, OtherAnswer
from qabot.errors import UsageError
from qabot.render import as_json
from qabot.verification import check_answers, exit_code


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with two documents."""
    return make_root(tmp_path, FILES).root


@pytest.fixture
def asked(root: Path) -> dict[str, Any]:
    """An answer that quotes the pool's first sentence."""
    return answer_of(quote_of(root, "pool.md", OPENS))


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
