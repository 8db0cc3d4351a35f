"""Who sees what: the operator grants, a server narrows, and a public answer is for everyone who can read it."""

import pytest

from qabot.config import DiscordConfig, ServerGrant
from qabot.datatypes import Filters
from qabot.discord_bot.access import (
    NOTHING,
    Place,
    at_least,
    audience,
    granted,
    refusal,
    seen_by,
    seen_in,
    without_documents,
)
from qabot.discord_bot.kept import ServerSettings
from qabot.index import passes

SERVER, STAFF, MODS, OTHERS = 10, 21, 22, 23
DOCUMENTS = ("top.md", "faq/a.md", "staff/b.md", "staff/mods/c.md", "archive/d.md")
STAFF_ONLY = ServerSettings(roles=(("staff", frozenset({STAFF})),))
LAYERED = ServerSettings(roles=(("staff", frozenset({STAFF, MODS})), ("staff/mods", frozenset({MODS}))))


def visible(filters: Filters) -> set[str]:
    """The documents that pass."""
    return {one for one in DOCUMENTS if passes(filters, one, None)}


@pytest.mark.parametrize(
    ("config", "server", "seen"),
    [
        (DiscordConfig(), SERVER, set(DOCUMENTS)),
        (DiscordConfig(), None, set(DOCUMENTS)),
        (DiscordConfig(public=("faq",)), SERVER, {"faq/a.md"}),
        (DiscordConfig(public=("faq", ".")), None, {"faq/a.md", "top.md"}),
        (DiscordConfig(public=()), SERVER, set()),
        (DiscordConfig(new_servers="nothing"), SERVER, set()),
        (DiscordConfig(new_servers="nothing"), None, set(DOCUMENTS)),
        (DiscordConfig(direct_messages=False), None, set()),
        (DiscordConfig(public=("faq",), servers={"10": ServerGrant(("staff/mods",))}), SERVER, {"staff/mods/c.md"}),
        (DiscordConfig(public=("faq",), servers={"10": ServerGrant(("staff",))}), 11, {"faq/a.md"}),
        (DiscordConfig(public=("faq",), servers={"10": ServerGrant(("*",))}), SERVER, set(DOCUMENTS)),
        (DiscordConfig(public=("faq",), servers={"10": ServerGrant(())}), SERVER, set()),
        (DiscordConfig(public=("faq",), servers={"10": ServerGrant(("staff",))}), None, {"faq/a.md"}),
        (DiscordConfig(public=("fa",)), SERVER, set()),
    ],
)  # fmt: skip
def test_the_operator_grants(config: DiscordConfig, server: int | None, seen: set[str]) -> None:
    """A server sees its own grant, else what is public or nothing; direct messages see what is public, if allowed."""
    assert visible(granted(config, server)) == seen


@pytest.mark.parametrize(
    ("settings", "roles", "seen"),
    [
        (ServerSettings(), set(), set(DOCUMENTS)),
        (STAFF_ONLY, set(), {"top.md", "faq/a.md", "archive/d.md"}),
        (STAFF_ONLY, {OTHERS}, {"top.md", "faq/a.md", "archive/d.md"}),
        (STAFF_ONLY, {STAFF, OTHERS}, set(DOCUMENTS)),
        (LAYERED, {STAFF}, set(DOCUMENTS) - {"staff/mods/c.md"}),
        (LAYERED, {MODS}, set(DOCUMENTS)),
        (ServerSettings(roles=(("staff", frozenset({SERVER})),)), set(), set(DOCUMENTS)),
        (ServerSettings(roles=(("staff", frozenset()),)), {STAFF}, {"top.md", "faq/a.md", "archive/d.md"}),
        (ServerSettings(roles=((".", frozenset({STAFF})),)), set(), set(DOCUMENTS) - {"top.md"}),
    ],
)
def test_a_server_narrows_by_role(settings: ServerSettings, roles: set[int], seen: set[str]) -> None:
    """A folder with roles is for those who hold one of them; of nested folders each has to be open."""
    assert visible(seen_by(DiscordConfig(), settings, server_id=SERVER, roles=roles)) == seen


