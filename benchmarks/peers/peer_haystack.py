"""Haystack's extractive pipeline as its tutorial builds it: embedder, in-memory retriever, extractive reader.

The tutorial (34, Build an Extractive QA Pipeline) asks for 3 documents and 2 answers; longer documents are split by
DocumentSplitter's defaults, 200 words. The reader's own "no answer" is on, as by default: an answer counts as shown if
the reader ranks it above that. What the reader gives to the model is not changed: it leaves out token types, so that a
BERT reader takes question and passage for one text (peer_haystack_mended.py gives them).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asking import Ask, Documents, Models, Peer, Said, run
from haystack import Document, Pipeline
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

RETRIEVED = 3
ANSWERS = 2
STORE = "store.json"


def build(documents: Documents, index: Path, models: Models) -> None:
    """Split, embed and store."""
    store = InMemoryDocumentStore()
    pipeline = Pipeline()
    pipeline.add_component("splitter", DocumentSplitter())
    pipeline.add_component(
        "embedder", SentenceTransformersDocumentEmbedder(model=str(models.encoder), progress_bar=False)
    )
    pipeline.add_component("writer", DocumentWriter(document_store=store))
    pipeline.connect("splitter.documents", "embedder.documents")
    pipeline.connect("embedder.documents", "writer.documents")
    given = [Document(content=text, meta={"source": source}) for source, text in documents.items()]
    pipeline.run({"splitter": {"documents": given}})
    store.save_to_disk(str(index / STORE))


def load(index: Path, models: Models) -> Ask:
    """Open the store and the reader."""
    return asking(index, models, TransformersExtractiveReader(model=models.reader), retrieved=RETRIEVED)


def asking(index: Path, models: Models, reader: Any, *, retrieved: int) -> Ask:
    """The pipeline as a function."""
    pipeline = Pipeline()
    store = InMemoryDocumentStore.load_from_disk(str(index / STORE))
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=str(models.encoder), progress_bar=False))
    pipeline.add_component("retriever", InMemoryEmbeddingRetriever(document_store=store))
    pipeline.add_component("reader", reader)
    pipeline.connect("embedder.embedding", "retriever.query_embedding")
    pipeline.connect("retriever.documents", "reader.documents")

    def ask(question: str) -> Said:
        inputs = {"retriever": {"top_k": retrieved}, "reader": {"query": question, "top_k": ANSWERS}}
        return said(pipeline.run({"embedder": {"text": question}, **inputs})["reader"]["answers"])

    return ask


def said(answers: list[Any]) -> Said:
    """The first answer with words; shown if "no answer" does not come before it."""
    best = next((answer for answer in answers if answer.data), None)
    if best is None:
        return Said(None)
    at = best.document.meta["split_idx_start"]
    return Said(
        best.data,
        best.score,
        shown=answers[0] is best,
        source=best.document.meta["source"],
        start=at + best.document_offset.start,
        end=at + best.document_offset.end,
    )


if __name__ == "__main__":
    run(Peer(build, load))
