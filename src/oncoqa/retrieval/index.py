"""The index in memory: the parts that an audience may see, put together.

What depends on several releases is made here, from those alone: idf, the mean token, which
paragraphs are repeated, which releases are replaced. So a release under embargo leaves no trace in
what the public is answered, and appears when the index is loaded after its hour.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from oncoqa.errors import IndexCorrupt, SearchIndexError
from oncoqa.retrieval import part
from oncoqa.retrieval.dense import DenseIndex
from oncoqa.retrieval.encoder import Encoder
from oncoqa.retrieval.generation import (
    FORMAT,
    KEPT_GENERATIONS,
    Entry,
    Manifest,
    Pin,
    Recipe,
    check_recipe,
    damaged,
    name_of,
    only_writer,
    read_manifest,
    write_generation,
)
from oncoqa.retrieval.lexical import LexicalIndex
from oncoqa.retrieval.mapped import joined, trim
from oncoqa.retrieval.part import Part
from oncoqa.retrieval.stored_tokens import StoredTokens
from oncoqa.types import Audience, Passage, Release

__all__ = [
    "FORMAT", "KEPT_GENERATIONS", "Entry", "Manifest", "Recipe", "SearchIndex", "Source", "build",
    "entries", "load", "now", "only_writer", "read_manifest", "update",
]  # fmt: skip

# A paragraph is boilerplate when it stands word for word in this many releases, or in this share of
# them if that is more: among a thousand, three may well tell the same news in the same words.
REPEATED, REPEATED_SHARE = 3, 0.02


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """What an audience sees of a generation, at some moment."""

    manifest: Manifest
    audience: Audience
    moment: datetime
    releases: Mapping[str, Release]  # all that may be read, those replaced and withdrawn included
    passages: Sequence[Passage]  # of those that may be quoted
    dense: DenseIndex
    lexical: LexicalIndex
    tokens: StoredTokens

    @property
    def built_at(self) -> datetime:
        return self.manifest.view_since(self.audience, self.moment)

    @property
    def next_change(self) -> datetime | None:
        """The hour at which this audience will see more."""
        return self.manifest.next_change(self.audience, self.moment)

    @cached_property
    def generation(self) -> str:
        """Names what is seen: the same whether or not something else is under embargo."""
        sha256 = self.manifest.view_sha256(self.audience, self.moment)
        return name_of(self.built_at, sha256)


def now() -> datetime:
    return datetime.now(UTC)


def build(
    passages: Sequence[Passage], encoder: Encoder, *, recipe: Recipe, corpus_sha256: str
) -> SearchIndex:
    """In memory, from the passages of any releases."""
    by_release: defaultdict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_release[passage.release.id].append(passage)
    parts = [part.make(own[0].release, own, encoder, {}) for own in by_release.values()]
    entries = [_entry(p, "") for p in parts]
    manifest = _manifest(entries, {}, now(), recipe, corpus_sha256, None)
    return _assemble(manifest, parts, "staff", manifest.built_at)


@dataclass(frozen=True, slots=True)
class Source:
    """A release's file: parsed only when it has changed."""

    id: str
    sha256: str
    passages: Callable[[], Sequence[Passage]]


