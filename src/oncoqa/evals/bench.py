"""Everything a run needs, opened once: cases, corpus, gold, and whom to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oncoqa.build import load_assistant, make_encoder
from oncoqa.corpus.parse import corpus_sha256, read_corpus
from oncoqa.corpus.split import split as split_release
from oncoqa.evals.ask import Asker, HttpAsker, LocalAsker
from oncoqa.evals.cases import EvalsError, Suite, load_folder
from oncoqa.evals.gold import Gold, locate
from oncoqa.evals.judge import Corpus
from oncoqa.evals.run import Item, run, wanted
from oncoqa.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Bench:
    suite: Suite
    gold: Mapping[str, Gold]
    corpus: Corpus
    corpus_sha256: str
    asker: Asker
    forced: Asker | None

    def run(self, split: str, filters: Sequence[str], *, jobs: int = 1) -> list[Item]:
        kept = {case.id for case in wanted(self.suite.cases, split, filters)}
        if not kept:
            raise EvalsError(f"no case of split {split} passes {' '.join(filters) or 'the filter'}")
        return run(
            self.suite,
            self.gold,
            self.corpus,
            self.asker,
            kept=kept,
            forced=self.forced,
            jobs=jobs,
        )


def open_bench(cases: Path, *, url: str | None = None) -> Bench:
    settings = load_settings()
    suite = load_folder(cases)
    releases = {release.id: release for release in read_corpus(settings.corpus_dir)}
    passages = {
        passage.id
        for release in releases.values()
        for passage in split_release(release, max_words=settings.max_words)
    }
    asker, forced = (HttpAsker(url), None) if url else _local(settings)
    return Bench(
        suite=suite,
        gold=locate(suite, releases),
        corpus=Corpus(releases, passages),
        corpus_sha256=corpus_sha256(settings.corpus_dir),
        asker=asker,
        forced=forced,
    )


def _local(settings: Settings) -> tuple[Asker, Asker]:
    encoder = make_encoder(settings)
    never_silent = settings.model_copy(update={"threshold": 0.0})
    return (
        LocalAsker(load_assistant(settings, encoder)),
        LocalAsker(load_assistant(never_silent, encoder)),
    )
