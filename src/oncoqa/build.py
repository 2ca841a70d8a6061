"""The only place that names concrete classes: settings in, an index or an assistant out."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from oncoqa.answering.compose import ExtractiveComposer
from oncoqa.answering.rank import Ranker
from oncoqa.answering.select import Selector
from oncoqa.answering.understand import Understanding
from oncoqa.assistant import Assistant
from oncoqa.corpus.changes import (
    ReleaseFile,
    check_supersedes,
    corpus_hash,
    parse_all,
    release_files,
)
from oncoqa.corpus.split import split
from oncoqa.errors import IndexCorrupt, IndexMissing
from oncoqa.lexicon_cache import load_lexicon
from oncoqa.retrieval import index as search_index
from oncoqa.retrieval.encoder import EMBEDDED_FOLDER, Encoder, load_encoder
from oncoqa.retrieval.index import Entry, Manifest, Recipe, SearchIndex, Source
from oncoqa.retrieval.late import LateInteraction
from oncoqa.retrieval.reader import READER_FOLDER, SentenceReader
from oncoqa.retrieval.search import HybridSearch
from oncoqa.settings import Settings
from oncoqa.types import Release

log = logging.getLogger("oncoqa")


def make_encoder(settings: Settings) -> Encoder:
    return load_encoder(
        settings.encoder,
        threads=settings.threads,
        query_prompt=settings.encoder_query_prompt,
        document_prompt=settings.encoder_document_prompt,
    )


@cache
def make_reader(threads: int) -> SentenceReader:
    """One for all editions of an index: it reads, and remembers nothing."""
    return SentenceReader(
        READER_FOLDER / "model.onnx", EMBEDDED_FOLDER / "tokenizer.json", threads=threads
    )


def make_recipe(settings: Settings, encoder: Encoder) -> Recipe:
    return Recipe(
        encoder=encoder.name, encoder_fingerprint=encoder.fingerprint, max_words=settings.max_words
    )


def build_index(
    settings: Settings,
    encoder: Encoder | None = None,
    *,
    from_nothing: bool = False,
    wait: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Manifest:
    """Index what has changed in the corpus and put the new generation in service.

    When another process is at it, refuse, or `wait` for its end. `progress` is told how many of the
    changed releases are done. Raises `CorpusError` for a corpus that does not pass: the old index
    then stays in service.
    """
    with search_index.only_writer(settings.index_dir, wait=wait):
        files = release_files(settings.corpus_dir)
        entries = {} if from_nothing else search_index.entries(settings.index_dir)
        changed = [file for file in files if not _same(file, entries.get(file.id))]
        releases = parse_all(changed)
        check_supersedes(
            {file.id: (releases.get(file.id) or entries[file.id]).supersedes for file in files},
            settings.corpus_dir,
        )
        encoder = encoder or make_encoder(settings)
        return search_index.update(
            settings.index_dir,
            [_source(file, releases.get(file.id), settings.max_words) for file in files],
            encoder,
            recipe=make_recipe(settings, encoder),
            corpus_sha256=corpus_hash(files),
            from_nothing=from_nothing,
            progress=progress,
        )


def _same(file: ReleaseFile, entry: Entry | None) -> bool:
    return entry is not None and entry.sha256 == file.sha256


def _source(file: ReleaseFile, release: Release | None, max_words: int) -> Source:
    return Source(file.id, file.sha256, lambda: split(release or file.parse(), max_words=max_words))


def load_index(
    settings: Settings, encoder: Encoder, *, moment: datetime | None = None, mend: bool = True
) -> SearchIndex:
    """The index in service, as the settings' audience may see it at a moment, now unless given.

    One that is missing or damaged is built anew, with a warning; without `mend` it is refused.
    """
    load = partial(
        search_index.load,
        settings.index_dir,
        expected=make_recipe(settings, encoder),
        audience=settings.audience,
        moment=moment,
    )
    try:
        return load()
    except IndexMissing:
        if not mend:
            raise
        log.warning("no index in %s yet: building it", settings.index_dir)
    except IndexCorrupt as error:
        if not mend:
            raise
        log.warning("%s: building it anew", error)
    build_index(settings, encoder, wait=True)  # a server may start while `oncoqa index` runs
    return load()


@dataclass(frozen=True, slots=True)
class Service:
    """An assistant, and what a server needs to know of the index behind it."""

    assistant: Assistant
    index: SearchIndex


def load_service(
    settings: Settings,
    encoder: Encoder | None = None,
    *,
    moment: datetime | None = None,
    mend: bool = True,
) -> Service:
    """As `load_index`."""
    encoder = encoder or make_encoder(settings)
    index = load_index(settings, encoder, moment=moment, mend=mend)
    return Service(make_assistant(index, settings, encoder), index)


def load_assistant(settings: Settings, encoder: Encoder | None = None) -> Assistant:
    return load_service(settings, encoder).assistant


def make_assistant(index: SearchIndex, settings: Settings, encoder: Encoder) -> Assistant:
    scorer = LateInteraction(index.passages, index.tokens, index.lexical, encoder)
    ranker = Ranker(scorer, make_reader(settings.threads), index.passages)
    lexicon = load_lexicon(index.passages, settings.data_dir / "cache", index.generation)
    return Assistant(
        understand=Understanding(lexicon),
        retriever=HybridSearch(index, encoder),
        selector=Selector(
            ranker,
            lexicon,
            index.passages,
            threshold=settings.threshold,
            max_statements=settings.max_statements,
        ),
        composer=ExtractiveComposer(),
        releases=index.releases,
        generation=index.generation,
        search_depth=settings.search_depth,
    )
