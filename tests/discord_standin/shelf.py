"""Documents in a folder, and an engine that quotes them as the real one would."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from discord_standin.memory_store import MemoryStore
from discord_standin.scripted import Entry, ListedDocument, ScriptedEngine, answer
from qabot.config import SeedsConfig
from qabot.datatypes import Answer, Document, OtherAnswer, Quote, Span
from qabot.discord_bot.rereading import SeedFiles
from qabot.documents import read_document
from qabot.quotes import make_quote
from qabot.sentences import sentence_spans


@dataclass
class Shelf:
    """Files under a temporary folder."""

    seeds: Path

    @classmethod
    def of(cls, root: Path, files: dict[str, str]) -> Shelf:
        """Write the files."""
        shelf = cls(root / "seeds")
        for name, text in files.items():
            shelf.write(name, text)
        return shelf

    def write(self, name: str, text: str) -> None:
        """Write or replace a file."""
        path = self.seeds / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))

    def quote(self, name: str, short: str, *, marked: bool = True) -> Quote:
        """The sentence with the first occurrence of ``short``."""
        document = read_document(self.seeds, name, max_bytes=1_000_000)
        at = document.text.index(short)
        return make_quote(document, sentence_spans(document), Span(at, at + len(short)), marked=marked)

    def answer(self, question: str, *quotes: Quote, others: tuple[Quote, ...] = ()) -> Answer:
        """An answer with a different one for each quote of ``others``."""
        different = tuple(OtherAnswer(quote.answer_text or "", 0.6, (quote,)) for quote in others)
        return answer(question, *quotes, others=different)

    def engine(self, table: dict[str, Entry]) -> ScriptedEngine:
        """Answers from the table, and lists the files that are there when it is asked for them."""
        shelf = self

        class OfShelf(ScriptedEngine):
            def documents(self) -> tuple[ListedDocument, ...]:
                super().documents()
                found = sorted(path for path in shelf.seeds.rglob("*") if path.is_file())
                names = [path.relative_to(shelf.seeds).as_posix() for path in found]
                read = (read_document(shelf.seeds, name, max_bytes=1_000_000) for name in names)
                return tuple(ListedDocument(one.id, one.title, sha256=one.sha256) for one in read)

            def document(self, document_id: str) -> Document:
                return read_document(shelf.seeds, document_id, max_bytes=1_000_000)

        return OfShelf(table)

    def options(self, **more: Any) -> dict[str, Any]:
        """What ``running`` needs for buttons that work."""
        return {"files": SeedFiles(self.seeds, SeedsConfig()), "store": MemoryStore(), **more}
