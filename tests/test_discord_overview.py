"""What the bot knows of its documents, listed by more than one thread."""

import threading
from dataclasses import dataclass, field

from discord_standin.scripted import ListedDocument, ScriptedEngine

from qabot.discord_bot.overview import Overview


@dataclass
class SlowEngine(ScriptedEngine):
    """Whoever lists its documents first has to wait with them."""

    listing: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def documents(self) -> tuple[ListedDocument, ...]:
        """The first one gets the old documents, late."""
        found, first = self.listed, not self.listing.is_set()
        self.listing.set()
        if first:
            assert self.go_on.wait(10)
        return found


def test_an_older_list_does_not_replace_a_newer_one() -> None:
    """The follower and a question notice changes at the same time, each in its thread."""
    engine, overview, heard = SlowEngine(), Overview(), []
    overview.when_changed(lambda: heard.append(dict(overview.held.sums)))
    first = threading.Thread(target=overview.take_up, args=[engine])
    first.start()
    assert engine.listing.wait(10)
    engine.listed = (ListedDocument("new.md", sha256="1" * 64),)
    second = threading.Thread(target=overview.take_up, args=[engine])
    second.start()
    second.join(0.2)  # it must wait for the first; if it did not, it would be done by now
    engine.go_on.set()
    first.join(10)
    second.join(10)
    assert overview.held.sums == {"new.md": "1" * 64}
    assert len(overview.names) == 1
    assert heard[-1] == {"new.md": "1" * 64}