def update(
    folder: Path,
    sources: Sequence[Source],
    encoder: Encoder,
    *,
    recipe: Recipe,
    corpus_sha256: str,
    from_nothing: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Manifest:
    """Index what has changed, put the new generation in service; call it as the only writer.

    When nothing has changed and nothing is damaged, the generation in service stays. `progress`
    is told how many of the changed releases are done.
    """
    moment, last = now(), _last(folder)
    kept = {} if from_nothing else _kept(last, sources, recipe)
    changed = [source for source in sources if source.id not in kept]
    if last is not None and not changed and len(kept) == len(last[1].entries):
        return last[1]
    made: list[Entry] = []

    def files() -> Iterator[tuple[str, bytes]]:
        for done, source in enumerate(changed):
            progress(done, len(changed))
            passages = source.passages()
            known = {} if from_nothing else _known(last, passages[0].release, recipe)
            new = part.make(passages[0].release, passages, encoder, known)
            made.append(_entry(new, source.sha256))
            yield from part.files(new)
        progress(len(changed), len(changed))

    def manifest(hashes: dict[str, str]) -> Manifest:
        entries = [*kept.values(), *made]
        hashes |= {file: last[1].files[file] for file in linked} if last else {}
        return _manifest(entries, hashes, moment, recipe, corpus_sha256, last and last[1])

    linked = {file: last[0] / file for id_ in kept for file in part.file_names(id_)} if last else {}
    name = name_of(moment, corpus_sha256)
    return write_generation(folder, name, files(), linked=linked, manifest=manifest)


def load(
    folder: Path,
    *,
    expected: Recipe | None = None,
    audience: Audience = "public",
    moment: datetime | None = None,
) -> SearchIndex:
    """What an audience may see at a moment, now unless given, of the generation in service.

    Raises `IndexMissing`, `IndexCorrupt` when a file does not match its hash, and
    `IndexMismatch` when `expected` names a field that differs.
    """
    generation, manifest = read_manifest(folder)
    if expected is not None:
        check_recipe(manifest.recipe, expected)
    try:
        held = Pin(generation)
    except OSError as error:
        raise IndexCorrupt(f"{generation}: was removed; run `oncoqa index`") from error
    if bad := damaged(generation, manifest.files):
        raise IndexCorrupt(f"{generation / bad[0]}: does not match its hash; run `oncoqa index`")
    moment = moment or now()
    try:
        parts = [part.read(generation, e.id) for e in manifest.visible(audience, moment)]
    except (KeyError, ValueError) as error:  # hashes agree: written by another version
        raise IndexCorrupt(f"{generation}: {error}; run `oncoqa index`") from error
    index = _assemble(manifest, parts, audience, moment, held)
    del parts  # they hold once more what has just been put together
    trim()
    return index


def _assemble(
    manifest: Manifest,
    parts: Sequence[Part],
    audience: Audience,
    moment: datetime,
    held: Pin | None = None,
) -> SearchIndex:
    replaced = {p.release.supersedes for p in parts}
    quoted = [p for p in parts if p.release.status != "withdrawn" and p.release.id not in replaced]
    return SearchIndex(
        manifest,
        audience,
        moment,
        {p.release.id: p.release for p in parts},
        _repeated_marked([passage for p in quoted for passage in p.passages]),
        DenseIndex(
            joined([p.vectors for p in quoted] or [np.empty((0, 1), np.float32)], scattered=True)
        ),
        LexicalIndex.from_counts([p.terms for p in quoted]),
        StoredTokens(quoted, held),
    )


def _repeated_marked(passages: Sequence[Passage]) -> list[Passage]:
    """With those that stand word for word in several releases marked as furniture."""
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for passage in passages:
        holders[_words_of(passage)].add(passage.release.id)
    releases = len({passage.release.id for passage in passages})
    often = max(REPEATED, REPEATED_SHARE * releases)
    return [
        replace(p, furniture=True) if len(holders[_words_of(p)]) >= often else p for p in passages
    ]


def _words_of(passage: Passage) -> str:
    """The hash of its words, which is in its id."""
    return passage.id.partition("#p-")[2].partition("-")[0]


def entries(folder: Path) -> dict[str, Entry]:
    """What the generation in service, if it can be read, knows of each release."""
    last = _last(folder)
    return {entry.id: entry for entry in last[1].entries} if last else {}


def _last(folder: Path) -> tuple[Path, Manifest] | None:
    """The generation in service, when it can be read."""
    try:
        return read_manifest(folder)
    except SearchIndexError:
        return None


def _kept(
    last: tuple[Path, Manifest] | None, sources: Sequence[Source], recipe: Recipe
) -> dict[str, Entry]:
    """The releases whose parts can be taken over: neither they nor the recipe have changed."""
    if last is None or last[1].recipe != recipe:
        return {}
    bad = set(damaged(last[0], last[1].files))
    wanted = {source.id: source.sha256 for source in sources}
    return {
        entry.id: entry
        for entry in last[1].entries
        if wanted.get(entry.id) == entry.sha256 and bad.isdisjoint(part.file_names(entry.id))
    }


def _known(
    last: tuple[Path, Manifest] | None, release: Release, recipe: Recipe
) -> dict[str, part.Block]:
    """What the former version of a release has already encoded, and the one that it replaces."""
    if last is None or last[1].recipe != recipe:
        return {}
    generation, manifest = last
    ids = {release.id, release.supersedes} & {entry.id for entry in manifest.entries}
    names = [name for id_ in ids for name in part.file_names(str(id_))]
    if damaged(generation, {name: manifest.files[name] for name in names}):
        return {}
    known: dict[str, part.Block] = {}
    for id_ in ids:
        known |= part.known_blocks(part.read(generation, str(id_)))
    return known


def _entry(made: Part, sha256: str) -> Entry:
    release = made.release
    return Entry(
        id=release.id,
        sha256=sha256,
        status=release.status,
        supersedes=release.supersedes,
        embargo_until=release.embargo_until,
        passages=len(made.passages),
        tokens=int(made.starts[-1]),
    )


def _manifest(
    entries: Sequence[Entry],
    files: dict[str, str],
    moment: datetime,
    recipe: Recipe,
    corpus_sha256: str,
    last: Manifest | None,
) -> Manifest:
    made = Manifest(
        generation=name_of(moment, corpus_sha256),
        built_at=moment,
        public_since=moment,
        recipe=recipe,
        corpus_sha256=corpus_sha256,
        entries=tuple(sorted(entries, key=lambda entry: entry.id)),
        files=dict(sorted(files.items())),
    )
    if last and last.view_sha256("public", moment) == made.view_sha256("public", moment):
        return made.model_copy(update={"public_since": last.view_since("public", moment)})
    return made
