"""Putting the suite to oncoqa: order, filters, conversations, what is recorded."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from small_world import NeverSilent, Oracle, ShiftedSpan, answerable, unanswerable, write_cases

from oncoqa.evals import record
from oncoqa.evals.bench import Bench
from oncoqa.evals.cases import EvalsError
from oncoqa.evals.reference import open_reference
from oncoqa.evals.reply import Reply
from oncoqa.evals.run import run


@dataclass
class OneTalk:
    oracle: Oracle
    heard: list[list[str]]

    def ask(self, question: str) -> Reply:
        self.heard[-1].append(question)
        return self.oracle.ask(question)


class Listening(Oracle):
    """Keeps the questions of each conversation apart."""

    def __init__(self, oracle: Oracle) -> None:
        super().__init__(oracle.reference)
        self.heard: list[list[str]] = []

    def talk(self) -> OneTalk:
        self.heard.append([])
        return OneTalk(self, self.heard)


def test_everything_is_right_for_an_oracle(bench: Bench) -> None:
    found = bench.run("all")
    assert len(found.items) == 24
    assert {item.scores["right"] for item in found.items} == {1}
    assert found.items[0].scores["recall@1"] == 1
    assert found.timings.keys() == {"answer_ms_p50", "answer_ms_p95", "wall_s"}


def test_the_order_and_the_bytes_do_not_depend_on_the_number_of_jobs(
    bench: Bench, tmp_path: Path
) -> None:
    one, four = bench.run("all"), bench.run("all", jobs=4)
    assert one.verdicts == four.verdicts
    for name, found in (("one", one), ("four", four)):
        record.save(found.model_copy(update={"timings": {}}), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "four").read_bytes()


def test_the_two_splits_share_no_fact_and_make_the_whole(bench: Bench) -> None:
    sides = {split: {i.facets["fact"] for i in bench.run(split).items} for split in ("dev", "test")}
    assert not sides["dev"] & sides["test"]
    assert len(sides["dev"] | sides["test"]) == 24


@pytest.mark.parametrize(
    ("filters", "count"),
    [(["a-*"], 12), (["kind=unanswerable"], 12), (["class=near", "fact=*-1"], 1)],
)
def test_filters_keep_what_passes_them_all(bench: Bench, filters: list[str], count: int) -> None:
    assert len(bench.run("all", filters).items) == count


@pytest.mark.parametrize(
    ("filters", "message"), [(["tone=curt"], "no such facet"), (["z-*"], "no case of split all")]
)
def test_a_filter_that_cannot_be_meant_is_told(
    bench: Bench, filters: list[str], message: str
) -> None:
    with pytest.raises(EvalsError, match=message):
        bench.run("all", filters)


def test_a_conversation_is_asked_whole_and_each_question_alone(
    tmp_path: Path, corpus_dir: Path
) -> None:
    turns = [answerable(0, follow_up="none"), unanswerable(1, follow_up="carried")]
    for turn in turns:
        del turn["id"], turn["language"]
    talk = {"id": "talk-1", "kind": "conversation", "language": "fr", "turns": turns}
    folder = write_cases(tmp_path / "cases", talk, answerable(2))
    reference = open_reference(folder, corpus_dir, max_words=120)
    listening = Listening(Oracle(reference))
    timed = run(reference, listening, kept={"talk-1.2", "a-2"})
    assert [len(heard) for heard in listening.heard] == [2, 1]
    assert [t.item.id for t in timed] == ["talk-1.2", "a-2"]
    assert timed[0].item.facets["turn"] == "2"


def test_citing_the_subject_before_is_a_leak(tmp_path: Path, corpus_dir: Path) -> None:
    turns = [answerable(0, follow_up="none"), unanswerable(1, follow_up="new_subject")]
    for turn in turns:
        del turn["id"], turn["language"]
    talk = {"id": "talk-1", "kind": "conversation", "language": "fr", "turns": turns}
    folder = write_cases(tmp_path / "cases", talk)
    reference = open_reference(folder, corpus_dir, max_words=120)
    scores = [
        run(reference, asker(Oracle(reference)), kept={"talk-1.2"})[0].item.scores["no_leak"]
        for asker in (Listening, NeverSilent)
    ]
    assert scores == [1, 0]


def test_the_never_silent_twin_gives_the_curve_its_answers(bench: Bench) -> None:
    found = replace(bench, forced=bench.asker).run("all")
    assert {item.right_if_answered for item in found.items} == {1.0}


def test_every_excerpt_of_the_corpus_finds_its_release(bench: Bench) -> None:
    wrong = bench.run("all").attribution  # an oracle of questions knows no excerpt
    assert {item.flaws for item in wrong} == {("abstained (not_in_releases)",)}
    assert len(wrong) == 12


def test_a_run_is_read_back_as_it_was(bench: Bench, tmp_path: Path) -> None:
    found = bench.run("all")
    record.save(found, tmp_path / "run.json")
    assert record.load(tmp_path / "run.json") == found
    record.save(found, tmp_path / "bare.json", words=False)
    assert "Combien" not in (tmp_path / "bare.json").read_text(encoding="utf-8")
    assert record.load(tmp_path / "bare.json").items[0].scores == found.items[0].scores


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), ("{", "cannot be read as a run"), ("[]", "cannot be read as a run")],
)
def test_a_baseline_that_cannot_be_read_is_told(
    tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(EvalsError, match=message):
        record.load(path)


def test_a_baseline_of_another_format_is_told(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    record.save(bench.run("all").model_copy(update={"format": 0}), path)
    with pytest.raises(EvalsError, match="format 0, this version writes 1"):
        record.load(path)


def test_a_shifted_span_spoils_the_excerpts_too(bench: Bench) -> None:
    shifted = replace(bench, asker=ShiftedSpan(bench.asker))
    assert json.loads(shifted.run("all").model_dump_json())["items"][0]["scores"]["span_valid"] == 0
