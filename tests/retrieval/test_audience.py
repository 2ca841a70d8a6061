"""Who sees what and when, what replaces what, and that nothing else shows it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from fakes import HashingEncoder, write_release
from oncoqa.build import Service, build_index, load_service
from oncoqa.corpus.importers.dates import PARIS
from oncoqa.errors import CorpusError, SearchIndexError
from oncoqa.renewal import Renewal
from oncoqa.retrieval import index as search_index
from oncoqa.retrieval.encoder import Encoder
from oncoqa.retrieval.generation import roll_back
from oncoqa.retrieval.index import SearchIndex, load
from oncoqa.settings import Settings

ENCODER = HashingEncoder()
HOUR = datetime(2030, 1, 12, 8, 0, tzinfo=UTC)


@pytest.fixture
def two(settings: Settings) -> Settings:
    write_release(settings.corpus_dir, "un", "Le congrès ouvre à Reims.\n\nUne étude compte.")
    write_release(settings.corpus_dir, "deux", "Le prix est remis.\n\n## Suite\n\nUne étude.")
    return settings


def with_secret(settings: Settings, **keys: object) -> None:
    body = "Une étude secrète du congrès.\n\nLe prix est remis.\n\nOncoZéro réussit."
    write_release(settings.corpus_dir, "secret", body, embargo_until=HOUR.isoformat(), **keys)


def same(one: SearchIndex, other: SearchIndex) -> bool:
    """Everything that an answer is made from, bit for bit."""
    rows = range(len(one.passages))
    return (
        list(one.passages) == list(other.passages)
        and one.releases == other.releases
        and np.array_equal(one.dense.vectors, other.dense.vectors)
        and one.lexical.vocabulary == other.lexical.vocabulary
        and (one.lexical.scores != other.lexical.scores).nnz == 0
        and np.array_equal(one.lexical.idf, other.lexical.idf)
        and np.array_equal(one.tokens.mean, other.tokens.mean)
        and all(np.array_equal(one.tokens.of(row), other.tokens.of(row)) for row in rows)
    )


def test_the_public_index_is_the_one_without_the_embargoed_release(two: Settings) -> None:
    build_index(two, ENCODER)
    before = load(two.index_dir)
    with_secret(two, supersedes="un", status="corrected")
    build_index(two, ENCODER)
    after = load(two.index_dir)
    assert same(before, after)
    assert (before.generation, before.built_at) == (after.generation, after.built_at)
    assert after.manifest.releases == 3


def test_staff_see_it_and_it_replaces_for_them(two: Settings) -> None:
    with_secret(two, supersedes="un", status="corrected")
    build_index(two, ENCODER)
    staff = load(two.index_dir, audience="staff")
    assert set(staff.releases) == {"un", "deux", "secret"}
    assert {p.release.id for p in staff.passages} == {"deux", "secret"}


def test_it_appears_at_the_hour_and_not_a_second_before(two: Settings) -> None:
    with_secret(two)
    build_index(two, ENCODER)
    before = load(two.index_dir, moment=HOUR - timedelta(seconds=1))
    assert "secret" not in before.releases
    assert before.next_change == HOUR
    after = load(two.index_dir, moment=HOUR)
    assert "secret" in after.releases
    assert (after.next_change, after.built_at) == (None, HOUR)
    assert after.generation != before.generation


@pytest.mark.parametrize(("fold", "utc_hour"), [(0, 0), (1, 1)])
def test_an_hour_that_the_clock_goes_through_twice_is_one_moment(
    fold: int, utc_hour: int, two: Settings
) -> None:
    ends = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=fold)
    body = "Une étude secrète."
    write_release(two.corpus_dir, "secret", body, embargo_until=ends.isoformat())
    build_index(two, ENCODER)
    moment = datetime(2026, 10, 25, utc_hour, 30, tzinfo=UTC)
    assert "secret" not in load(two.index_dir, moment=moment - timedelta(seconds=1)).releases
    assert "secret" in load(two.index_dir, moment=moment).releases


def test_a_step_by_step_index_is_the_one_from_nothing(two: Settings) -> None:
    build_index(two, ENCODER)
    write_release(two.corpus_dir, "trois", "Un troisième communiqué.\n\nUne étude compte.")
    build_index(two, ENCODER)
    write_release(two.corpus_dir, "un", "Le congrès ouvre à Reims.\n\nUne autre étude compte.")
    (two.corpus_dir / "deux.md").unlink()
    step_by_step = build_index(two, ENCODER)
    index = load(two.index_dir)
    from_nothing = build_index(two, ENCODER, from_nothing=True)
    assert step_by_step.files == from_nothing.files
    assert same(index, load(two.index_dir))


@pytest.mark.model
def test_so_it_is_with_the_embedded_encoder(two: Settings, embedded: Encoder) -> None:
    """Whose activations are scaled over a batch: a passage is encoded alone, or it would differ."""
    build_index(two, embedded)
    public = load(two.index_dir)
    with_secret(two)
    step_by_step = build_index(two, embedded)
    assert same(public, load(two.index_dir))
    assert build_index(two, embedded, from_nothing=True).files == step_by_step.files


class Counting(HashingEncoder):
    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "encoded", [])

    def encode_documents(self, texts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.encoded.extend(texts)  # type: ignore[attr-defined]
        return super().encode_documents(texts)


def test_only_what_changed_is_encoded(two: Settings) -> None:
    build_index(two, ENCODER)
    write_release(two.corpus_dir, "trois", "Un troisième communiqué.")
    write_release(two.corpus_dir, "un", "Le congrès ouvre à Reims.\n\nUne autre étude.")
    write_release(two.corpus_dir, "quatre", "Le prix est remis.\n\nNeuf.", supersedes="deux")
    counting = Counting()
    build_index(two, counting)
    assert counting.encoded == [  # type: ignore[attr-defined]
        "Neuf.", "Un troisième communiqué.", "Une autre étude.",
    ]  # fmt: skip


def test_a_corpus_that_has_not_changed_makes_no_generation(two: Settings) -> None:
    first = build_index(two, ENCODER)
    assert build_index(two, ENCODER) == first


def test_replaced_and_withdrawn_releases_are_read_and_not_quoted(two: Settings) -> None:
    write_release(two.corpus_dir, "un-v2", "Le congrès ouvre à Lyon.", supersedes="un",
                  status="corrected", corrected="2025-12-02")  # fmt: skip
    write_release(two.corpus_dir, "deux", "Le prix est remis.", status="withdrawn")
    build_index(two, ENCODER)
    index = load(two.index_dir)
    assert set(index.releases) == {"un", "un-v2", "deux"}
    assert {p.release.id for p in index.passages} == {"un-v2"}
    assistant = load_service(two, ENCODER).assistant
    hits = assistant.search("Le congrès ouvre à Reims ; le prix est remis", 10)
    assert {hit.passage.release.id for hit in hits} == {"un-v2"}


@pytest.mark.parametrize("supersedes", ["absent", "un"])
def test_a_release_replaces_another_one_that_is_there(supersedes: str, two: Settings) -> None:
    write_release(two.corpus_dir, "un", "Texte.", supersedes=supersedes)
    with pytest.raises(CorpusError, match=r"un\.md:1: supersedes"):
        build_index(two, ENCODER)


def test_a_paragraph_of_three_releases_is_boilerplate(settings: Settings) -> None:
    shared = "Le réseau réunit les centres."
    for name in ("un", "deux", "trois"):
        write_release(settings.corpus_dir, name, f"Fait de {name}.\n\n{shared}")
    build_index(settings, ENCODER)
    marked = {p.text for p in load(settings.index_dir).passages if p.furniture}
    assert marked == {shared}


def test_when_nothing_may_be_quoted_nothing_is_answered(settings: Settings) -> None:
    with_secret(settings)
    build_index(settings, ENCODER)
    answer = load_service(settings, ENCODER).assistant.ask("Que réussit OncoZéro ?")
    assert (answer.status, answer.hits, answer.nearest) == ("abstained", (), ())
    assert "secret" in load(settings.index_dir, moment=HOUR).releases


def test_a_server_drops_its_last_release_when_it_is_withdrawn(settings: Settings) -> None:
    write_release(settings.corpus_dir, "un", "Le congrès ouvre à Reims.")
    build_index(settings, ENCODER)
    served: list[Service] = []
    first = load_service(settings, ENCODER)
    renewal = Renewal(settings, ENCODER, first, lambda new: lambda: served.append(new))
    write_release(settings.corpus_dir, "un", "Le congrès ouvre à Reims.", status="withdrawn")
    build_index(settings, ENCODER)
    renewal.step()
    assert len(served[0].index.passages) == 0
    assert served[0].assistant.search("le congrès", 3) == []


def test_rollback_goes_one_back_and_reveals_nothing(two: Settings) -> None:
    first = build_index(two, ENCODER)
    write_release(two.corpus_dir, "trois", "Un troisième communiqué.")
    build_index(two, ENCODER)
    assert roll_back(two.index_dir).generation == first.generation
    assert set(load(two.index_dir).releases) == {"un", "deux"}
    with pytest.raises(SearchIndexError, match="no generation to go back to"):
        roll_back(two.index_dir)
    write_release(two.corpus_dir, "deux", "Le prix est remis.", status="withdrawn")
    build_index(two, ENCODER)
    with pytest.raises(SearchIndexError, match=r"would show again deux.*--reveal"):
        roll_back(two.index_dir)
    roll_back(two.index_dir, first.generation, reveal=True)
    assert "deux" in {p.release.id for p in load(two.index_dir).passages}


def test_a_generation_in_use_is_kept(two: Settings) -> None:
    build_index(two, ENCODER)
    served = load(two.index_dir)
    for number in range(5):
        write_release(two.corpus_dir, f"n{number}", f"Texte {number}.")
        build_index(two, ENCODER)
    assert len(served.tokens.of(0)) > 0
    assert (two.index_dir / served.manifest.generation).is_dir()
    name = served.manifest.generation
    del served
    write_release(two.corpus_dir, "fin", "Texte de fin.")
    build_index(two, ENCODER)
    assert not Path(two.index_dir, name).exists()


def test_now_has_a_zone() -> None:
    assert search_index.now().tzinfo is UTC
