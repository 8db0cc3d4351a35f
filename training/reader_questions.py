"""What is done to questions: typed carelessly, or changed so that the passage no longer answers them.

Knows English function words and antonyms; knows nothing of files, tokens or models.
Every function takes the random generator it draws from, so a seed fixes the result.
"""

import re
from random import Random

FUNCTION_WORDS = frozenset(
    "a an the of in on at to for by with from is are was were be been do does did has have had that this these those "
    "it its "
    "there which and or as".split()
)
QUESTION_WORDS = frozenset("who whom whose what which when where why how".split())
ANTONYMS = dict(
    pair.split("/")
    for pair in (
        "first/last largest/smallest biggest/smallest highest/lowest most/least before/after north/south east/west "
        "northern/southern eastern/western increase/decrease increased/decreased more/less more/fewer begin/end "
        "began/ended "
        "start/stop started/stopped win/lose won/lost major/minor old/new older/newer oldest/newest early/late "
        "earlier/later "
        "earliest/latest male/female men/women positive/negative success/failure successful/unsuccessful "
        "support/oppose "
        "supported/opposed accept/reject accepted/rejected legal/illegal allowed/forbidden public/private rich/poor "
        "import/export imports/exports buy/sell bought/sold open/closed opened/closed strong/weak stronger/weaker "
        "strongest/weakest fast/slow faster/slower fastest/slowest long/short longest/shortest high/low higher/lower "
        "large/small larger/smaller common/rare same/different inside/outside above/below up/down left/right "
        "internal/external "
        "enter/leave entered/left arrive/depart rise/fall rose/fell gain/loss gained/lost primary/secondary "
        "maximum/minimum "
        "best/worst better/worse true/false modern/ancient urban/rural domestic/foreign always/never many/few hot/cold "
        "warm/cool dry/wet light/heavy like/dislike friend/enemy allies/enemies victory/defeat defeated/aided "
        "join/leave "
        "create/destroy created/destroyed build/demolish built/demolished married/divorced born/buried father/mother "
        "son/daughter king/queen husband/wife attack/defend attacked/defended permit/prohibit permitted/prohibited "
        "include/exclude included/excluded hire/fire hired/fired add/remove added/removed"
    ).split()
)
ANTONYMS |= {second: first for first, second in ANTONYMS.items() if second not in ANTONYMS}
NEGATED = {
    "is": "isn't", "are": "aren't", "was": "wasn't", "were": "weren't", "did": "didn't", "does": "doesn't",
    "do": "don't",
    "has": "hasn't", "have": "haven't", "can": "can't", "could": "couldn't", "will": "won't", "would": "wouldn't",
    "should": "shouldn't",
}  # fmt: skip
WORD = re.compile(r"[^\W_]+(?:['\u2019.-][^\W_]+)*")
NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
NAME = re.compile(r"\b[A-Z][\w'\u2019.-]*(?:\s+(?:(?:of|the|de|von|van)\s+)?[A-Z][\w'\u2019.-]*)*")
# What stands between an article or "of" and a small word or a stop is nearly always a noun.
NOUN = re.compile(
    r"\b(?:the|an?|of|its|his|her|their) ([a-z]{4,})"
    r"(?=[,.?;]| (?:of|in|on|for|from|to|by|at|with|and|is|was|were|are|did)\b)"
)
WEEKDAYS_MONTHS = frozenset(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August "
    "September "
    "October November December".split()
)


def content_words(text: str) -> frozenset[str]:
    """Lower-case words of `text` that are neither function nor question words."""
    return frozenset(w for w in WORD.findall(text.lower()) if w not in FUNCTION_WORDS and w not in QUESTION_WORDS)


def names(text: str) -> list[str]:
    """Runs of capitalised words, not those that merely begin a sentence."""
    found = []
    for match in NAME.finditer(text):
        begins = match.start() == 0 or text[: match.start()].rstrip()[-1:] in {".", "?", "!", ""}
        name = match.group().rstrip(".,'\u2019")
        first = name.split()[0].lower()
        if begins and (" " not in name or first in FUNCTION_WORDS or first in QUESTION_WORDS):
            continue
        if len(name) > 1 and ". " not in name:
            found.append(name)
    return found


def typed_carelessly(question: str, rng: Random) -> str:
    """The question as people type it: lower case, no mark, misspelt, without small words, or three words only."""
    if rng.random() < 0.85:
        question = question.lower()
    if rng.random() < 0.8:
        question = question.rstrip("?. ")
    words = question.split()
    how = rng.random()
    if how < 0.3:
        words = _without_small_words(words, rng, share=0.6)
    elif how < 0.45:
        words = _few_words(words, rng)
    if rng.random() < 0.45:
        long_ones = [i for i, w in enumerate(words) if len(w) > 3 and w.isalpha()]
        for i in rng.sample(long_ones, min(len(long_ones), rng.choice((1, 1, 2)))):
            words[i] = _misspelt(words[i], rng)
    return " ".join(words) or question


def _without_small_words(words: list[str], rng: Random, *, share: float) -> list[str]:
    return [w for w in words if w.lower() not in FUNCTION_WORDS or rng.random() > share]


def _few_words(words: list[str], rng: Random) -> list[str]:
    """Three to five words that carry the meaning, in their order: a question word now and then, names and nouns."""
    weighty = [i for i, w in enumerate(words) if w.lower().strip("?.,") not in FUNCTION_WORDS | QUESTION_WORDS]
    asking = [i for i, w in enumerate(words) if w.lower() in QUESTION_WORDS][:1] if rng.random() < 0.6 else []
    wanted = rng.choice((3, 4, 5))
    kept = sorted(rng.sample(weighty, min(wanted, len(weighty))) + asking)
    return [words[i] for i in kept] if len(kept) > 1 else words


