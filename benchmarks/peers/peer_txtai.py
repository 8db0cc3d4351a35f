"""txtai's extractive question answering: RAG over an embeddings database with its Questions pipeline.

As its documentation has it: paragraphs by its Segmentation, content kept in the database, three matches as context
(the default), answers by reference. Its own limit is used, a span probability of 0.05 in Questions; the probability
itself is not handed out, so it is taken from the model's outputs, once more and by the same formula.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asking import Ask, Documents, Models, Peer, Said, run
from txtai import Embeddings
from txtai.pipeline import RAG, Questions, Segmentation


class Listening:
    """The reader, remembering how probable its likeliest start and end were."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.probability = 0.0

    def __call__(self, **tokens: Any) -> Any:
        """What the model puts out."""
        out = self._model(**tokens)
        best = (logits.softmax(dim=-1).max() for logits in (out.start_logits, out.end_logits))
        self.probability = float(next(best) * next(best))
        return out


def build(documents: Documents, index: Path, models: Models) -> None:
    """Index the paragraphs."""
    segmented = Segmentation(paragraphs=True)
    rows = [(f"{source}#{at}", text) for source, whole in documents.items() for at, text in enumerate(segmented(whole))]
    embeddings = Embeddings(path=str(models.encoder), content=True)
    embeddings.index(rows)
    embeddings.save(str(index / "embeddings"))


def load(index: Path, models: Models) -> Ask:
    """Open the database and the reader."""
    embeddings = Embeddings()
    embeddings.load(str(index / "embeddings"))
    questions = Questions(str(models.reader))
    questions.model = listening = Listening(questions.model)
    pipeline = RAG(embeddings, questions, output="reference")

    def ask(question: str) -> Said:
        row = pipeline(question)
        answer = row["answer"] or None
        source = str(row["reference"]).rpartition("#")[0] or None
        return Said(answer, listening.probability, shown=answer is not None, source=source if answer else None)

    return ask


if __name__ == "__main__":
    run(Peer(build, load))
