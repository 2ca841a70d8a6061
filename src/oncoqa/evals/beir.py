"""Retrieval over any folder in the layout of BEIR (Thakur et al., 2021).

`corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`), `qrels.tsv` (query,
document, relevance; with or without a line of names). A document's rank is its best passage's.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncoqa.evals.ablation import ablate
from oncoqa.evals.cases import EvalsError
from oncoqa.evals.files import read_rows, read_text
from oncoqa.evals.gold import Place
from oncoqa.evals.parts import load_parts
from oncoqa.evals.ranking import Covers
from oncoqa.evals.release_files import corpus_of, number_of
from oncoqa.settings import Settings

SEED = 20251128


@dataclass(frozen=True, slots=True)
class Collection:
    documents: Mapping[str, tuple[str, str]]  # id: title, text
    queries: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]  # query: documents


def read_collection(folder: Path, *, limit: int | None = None) -> Collection:
    """Only judged queries, `limit` of them drawn with a fixed seed. Raises `EvalsError`."""
    documents = {row["_id"]: (row.get("title", ""), row["text"]) for row in _rows(folder, "corpus")}
    texts = {row["_id"]: row["text"] for row in _rows(folder, "queries")}
    relevant = _judgements(folder / "qrels.tsv")
    unknown = {d for found in relevant.values() for d in found} - documents.keys()
    if unknown:
        raise EvalsError(f"{folder}: judged documents that corpus.jsonl lacks: {min(unknown)}, …")
    judged = [query for query in texts if query in relevant]
    if not judged:
        raise EvalsError(f"{folder}: no query of queries.jsonl is judged in qrels.tsv")
    if limit is not None and limit < len(judged):
        judged = sorted(random.Random(SEED).sample(judged, limit))  # noqa: S311 - a sample
    return Collection(documents, {query: texts[query] for query in judged}, relevant)


def measure(collection: Collection, settings: Settings) -> dict[str, dict[str, float]]:
    """The ablation table of the collection, with our encoder, BM25, fusion and reader."""
    ids = list(collection.documents)
    documents = ([collection.documents[id_]] for id_ in ids)
    with corpus_of(documents, settings) as indexed:
        parts = load_parts(indexed)
        return ablate(_questions(collection, ids), parts.rank)


def _questions(
    collection: Collection, ids: Sequence[str]
) -> Iterator[tuple[str, Callable[[Sequence[Place]], Covers], int]]:
    for query, text in collection.queries.items():
        relevant = sorted(collection.relevant[query])
        yield text, _covering({id_: n for n, id_ in enumerate(relevant)}, ids), len(relevant)


def _covering(wanted: Mapping[str, int], ids: Sequence[str]) -> Callable[[Sequence[Place]], Covers]:
    def covers(places: Sequence[Place]) -> Covers:
        ranked = dict.fromkeys(ids[number_of(place.release)] for place in places)
        return [frozenset({wanted[id_]} if id_ in wanted else ()) for id_ in ranked]

    return covers


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    def made(row: Any) -> dict[str, str]:
        return {"_id": str(row["_id"]), "text": row["text"], "title": row.get("title") or ""}

    return read_rows(folder / f"{name}.jsonl", made, what=f"a row of {name}")


def _judgements(path: Path) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        cells = line.split("\t")
        if not line.strip() or (number == 1 and not cells[-1].strip().isdigit()):
            continue  # the line of names
        if len(cells) != 3 or not cells[2].strip().isdigit():
            raise EvalsError(f"{path}:{number}: expected query, document and relevance")
        if int(cells[2]) > 0:
            found.setdefault(cells[0], set()).add(cells[1])
    return {query: frozenset(documents) for query, documents in found.items()}