def test_settings_never_widen_a_grant() -> None:
    """A role opens a folder only if the operator granted it; where nothing is granted, nothing can be seen."""
    config = DiscordConfig(public=("faq",))
    assert visible(seen_by(config, STAFF_ONLY, server_id=SERVER, roles={STAFF})) == {"faq/a.md"}
    closed = DiscordConfig(new_servers="nothing")
    assert seen_by(closed, STAFF_ONLY, server_id=SERVER, roles={STAFF}) == NOTHING
    assert seen_in(closed, STAFF_ONLY, server_id=SERVER, audience={STAFF}) == NOTHING


@pytest.mark.parametrize(
    ("readers", "staff_is_shown"),
    [({SERVER}, False), ({STAFF}, True), ({STAFF, OTHERS}, False), ({OTHERS}, False), (set(), False)],
)
def test_a_public_answer_is_for_every_reader(readers: set[int], staff_is_shown: bool) -> None:
    """A folder with roles is used in public only where each reader is known to hold one of them."""
    shown = visible(seen_in(DiscordConfig(), STAFF_ONLY, server_id=SERVER, audience=readers))
    assert ("staff/b.md" in shown) is staff_is_shown
    assert "faq/a.md" in shown


def test_who_reads_a_channel() -> None:
    """@everyone, unless that is barred and only roles are let in; a member let in by name makes it unknown again."""
    barred = {"everyone_barred": True}
    assert audience(SERVER, everyone_barred=False, roles_let_in=[STAFF], members_let_in=[]) == {SERVER}
    assert audience(SERVER, **barred, roles_let_in=[STAFF, MODS], members_let_in=[]) == {STAFF, MODS}
    assert audience(SERVER, **barred, roles_let_in=[STAFF], members_let_in=[5]) == {SERVER}
    assert audience(SERVER, **barred, roles_let_in=[], members_let_in=[]) == {SERVER}


def test_only_what_hides_something_is_sealed() -> None:
    """Where all is visible nothing has to be counted anew; wherever something is hidden it has to be."""
    assert not granted(DiscordConfig(), SERVER).sealed
    assert granted(DiscordConfig(public=("faq",)), SERVER).sealed
    assert NOTHING.sealed
    assert seen_by(DiscordConfig(), STAFF_ONLY, server_id=SERVER, roles=()).sealed
    assert not seen_by(DiscordConfig(), STAFF_ONLY, server_id=SERVER, roles={STAFF}).sealed


def test_where_the_bot_answers() -> None:
    """In the channels that were set, their threads included, or in threads only; a refusal says where to go."""
    channel, other, thread = Place(1, None), Place(2, None), Place(3, parent_id=1)
    chosen = ServerSettings(channels=frozenset({1}))
    assert refusal(chosen, channel) is None
    assert refusal(chosen, thread) is None
    assert "<#1>" in (refusal(chosen, other) or "")
    threads = ServerSettings(threads_only=True)
    assert refusal(threads, thread) is None
    assert "thread" in (refusal(threads, channel) or "")
    assert refusal(ServerSettings(), other) is None


def test_less_sure_answers_become_refusals() -> None:
    """Below a server's minimum the quotes are the nearest passages, unmarked; above it nothing changes."""
    from discord_standin.scripted import answer, quote  # brings discord.py

    sure = answer("Why?", quote("Because it is so.", "so"), confidence=0.8)
    assert at_least(sure, None) is sure
    assert at_least(sure, 0.8) == sure
    refused = at_least(sure, 0.9)
    assert refused.reason == "below_threshold"
    assert refused.confidence == 0.8
    assert [one.answer for one in refused.nearest] == [None]


def test_granted_folders_without_documents_are_named() -> None:
    """Misspelt ones of all grants, each once; "*" and folders with documents are not among them."""
    config = DiscordConfig(
        public=("Faq", "."), servers={"1": ServerGrant(("*", "faq", "staf")), "2": ServerGrant(("staf",))}
    )
    assert without_documents(config, ["faq", "staff", "."]) == ["Faq", "staf"]
    assert without_documents(config, ["Faq", "faq", "staf", "."]) == []
