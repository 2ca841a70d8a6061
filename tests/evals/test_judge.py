"""What a reply is worth: each flaw on its own, against an otherwise right reply."""

from dataclasses import replace
from pathlib import Path

import pytest
from small_world import Oracle, answerable, sentence, unanswerable, write_cases

from oncoqa.evals.judge import Verdict, judge
from oncoqa.evals.reference import Reference, open_reference
from oncoqa.evals.reply import Reply, Said


def verdict(reference: Reference, reply: Reply, case_id: str = "a-0") -> Verdict:
    case = next(case for case in reference.suite.cases if case.id == case_id)
    return judge(case, reference.gold[case_id], reply, reference.corpus)


def right_reply(oracle: Oracle, number: int = 0) -> Reply:
    return oracle.ask(f"Combien de patients dans ESSAI-{number} ?")


def test_a_right_reply_has_no_flaw_and_no_stage(reference: Reference, oracle: Oracle) -> None:
    found = verdict(reference, right_reply(oracle))
    assert (found.flaws, found.stage) == ((), None)
    assert {name: found.scores[name] for name in ("publishable", "first_right", "span_valid")} == {
        "publishable": 1, "first_right": 1, "span_valid": 1,
    }  # fmt: skip


def test_another_number_beside_the_answer_cannot_be_published(
    reference: Reference, oracle: Oracle
) -> None:
    right, other = right_reply(oracle), right_reply(oracle, 1)
    found = verdict(reference, replace(right, statements=right.statements + other.statements))
    assert found.flaws == ("numbers that are not in the gold: 101",)
    assert found.stage == "composition"
    assert found.scores["evidence_precision"] == 0.5


def test_the_gold_second_is_right_but_not_first(reference: Reference, oracle: Oracle) -> None:
    right, other = right_reply(oracle), right_reply(oracle, 1)
    found = verdict(reference, replace(right, statements=other.statements + right.statements))
    assert found.scores["first_right"] == 0
    assert found.scores["nugget_recall"] == 1


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({"language": "en"}, "taken for en"),
        ({"statements": ()}, "abstained (None)"),
    ],
)
def test_what_else_keeps_an_answer_from_being_published(
    reference: Reference, oracle: Oracle, changes: dict[str, object], flaw: str
) -> None:
    assert flaw in verdict(reference, replace(right_reply(oracle), **changes)).flaws


def test_five_sentences_are_too_many(reference: Reference, oracle: Oracle) -> None:
    right = right_reply(oracle)
    assert (
        "5 sentences" in verdict(reference, replace(right, statements=right.statements * 5)).flaws
    )


def test_the_introduction_of_a_list_is_neither_wrong_nor_unsupported(
    reference: Reference, oracle: Oracle
) -> None:
    said = right_reply(oracle).statements[0]
    introduction = right_reply(oracle, 3).statements[0].citations[0]
    item = Said(f"{introduction.quote}\n{said.text}", (introduction, *said.citations))
    found = verdict(reference, replace(right_reply(oracle), statements=(item,)))
    assert found.flaws == ()
    assert found.scores["first_right"] == found.scores["evidence_precision"] == 1


def test_the_marked_words_are_scored_when_there_are_any(
    reference: Reference, oracle: Oracle
) -> None:
    said = right_reply(oracle).statements[0]
    start = said.text.index("100 patients")
    marked = replace(said, highlight=(start, start + len("100 patients")))
    found = verdict(reference, replace(right_reply(oracle), statements=(marked,)))
    assert (found.scores["exact_match"], found.scores["f1"]) == (1, 1)


def test_words_that_are_not_the_quotation_are_not_verbatim(
    reference: Reference, oracle: Oracle
) -> None:
    said = right_reply(oracle).statements[0]
    changed = replace(said, text=said.text.replace("100", "1000"))
    reply = replace(right_reply(oracle), statements=(changed,))
    scores = verdict(reference, reply).scores
    assert (scores["span_valid"], scores["verbatim"]) == (1, 0)


def test_a_passage_that_no_release_has_is_no_valid_id(reference: Reference, oracle: Oracle) -> None:
    said = right_reply(oracle).statements[0]
    cited = (replace(said.citations[0], passage="essais#p-000000000000"),)
    reply = replace(right_reply(oracle), statements=(replace(said, citations=cited),))
    assert verdict(reference, reply).scores["id_valid"] == 0


def test_each_stage_can_lose_the_answer(reference: Reference, oracle: Oracle) -> None:
    right, other = right_reply(oracle), right_reply(oracle, 1)
    gold = right.places[0]
    unfound = tuple(hit for hit in right.hits if hit.place != gold)
    silent = replace(right, statements=())
    wrong = replace(right, statements=other.statements)
    lost = {
        "search": replace(silent, hits=unfound),
        "verification": replace(silent, rejected=(gold,)),
        "abstention": silent,
        "selection": wrong,
    }
    assert {name: verdict(reference, reply).stage for name, reply in lost.items()} == {
        name: name for name in lost
    }


def test_an_unanswerable_question_wants_silence_and_its_reason(
    reference: Reference, oracle: Oracle
) -> None:
    silent = oracle.ask("Combien de centres pour ESSAI-0 ?")
    assert verdict(reference, silent, "u-0").scores["reason_right"] == 1
    off_topic = replace(silent, reason="off_topic")
    assert verdict(reference, off_topic, "u-0").scores["reason_right"] == 0
    answered = verdict(reference, right_reply(oracle), "u-0")
    assert (answered.scores["abstained"], answered.stage) == (0, "abstention")


def test_citing_what_corrects_a_false_presupposition_is_right(
    corpus_dir: Path, cases_dir: Path
) -> None:
    correction = {"release": "essais", "quote": sentence(0)}
    false = {"class": "false_presupposition", "corrections": [correction]}
    write_cases(cases_dir, answerable(0), answerable(1), unanswerable(0, **false))
    reference = open_reference(cases_dir, corpus_dir, max_words=120)
    oracle = Oracle(reference)
    assert verdict(reference, right_reply(oracle, 0), "u-0").scores["right"] == 1
    assert verdict(reference, right_reply(oracle, 1), "u-0").scores["right"] == 0
