"""Follow-up questions: completed by the last one of the same member in the same place, and by nothing else."""

import pytest

from qabot.discord_bot.followups import REMEMBERED_S, Followups


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now_s


def after(*questions: str) -> str:
    """How the last of the questions is understood."""
    memory = Followups(Clock())
    return [memory.understand(question, member_id=1, channel_id=2).text for question in questions][-1]


@pytest.mark.parametrize(
    ("earlier", "question", "understood"),
    [
        ("When does the library open?", "And on Sunday?", "when library open sunday?"),
        ("Who chairs the garden club?", "how many members?", "how many chairs garden club members?"),
        ("How much is the hall?", "Why?", "why hall?"),
        ("When does the library open?", "the library on Sunday", "when open library sunday?"),
    ],
)
def test_a_short_question_is_completed(earlier: str, question: str, understood: str) -> None:
    """The earlier content words come first, then its own; its own question word counts before the earlier one."""
    assert after(earlier, question) == understood


def test_completed_questions_are_completed_again() -> None:
    """A third question builds on what the second was understood as."""
    assert after("When does the library open?", "And on Sunday?", "In winter?") == "when library open sunday winter?"


@pytest.mark.parametrize("question", ["What does renting the big hall cost members?", "hello", "?", "   "])
def test_what_stands_by_itself_or_says_nothing_is_left_alone(question: str) -> None:
    """Four content words of its own ignore history, and without any word there is nothing to complete."""
    expected = "when library open hello?" if question == "hello" else question
    assert after("When does the library open?", question) == expected


def test_only_the_same_member_in_the_same_place_within_ten_minutes() -> None:
    """Another member, another channel, and a late question start anew."""
    clock = Clock()
    memory = Followups(clock)
    memory.understand("When does the library open?", member_id=1, channel_id=2)
    assert not memory.understand("And on Sunday?", member_id=9, channel_id=2).completed
    assert not memory.understand("And on Sunday?", member_id=1, channel_id=3).completed
    clock.now_s += REMEMBERED_S + 1
    assert not memory.understand("And on Sunday?", member_id=1, channel_id=2).completed


def test_a_member_can_be_forgotten() -> None:
    """After forget_member nothing of the member's questions is left; others keep theirs."""
    memory = Followups(Clock())
    for member_id in (1, 9):
        memory.understand("When does the library open?", member_id=member_id, channel_id=2)
    memory.forget_member(1)
    assert not memory.understand("And on Sunday?", member_id=1, channel_id=2).completed
    assert memory.understand("And on Sunday?", member_id=9, channel_id=2).completed


def test_what_is_past_its_time_does_not_stay_in_memory() -> None:
    """The next question of anyone drops the others' that are too old to be followed up, and only these."""
    clock = Clock()
    memory = Followups(clock)
    for member_id in (1, 2, 3):
        memory.understand("When does the library open?", member_id=member_id, channel_id=2)
        clock.now_s += REMEMBERED_S / 2 - 1
    clock.now_s += REMEMBERED_S / 2
    memory.understand("hello?", member_id=9, channel_id=2)
    assert {member_id for member_id, _ in memory._last} == {3, 9}


def test_memory_is_bounded() -> None:
    """Neither many members nor endless words can fill it."""
    memory = Followups(Clock())
    for member_id in range(6000):
        memory.understand("x" * 4000 + " library", member_id=member_id, channel_id=2)
    assert len(memory._last) == 5000
    chain = ["word" + chr(97 + n) * 100 for n in range(26)]
    assert len(after(*chain)) < 1000
