"""The only place that names concrete classes: settings in, an index or an assistant out."""

import logging

from oncoqa.answering.compose import ExtractiveComposer
from oncoqa.answering.lexicon import Lexicon
from oncoqa.answering.select import Selector
from oncoqa.answering.understand import Understanding
from oncoqa.assistant import Assistant
from oncoqa.corpus.parse import corpus_sha256, read_corpus
from oncoqa.corpus.split import split
from oncoqa.errors import IndexCorrupt, IndexMissing
from oncoqa.retrieval import index as search_index
from oncoqa.retrieval.encoder import Encoder, load_encoder
from oncoqa.retrieval.index import Manifest, Recipe, SearchIndex
from oncoqa.retrieval.late import LateInteraction
from oncoqa.retrieval.search import HybridSearch
from oncoqa.settings import Settings

log = logging.getLogger("oncoqa")


def make_encoder(settings: Settings) -> Encoder:
    return load_encoder(
        settings.encoder,
        threads=settings.threads,
        query_prompt=settings.encoder_query_prompt,
        document_prompt=settings.encoder_document_prompt,
    )


def make_recipe(settings: Settings, encoder: Encoder) -> Recipe:
    return Recipe(
        encoder=encoder.name, encoder_fingerprint=encoder.fingerprint, max_words=settings.max_words
    )


def build_index(settings: Settings, encoder: Encoder | None = None) -> Manifest:
    """Read the corpus, index it and put the new generation in service.

    Raises `CorpusError` for a corpus that does not pass: the old index then stays in service.
    """
    releases = read_corpus(settings.corpus_dir)
    encoder = encoder or make_encoder(settings)
    passages = [p for release in releases for p in split(release, max_words=settings.max_words)]
    index = search_index.build(
        passages,
        encoder,
        recipe=make_recipe(settings, encoder),
        corpus_sha256=corpus_sha256(settings.corpus_dir),
    )
    return search_index.save(index, settings.index_dir)


def load_index(settings: Settings, encoder: Encoder) -> SearchIndex:
    """The index in service; one that is missing or damaged is built anew, with a warning."""
    recipe = make_recipe(settings, encoder)
    try:
        return search_index.load(settings.index_dir, expected=recipe)
    except IndexMissing:
        log.warning("no index in %s yet: building it", settings.index_dir)
    except IndexCorrupt as error:
        log.warning("%s: building it anew", error)
    build_index(settings, encoder)
    return search_index.load(settings.index_dir, expected=recipe)


def load_assistant(settings: Settings, encoder: Encoder | None = None) -> Assistant:
    encoder = encoder or make_encoder(settings)
    index = load_index(settings, encoder)
    scorer = LateInteraction(index.passages, index.tokens, index.lexical, encoder)
    lexicon = Lexicon.build(index.passages)
    return Assistant(
        understand=Understanding(lexicon),
        retriever=HybridSearch(index, encoder),
        selector=Selector(
            scorer,
            lexicon,
            index.passages,
            threshold=settings.threshold,
            max_statements=settings.max_statements,
        ),
        composer=ExtractiveComposer(),
        releases=index.releases,
        generation=index.manifest.generation,
        search_depth=settings.search_depth,
    )
