"""The measure beside alternatives, with the one contestant that needs no other environment."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from bench.alternatives import install
from bench.alternatives.__main__ import LIBRARIES, OWN, ROOT, Contestant, prepared, timings
from bench.alternatives.corpora import Corpus, collection, releases
from bench.alternatives.encoder import Encoder

from oncoqa.retrieval.encoder import EMBEDDED_FOLDER
from oncoqa.retrieval.encoder import Encoder as OwnEncoder

WAYS = ("ask", "search")


@pytest.fixture
def towns(tmp_path: Path) -> Corpus:
    """Two questions: the first has two documents that answer, the second one."""
    rows = {
        "corpus": [
            {"_id": name, "title": "", "text": f"La ville de {name} compte un hôpital."}
            for name in ("Reims", "Lille", "Nantes")
        ],
        "queries": [
            {"_id": "a", "text": "Qui compte un hôpital, Reims ou Lille ?"},
            {"_id": "b", "text": "Nantes ?"},
        ],
    }
    for name, made in rows.items():
        lines = "\n".join(json.dumps(row) for row in made)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    judged = "a\tReims\t1\na\tLille\t1\nb\tNantes\t1\n"
    (tmp_path / "qrels.tsv").write_text(judged, encoding="utf-8")
    return collection(tmp_path, limit=10)


def test_quality_is_the_mean_over_questions(towns: Corpus) -> None:
    found = towns.quality([[0, 2], [1, 2]])
    ideal = 1 + 1 / math.log2(3)
    assert found["recall@5"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["ndcg@10"] == pytest.approx((1 / ideal + 1 / math.log2(3)) / 2)


def test_a_gold_passage_of_the_releases_is_what_a_question_wants() -> None:
    corpus = releases(ROOT)
    everything = range(len(corpus.texts))
    assert all(
        len(frozenset().union(*question.covers(everything))) == question.wanted
        for question in corpus.questions
    )


def test_times_are_medians_over_rounds() -> None:
    rounds = [
        {what: {"each": [ms] * 4, "processor": ms, "whole": 4 * ms / 1000} for what in WAYS}
        for ms in (9.0, 1.0, 2.0)
    ]
    figures = timings(rounds)
    assert figures["ask_ms_p50"] == figures["search_ms_p95"] == figures["ask_cpu_ms"] == 2
    assert figures["search_per_s"] == 500


def test_every_alternative_is_pinned() -> None:
    assert set(LIBRARIES) == {*OWN, *install.NAMES}
    for name in install.NAMES:
        lines = (install.HERE / "requirements" / f"{name}.txt").read_text(encoding="utf-8").split()
        assert lines
        assert all("==" in line for line in lines)


@pytest.mark.model
def test_all_share_the_vectors_of_oncoqa(embedded: OwnEncoder) -> None:
    question = "Combien de patients ?"
    given = Encoder(EMBEDDED_FOLDER).query(question)
    assert given == pytest.approx(embedded.encode_query(question).vector, abs=1e-5)


@pytest.mark.model
def test_a_contestant_finds_what_it_is_asked_for(towns: Corpus) -> None:
    with prepared(towns) as (folder, _):
        contestant = Contestant("oncoqa", folder)
        contestant("index", given=False)
        asked = contestant("round", given=False, start=0, stop=2)
        found = contestant("rank")["rows"]
        assert contestant("memory")["peak"] > 10
        contestant.close()
    assert len(asked["each"]) == 2
    assert np.isclose(asked["whole"], sum(asked["each"]) / 1000)
    assert towns.quality(found)["recall@5"] == 1
