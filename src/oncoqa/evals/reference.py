"""What replies are judged by: the cases, their gold, and the releases on disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oncoqa.corpus.parse import corpus_sha256, read_corpus
from oncoqa.corpus.split import split
from oncoqa.evals.cases import Suite
from oncoqa.evals.check import check
from oncoqa.evals.gold import Gold, locate
from oncoqa.evals.judge import Corpus
from oncoqa.types import Passage


@dataclass(frozen=True, slots=True)
class Reference:
    suite: Suite
    gold: Mapping[str, Gold]  # by case id
    corpus: Corpus
    passages: Sequence[Passage]
    corpus_sha256: str


def open_reference(cases: Path, corpus_dir: Path, *, max_words: int) -> Reference:
    """Raises `EvalsError` when the cases do not agree with the corpus."""
    releases = {release.id: release for release in read_corpus(corpus_dir)}
    suite = check(cases, releases)
    passages = [p for release in releases.values() for p in split(release, max_words=max_words)]
    return Reference(
        suite=suite,
        gold=locate(suite, releases),
        corpus=Corpus(releases, frozenset(passage.id for passage in passages)),
        passages=passages,
        corpus_sha256=corpus_sha256(corpus_dir),
    )
