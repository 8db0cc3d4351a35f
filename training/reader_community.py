"""Made-up documents of the kind that communities have: tables, rules, options, minutes, opening hours, changes.

Everything is drawn from the word lists below by a seeded generator; nothing is copied from a real document.
A passage is a few lines that each state a fact; the question asks for one of them, or for one that was left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

PEOPLE = "Anna Ben Carla Dmitri Elif Farid Grace Hugo Ines Jonas Kofi Lena Mira Noor Oskar Priya Quentin Rosa Sam "
"Tove".split()
SURNAMES = (
    "Adler Brook Costa Dunn Eriksen Fischer Gupta Hill Ito Jansen Keller Lopez Moss Novak Okoro Park Reed Silva".split()
)
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
SUBJECTS = {
    "room": (
        "large hall",
        "small hall",
        "kitchen",
        "workshop",
        "music room",
        "attic",
        "meeting room",
        "studio",
        "library",
    ),
    "tool": (
        "drill",
        "ladder",
        "pressure washer",
        "sewing machine",
        "projector",
        "tent",
        "cargo bike",
        "lawn mower",
        "sander",
    ),
    "course": (
        "pottery class",
        "yoga",
        "choir",
        "chess club",
        "Spanish course",
        "first aid course",
        "judo",
        "book circle",
    ),
    "bin": ("paper", "glass", "organic waste", "bulky waste", "plastic", "garden waste", "batteries", "old clothes"),
    "membership": (
        "student membership",
        "family membership",
        "day pass",
        "senior membership",
        "guest ticket",
        "trial month",
    ),
    "team": ("treasurer", "caretaker", "chair", "webmaster", "youth leader", "secretary", "event team", "gardener"),
}
RULED = (
    ("Dogs", "a dog", "bring my dog"), ("Bicycles", "a bike", "leave my bicycle"), ("Barbecues", "a bbq",
    "have a barbecue"),
    ("Loud music", "loud music", "play music"), ("Smoking", "smoking", "smoke"), ("Parking", "parking", "park my car"),
    ("Overnight guests", "a guest over night", "have someone sleep over"), ("Drones", "a drone", "fly a drone"),
    ("Ball games", "football", "play ball"), ("Candles", "candles", "light candles"), ("Subletting", "subletting",
    "sublet"),
    ("Photographs", "taking pictures", "take photos"), ("Alcohol", "alcohol", "drink beer"), ("Drying laundry",
    "laundry", "dry my clothes"),
    ("Advertising", "ads", "post an ad"), ("Bots", "a bot", "add a bot"), ("Spoilers", "spoilers", "post spoilers"),
    ("Swearing", "swearing", "swear"), ("Self-promotion", "self promo", "promote my channel"), ("Satellite dishes",
    "a dish", "put up a dish"),
)  # fmt: skip
TASKS = (
    "call the plumber", "order new chairs", "paint the fence", "write the newsletter", "book the bus",
    "renew the insurance",
    "fix the bicycle rack", "send the invoices", "ask the council for a permit", "compare three offers",
    "update the website",
    "clean the gutters", "buy salt for the winter", "plan the summer party", "check the fire extinguishers",
    "count the keys",
)  # fmt: skip
OPTION_WORDS = (
    "max min retry cache log request upload session backup thread page index search buffer update queue".split()
)
OPTION_TAILS = "timeout limit size count interval level path mode delay depth".split()
OPTION_DOES = (
    "how long to wait before giving up", "how many items are kept", "where files are written", "how often it runs",
    "the largest file that is accepted", "how much is printed", "whether old entries are deleted",
    "how many run at once",
)  # fmt: skip
CHANGES = (
    "dark mode", "export to CSV", "two-factor login", "a crash on empty files", "faster search", "Polish translation",
    "keyboard shortcuts", "wrong dates in reports", "offline use", "custom colours", "a leak in the downloader", "undo",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """A line; the words in it that answer; the ways to ask for them."""

    line: str
    answer: str
    questions: tuple[str, ...]


def made_document(rng: Random) -> tuple[str, str, int, int]:
    """(question, passage, start, end) of a made-up document; start == end == 0 where the asked fact was left out."""
    heading, facts = rng.choice(MAKERS)(rng)
    asked = rng.choice([f for f in facts if f.questions])
    question = rng.choice(asked.questions)
    left_out = rng.random() < 0.33 and all(asked.answer not in f.line for f in facts if f is not asked)
    kept = [f for f in facts if f is not asked or not left_out]
    passage, at = heading, -1
    for fact in kept:
        if fact is asked:
            at = len(passage) + fact.line.rindex(fact.answer)
        passage += fact.line + "\n"
    passage = passage.rstrip()
    return (question, passage, 0, 0) if left_out else (question, passage, at, at + len(asked.answer))


def _money(rng: Random) -> str:
    amount = rng.choice((str(rng.randint(2, 95)), f"{rng.randint(1, 60)}.50", str(rng.randint(10, 90) * 10)))
    return rng.choice(("€{}", "£{}", "${}", "{} EUR", "{} euros")).format(amount)


def _clock(rng: Random) -> str:
    hour = rng.randint(7, 22)
    return rng.choice(
        (f"{hour}:{rng.choice(('00', '15', '30'))}", f"{(hour - 1) % 12 + 1} {'am' if hour < 12 else 'pm'}")
    )


def _date(rng: Random) -> str:
    day, month = rng.randint(1, 28), rng.choice(MONTHS)
    return rng.choice(
        (
            f"{day} {month}",
            f"{month} {day}",
            f"{day} {month} {rng.randint(2015, 2027)}",
            f"{rng.randint(2015, 2027)}-{rng.randint(1, 12):02}-{day:02}",
        )
    )


def _person(rng: Random) -> str:
    return rng.choice((rng.choice(PEOPLE), f"{rng.choice(PEOPLE)} {rng.choice(SURNAMES)}"))


def _phone(rng: Random) -> str:
    return f"0{rng.randint(20, 99)} {rng.randint(100, 999)} {rng.randint(1000, 9999)}"


# attribute -> (how a value is drawn, ways to ask with {s} the subject)
ATTRIBUTES: dict[str, tuple[Callable[[Random], str], tuple[str, ...]]] = {
    "Fee": (_money, ("How much does the {s} cost?", "{s} price", "what do i pay for {s}", "cost of {s}", "fee {s}")),
    "Deposit": (_money, ("What is the deposit for the {s}?", "deposit {s}", "how much deposit for {s}")),
    "Day": (lambda r: r.choice(DAYS), ("On which day is the {s}?", "what day {s}", "wich day is {s}", "when is {s}",
        "{s} day?")),
    "Time": (_clock, ("At what time is the {s}?", "what time does {s} start", "{s} time", "when do we start {s}")),
    "Contact": (_person, ("Who is the contact for the {s}?", "who do i ask about {s}", "{s} contact",
        "who looks after the {s}")),
    "Phone": (_phone, ("What is the phone number of the {s}?", "{s} phone", "number for {s}", "how do i call the {s}")),
    "Places": (lambda r: str(r.randint(4, 180)), ("How many places does the {s} have?", "{s} capacity",
        "how many people fit in {s}")),
    "Floor": (lambda r: r.choice(("ground floor", "first floor", "second floor", "basement")), ("Where is the {s}?",
        "which floor {s}", "where do i find {s}")),
    "Since": (lambda r: str(r.randint(1965, 2025)), ("Since when is there a {s}?", "{s} since when", "how old is {s}")),
    "Notice": (lambda r: f"{r.randint(2, 12)} {r.choice(('days', 'weeks', 'hours'))}",
        ("How long in advance must the {s} be booked?", "notice for {s}", "how long before do i book {s}")),
}  # fmt: skip


def _table(rng: Random) -> tuple[str, list[Fact]]:
    subjects = rng.sample(SUBJECTS[rng.choice(list(SUBJECTS))], rng.randint(3, 6))
    columns = rng.sample(list(ATTRIBUTES), rng.randint(1, 4))
    form = rng.choice(("table", "lines", "bullets", "blocks"))
    heading = f"| Name | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}\n" if form == "table" else ""
    facts: list[Fact] = []
    for subject in subjects:
        values = {c: ATTRIBUTES[c][0](rng) for c in columns}
        name = subject[:1].upper() + subject[1:]
        asked = rng.choice(columns)
        questions = tuple(q.format(s=subject) for q in ATTRIBUTES[asked][1])
        pairs = [f"{c.lower() if form == 'bullets' else c}: {v}" for c, v in values.items()]
        line = {
            "table": f"| {name} | {' | '.join(values.values())} |",
            "lines": f"{name}: {', '.join(pairs) if len(columns) > 1 else values[asked]}",
            "bullets": f"- {name} ({'; '.join(pairs)})",
            "blocks": f"{name}\n" + "\n".join(f"  {p}" for p in pairs),
        }[form]
        # Two columns with the same value would make the place of the answer a guess: not asked for.
        unique = line.count(values[asked]) == 1
        facts.append(Fact(line, values[asked], questions if unique else ()))
    return heading, facts if any(f.questions for f in facts) else _table(rng)[1]


def _rules(rng: Random) -> tuple[str, list[Fact]]:
    facts: list[Fact] = []
    form = rng.choice(("- {}", "{n}. {}", "{}", "§ {n} {}", "* {}"))
    for n, (subject, thing, verb) in enumerate(rng.sample(RULED, rng.randint(3, 7)), 1):
        plural = "are" if subject.endswith("s") and not subject.endswith("ss") else "is"
        verdict = rng.choice((
            f"{plural} allowed", f"{plural} not allowed", f"{plural} forbidden",
            f"{plural} allowed until {_clock(rng)}",
            f"{plural} allowed only on {rng.choice(DAYS)}s",
            f"need{'' if plural == 'are' else 's'} the permission of the {rng.choice(SUBJECTS['team'])}",
            f"cost{'' if plural == 'are' else 's'} {_money(rng)} a day",
            f"{plural} fine in the garden but not in the {rng.choice(SUBJECTS['room'])}",
            f"{plural} welcome, but must be announced {rng.randint(2, 9)} days before",
            f"{plural} no longer permitted since {_date(rng)}",
        ))  # fmt: skip
        asks = (f"is {thing} ok", f"can i {verb}", f"am i allowed to {verb}", f"{subject.lower()} allowed?",
        f"May I {verb} here?",
                f"what about {thing}", f"Are we allowed to {verb}?", f"rules for {subject.lower()}")  # fmt: skip
        facts.append(Fact(form.format(f"{subject} {verdict}.", n=n), verdict, asks))
    return "", facts


def _options(rng: Random) -> tuple[str, list[Fact]]:
    facts: list[Fact] = []
    form = rng.choice(
        (
            "`{k}` (default `{v}`): {d}.",
            "{k} = {v}  # {d}",
            "| {k} | {v} | {d} |",
            "--{k} N   {d} [default: {v}]",
            "- **{k}**: {d}. Default {v}",
        )
    )
    heads, used = rng.sample(OPTION_WORDS, rng.randint(3, 6)), set()
    does = rng.sample(OPTION_DOES, len(heads))
    for head, what in zip(heads, does, strict=True):
        tail = rng.choice(OPTION_TAILS)
        value = str(
            rng.choice(
                (rng.randint(1, 99), rng.randint(1, 40) * 50, f"{rng.randint(2, 60)}s", f"{rng.randint(1, 64)} MB")
            )
        )
        key = f"{head}{rng.choice('_-')}{tail}"
        line = form.format(k=key, v=value, d=what)
        words = f"{head} {tail}"
        by_value = Fact(
            line,
            value,
            (f"default {words}", f"What is the default of {key}?", f"{key} default value", f"what is {words} set to"),
        )
        by_name = Fact(line, key, (f"Which option sets {what}?", f"how do i change {what}", f"option for {what}"))
        fact = rng.choice((by_value, by_name))
        facts.append(fact if value not in used and line.count(fact.answer) == 1 else Fact(line, value, ()))
        used.add(value)
    return "", facts if any(f.questions for f in facts) else _options(rng)[1]


def _minutes(rng: Random) -> tuple[str, list[Fact]]:
    present = ", ".join(rng.sample(PEOPLE, rng.randint(3, 5)))
    place, when = f"the {rng.choice(SUBJECTS['room'])}", _date(rng)
    facts = [
        Fact(f"Present: {present}", present, ("who was there", "Who attended the meeting?", "present at the meeting")),
        Fact(f"Place: {place}", place, ("Where did the meeting take place?", "where did we meet")),
        Fact(f"Next meeting: {when}", when, ("When is the next meeting?", "next meeting", "when do we meet again")),
    ]
    for task in rng.sample(TASKS, rng.randint(2, 4)):
        person, due = _person(rng), _date(rng)
        line = rng.choice(
            (
                f"Action: {person} to {task} by {due}.",
                f"- {person} will {task} until {due}.",
                f"TODO {task} ({person}, {due})",
            )
        )
        who = Fact(line, person, (f"Who has to {task}?", f"who will {task}", f"{task} who"))
        by = Fact(line, due, (f"By when must we {task}?", f"deadline to {task}", f"{task} when"))
        facts.append(rng.choice((who, by)))
    rng.shuffle(facts)
    return rng.choice(("", "Minutes\n", "# Meeting notes\n\n")), facts


def _hours(rng: Random) -> tuple[str, list[Fact]]:
    place = rng.choice(("library", "office", "pool", "shop", "swap room", "repair cafe", "museum", "bar"))
    facts = []
    for day in sorted(rng.sample(range(7), rng.randint(3, 6))):
        name = DAYS[day]
        hours = "closed" if rng.random() < 0.2 else f"{_clock(rng)} \u2013 {_clock(rng)}"
        line = rng.choice((f"{name}: {hours}", f"{name[:3]}  {hours}", f"- {name}s {hours}"))
        asks = (
            f"When is the {place} open on {name}?",
            f"{place} {name.lower()}",
            f"open {name.lower()}s",
            f"hours on {name[:3].lower()}",
        )
        facts.append(Fact(line, hours, asks))
    return rng.choice((f"Opening hours of the {place}\n", f"The {place} is open:\n", f"## {place.title()}\n")), facts


def _changes(rng: Random) -> tuple[str, list[Fact]]:
    facts = []
    for change in rng.sample(CHANGES, rng.randint(3, 6)):
        version, date = f"{rng.randint(0, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}", _date(rng)
        line = f"## {version} ({date})\n- {rng.choice(('Added', 'New:', 'Fixed', 'Changed'))} {change}"
        which = Fact(
            line, version, (f"Which version has {change}?", f"{change} which version", f"since what release {change}")
        )
        when = Fact(line, date, (f"When did {change} come?", f"date of {version}", f"When was {version} released?"))
        facts.append(rng.choice((which, when)))
    return rng.choice(("# Changelog\n\n", "")), facts


MAKERS = (_table, _table, _rules, _rules, _options, _minutes, _hours, _changes)
