"""What was asked: cleaned, recognised where no document can answer, and its content words.

This module knows how people type (greetings, misspellings, other languages); it refuses to know what the documents
say: that a word occurs in them is told by its callers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from qabot.datatypes import Reason

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_FUNCTION_WORDS = frozenset(
    """a about after all also am an and any are aren't as at be because been before being between but by can can't
    could did didn't do does doesn't doing don't done during each else ever every for from get gets got had has have
    having he her here hers him his how how's i i'd i'll i'm i've if in into is isn't it it's its itself just let me
    may might mine more most much many must my no nor not of off on once one only or other our ours out over own
    please shall she should so some such than that that's the their theirs them then there there's these they this
    those through to too under until up upon us very was wasn't we were what what's when when's where where's which
    while who who's whom whose why will with within without won't would you your yours according anyone anything
    someone something tell know happen happened happens mean means say says said explain describe give list name
    show find""".split()
)
# Words that English has and its neighbours do not: one of them is enough to spare the language model.
_ENGLISH = frozenset(
    "what how which who whose when where why does did the should with many much can you are my our they".split()
)
_MISTYPED = {
    "wat": "what", "waht": "what", "whta": "what", "wht": "what", "wich": "which", "whcih": "which", "whihc": "which",
    "wen": "when", "whne": "when", "wehn": "when", "wher": "where", "whre": "where", "hwere": "where", "hwo": "how",
    "hw": "how", "whos": "who's", "whats": "what's", "teh": "the", "hte": "the", "wy": "why", "becuase": "because",
    "mutch": "much", "meny": "many", "dose": "does", "shoud": "should", "wuold": "would", "cuold": "could", "r": "are",
    "u": "you", "ur": "your", "pls": "please", "plz": "please", "abt": "about", "cant": "can't", "dont": "don't",
}  # fmt: skip
_GREETINGS = frozenset(
    """hi hello hey heya hiya yo howdy greetings morning afternoon evening night thanks thank thx ty cheers bye
    goodbye cya welcome sup help""".split()
)
_AROUND_GREETINGS = frozenset(
    "good there all everyone bot qabot dear you so much very a lot day to and my friend".split()
)
_SMALL_TALK = re.compile(
    r"(who|what) are you|what can you do|how are you( doing)?( today)?|what'?s up|how'?s it going|are you (a bot|there)"
)
_INSTRUCTION = re.compile(
    r"(please )?(ignore|disregard|forget) (all|any|everything|the|your|my|previous)\b.*"
    r"\b(instructions?|rules|prompts?|above|before|told|said)\b|"
    r"(please )?(write|compose|generate) (me )?(a|an) (\w+ )?"
    r"(poem|story|song|essay|joke|haiku|letter|code|script|program)\b|"
    r"(please )?(translate|summari[sz]e) (this|that|it|everything|the (following|above))\b|"
    r"(please )?(tell me a (joke|story)|repeat after me|pretend (to|you|that)|roleplay|act as (if|a|an|my))\b|"
    r"you are now\b|"
    r"from now on you\b|(print|reveal|show|repeat)( me)? your (system )?(prompt|instructions)\b"
)
_TOKEN = re.compile(r"\w+(?:[.:,]\d+)*")
_FOREIGN_PROBABILITY = 0.5  # of a language other than English
_LONG_WORDS = 30  # the reader takes about so many
_SHORT_WORD = 7  # up to here one typing error is believed, beyond it two


def clean(text: str) -> str:
    """The question on one line: white space collapsed, invisible and control characters dropped, NFC."""
    visible = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _INVISIBLE
    )
    return unicodedata.normalize("NFC", " ".join(visible.split()))


_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def words(text: str) -> list[str]:
    """The words of the text in lower case, in order."""
    return [match[0].lower().replace("\u2019", "'") for match in _WORD.finditer(text)]


def content_words(text: str) -> list[str]:
    """The words that carry the subject: no function words and no single letters; each once, in order."""
    found = (word for word in words(text) if word not in _FUNCTION_WORDS and (len(word) > 1 or word.isdigit()))
    return list(dict.fromkeys(word.removesuffix("'s") for word in found))


def refusal(text: str, *, max_chars: int) -> Reason | None:
    """Why a cleaned question needs no look into the documents, if so.

    Orders to a language model ("ignore all previous instructions", "write a poem") are ``no_candidates``.
    """
    if not words(text):
        return "empty_question"
    if len(text) > max_chars:
        return "too_long"
    if _is_greeting(text):
        return "greeting"
    if not _is_latin(text):
        return "unsupported_language"
    return "no_candidates" if _INSTRUCTION.match(text.lower()) else None


def _is_greeting(text: str) -> bool:
    said = words(text)
    greets = any(word in _GREETINGS for word in said) and all(
        word in _GREETINGS or word in _AROUND_GREETINGS for word in said
    )
    return greets or _SMALL_TALK.fullmatch(" ".join(said)) is not None


def _is_latin(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters)
    return 2 * latin >= len(letters)


def is_foreign(text: str) -> bool:
    """Whether the question is, probably, in another language than English (the only one that the reader knows).

    Source: langid.py (Lui and Baldwin 2012) as kept up in py3langid. Its model takes a second to load, so callers
    ask only for questions whose words the documents do not have.
    """
    if _ENGLISH.intersection(words(text)):
        return False
    language, probability = _identifier().classify(text)
    return language not in ("en", "zxx") and bool(probability >= _FOREIGN_PROBABILITY)  # zxx: no language at all


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def names_and_numbers(question: str) -> tuple[str, ...]:
    """What a question names, case-folded: words with a digit, and capitalised ones but for the first word."""
    return tuple(
        word.casefold()
        for place, word in enumerate(_TOKEN.findall(question))
        if any(map(str.isdigit, word)) or (place and word[0].isupper() and word != "I")
    )


def share_named(question: str, text: str) -> float:
    """The share of the question's names and numbers that the text has; 1 for a question without any."""
    named = names_and_numbers(question)
    in_text = frozenset(token.casefold() for token in _TOKEN.findall(text)) if named else frozenset()
    return sum(name in in_text for name in named) / len(named) if named else 1.0


def sentence_asked(text: str) -> str:
    """The last sentence that ends with a question mark, where a long message tells a story first; else all of it."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    questions = [sentence for sentence in sentences if sentence.endswith("?")]
    return questions[-1] if questions and len(words(text)) > _LONG_WORDS else text


def correct_spelling(text: str, *, is_known: Callable[[str], bool], vocabulary: Callable[[], Sequence[str]]) -> str:
    """The question with words that nobody knows replaced by the documents' nearest word, if one is near enough.

    ``is_known`` tells whether a lower-case word needs no correction. One typing error (Damerau-Levenshtein, a
    transposition counts one) is believed in words of four to seven letters and in names, two in longer words; the
    first letter must be right.
    """

    def corrected(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in _MISTYPED:
            return _MISTYPED[word]
        if len(word) < 4 or word in _FUNCTION_WORDS or not word.isalpha() or is_known(word):
            return match[0]
        one_error_only = len(word) <= _SHORT_WORD or (match[0][0].isupper() and match.start() > 0)
        return _nearest(word, vocabulary(), limit=1 if one_error_only else 2) or match[0]

    return _WORD.sub(corrected, text)


def _nearest(word: str, vocabulary: Sequence[str], *, limit: int) -> str | None:
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    near = extract(
        word, [known for known in vocabulary if known[0] == word[0]], scorer=OSA.distance, score_cutoff=limit
    )
    return min(near, key=lambda found: (found[1], found[0]))[0] if near else None
