"""The gate catches what is planted, and keeps quiet when nothing changed."""

from dataclasses import replace

import pytest
from small_world import (
    NeverSilent,
    Oracle,
    Rewriting,
    ShiftedSpan,
    StuckAbstention,
    SwappedRanks,
    Wavering,
)

from oncoqa.evals.bench import Bench
from oncoqa.evals.cases import EvalsError
from oncoqa.evals.compare import bootstrap, broken_gates, compare, lines


def regressions(bench: Bench, planted: type[Oracle]) -> set[str]:
    broken = replace(bench, asker=planted(bench.asker))
    found = compare(bench.run("all"), broken.run("all"))
    return {change.metric for change in found.regressions}


def test_an_unchanged_system_passes(bench: Bench) -> None:
    old, new = bench.run("all"), bench.run("all")
    found = compare(old, new)
    assert found.compared == 24
    assert not found.regressions
    assert not found.lost
    assert not list(broken_gates(new, old))


def test_swapped_ranks_are_caught(bench: Bench) -> None:
    assert regressions(bench, SwappedRanks) == {"recall@1", "mrr@10"}


def test_a_stuck_abstention_is_caught(bench: Bench) -> None:
    assert regressions(bench, StuckAbstention) >= {"right", "publishable", "needless_abstention"}


def test_answering_everything_is_caught(bench: Bench) -> None:
    assert regressions(bench, NeverSilent) == {"right", "abstained"}


def test_a_shifted_span_breaks_a_hard_gate(bench: Bench) -> None:
    shifted = replace(bench, asker=ShiftedSpan(bench.asker))
    run = shifted.run("all")
    (broken,) = broken_gates(run, shifted.run("all"))
    assert broken.startswith("span_valid: 12 answers fail it: a-0, a-1")


def test_a_sentence_that_is_not_its_quotation_breaks_a_gate_unless_a_model_writes(
    bench: Bench,
) -> None:
    rewriting = replace(bench, asker=Rewriting(bench.asker))
    runs = rewriting.run("all"), rewriting.run("all")
    assert [line.split(":")[0] for line in broken_gates(*runs)] == ["verbatim"]
    assert not list(broken_gates(*runs, drafted=True))


def test_a_system_that_wavers_breaks_determinism(bench: Bench) -> None:
    wavering = replace(bench, asker=Wavering(bench.asker))
    (broken,) = broken_gates(wavering.run("all"), wavering.run("all"))
    assert broken.startswith("determinism: another run differs: a-0, u-0")


def test_questions_won_and_lost_are_named_but_those_of_test_only_by_id(bench: Bench) -> None:
    stuck = replace(bench, asker=StuckAbstention(bench.asker))
    told = "\n".join(lines(compare(bench.run("all"), stuck.run("all"))))
    assert "lost: 12" in told
    facts = {item.id: item.facets["split"] for item in bench.run("all").items}
    shown = {id_ for id_ in facts if f"{id_:12} Combien" in told}
    assert shown == {id_ for id_ in facts if facts[id_] == "dev" and id_.startswith("a-")}


def test_a_reworded_question_is_left_out_of_the_comparison(bench: Bench) -> None:
    old = bench.run("all")
    reworded = old.items[0].model_copy(update={"case": "another"})
    new = old.model_copy(update={"items": (reworded, *old.items[1:])})
    found = compare(old, new)
    assert (found.compared, found.left_out) == (23, 1)


def test_a_part_of_the_suite_is_compared_with_the_same_part(bench: Bench) -> None:
    found = compare(bench.run("all"), bench.run("all", ["kind=answerable"]))
    assert (found.compared, found.left_out) == (12, 0)


def test_another_corpus_cannot_be_compared(bench: Bench) -> None:
    old = bench.run("all")
    with pytest.raises(EvalsError, match="measured on corpus other"):
        compare(old.model_copy(update={"corpus_sha256": "other"}), old)


def test_the_bootstrap_agrees_with_the_normal_approximation() -> None:
    differences = [1.0] * 30 + [0.0] * 60 + [-1.0] * 10
    low, high = bootstrap(differences)  # mean .2, standard error .0600
    assert low == pytest.approx(0.2 - 1.96 * 0.06, abs=0.012)
    assert high == pytest.approx(0.2 + 1.96 * 0.06, abs=0.012)
    assert bootstrap(differences) == (low, high)
    assert bootstrap([0.0] * 50) == (0, 0)