def _misspelt(word: str, rng: Random) -> str:
    i = rng.randrange(1, len(word) - 1)
    how = rng.random()
    if how < 0.35:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    if how < 0.7:
        return word[:i] + word[i + 1 :]
    return word[:i] + word[i] + word[i:]


def made_false(question: str, answer: str, passage: str, elsewhere: str, rng: Random) -> str | None:
    """A question near to `question` that `passage` does not answer, or None where no change is safe.

    `elsewhere` is other text of the same article, a second store of names and numbers.
    """
    makers = [_other_name, _other_number, _opposite, _other_word, _roles_exchanged, _negated]
    weights = [4, 4, 4, 1.5, 1.5, 1]
    while makers:
        maker = rng.choices(makers, weights)[0]
        weights.pop(makers.index(maker))
        makers.remove(maker)
        changed = maker(question, answer, passage, elsewhere, rng)
        if changed and changed != question:
            return changed
    return None


def _other_name(question: str, answer: str, passage: str, elsewhere: str, rng: Random) -> str | None:
    held = [n for n in names(question) if n in passage and n not in WEEKDAYS_MONTHS]
    if not held:
        return None
    old = rng.choice(held)
    taken = content_words(f"{question} {answer}")
    # A name out of the same passage is the nearer miss, so it is tried first.
    for text in (passage, elsewhere) if rng.random() < 0.7 else (elsewhere, passage):
        shaped = [
            n
            for n in names(text)
            if not content_words(n) & taken and n not in WEEKDAYS_MONTHS and abs(len(n.split()) - len(old.split())) <= 1
        ]
        if shaped:
            return question.replace(old, rng.choice(shaped))
    return None


def _other_number(question: str, answer: str, passage: str, elsewhere: str, rng: Random) -> str | None:
    found = NUMBER.findall(question)
    if not found:
        return _other_month(question, rng)
    old = rng.choice(found)
    shaped = [
        n for n in NUMBER.findall(f"{passage} {elsewhere}") if _shape(n) == _shape(old) and n != old and n not in answer
    ]
    new = rng.choice(shaped) if shaped and rng.random() < 0.8 else _nearby_number(old, rng)
    return None if new in question else question.replace(old, new, 1)


def _shape(number: str) -> str:
    return re.sub(r"\d", "0", number)


def _other_month(question: str, rng: Random) -> str | None:
    found = [w for w in WEEKDAYS_MONTHS if re.search(rf"\b{w}\b", question)]
    others = sorted(
        w for w in WEEKDAYS_MONTHS if found and w not in found and w.endswith("day") == found[0].endswith("day")
    )
    return question.replace(found[0], rng.choice(others)) if others else None


def _nearby_number(number: str, rng: Random) -> str:
    digits = [i for i, c in enumerate(number) if c.isdigit()]
    i = rng.choice(digits[-2:])
    return number[:i] + rng.choice([d for d in "123456789" if d != number[i]]) + number[i + 1 :]


def _opposite(question: str, answer: str, passage: str, elsewhere: str, rng: Random) -> str | None:
    del elsewhere
    found = [w for w in WORD.findall(question) if w.lower() in ANTONYMS]
    rng.shuffle(found)
    for old in found:
        new = ANTONYMS[old.lower()]
        # "first ... last" both in the passage beside the answer: the changed question may well be answered, so leave
        # it.
        if re.search(rf"\b{new}\b", f"{answer} {passage}", re.IGNORECASE):
            continue
        return re.sub(rf"\b{re.escape(old)}\b", new, question, count=1)
    return None


def _other_word(question: str, answer: str, passage: str, elsewhere: str, rng: Random) -> str | None:
    """A noun that question and passage share, exchanged for another noun of the passage with the same ending."""
    del elsewhere
    stems = {w[:4] for w in content_words(f"{question} {answer}")}
    told = sorted(set(NOUN.findall(passage)))
    held = [w for w in NOUN.findall(question) if w in passage]
    rng.shuffle(held)
    for old in held:
        others = [w for w in told if (w[-1] == "s") == (old[-1] == "s") and w[:4] not in stems]
        if others:
            return re.sub(rf"\b{re.escape(old)}\b", rng.choice(others), question, count=1)
    return None


def _roles_exchanged(question: str, answer: str, passage: str, elsewhere: str, rng: Random) -> str | None:
    del answer, elsewhere, rng
    held = [n for n in names(question) if n in passage]
    if len(held) != 2 or held[0] in held[1] or held[1] in held[0]:
        return None
    first, second = held
    between = question[question.index(first) + len(first) : question.index(second)]
    # "between A and B", "A, B": the order carries no role there.
    if (
        len(between.split()) < 1
        or re.fullmatch(r"\W*(?:and|or|,|of|in|'s)?\W*", between)
        or "between" in question.lower()
    ):
        return None
    return question.replace(first, "\0").replace(second, first).replace("\0", second)


def _negated(question: str, answer: str, passage: str, elsewhere: str, rng: Random) -> str | None:
    del answer, elsewhere, rng
    if re.search(r"\b(?:not|never|no)\b|n't", question) or re.search(r"n't|\bnot\b", passage):
        return None
    for match in re.finditer(r"\b[a-z]+\b", question):
        if match.group() in NEGATED:
            return question[: match.start()] + NEGATED[match.group()] + question[match.end() :]
    return None
