"""Which sentences are kept: few, whole lists, both sides when two releases differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fakes import passages_of, query
from oncoqa.answering.kinds import answering_span
from oncoqa.answering.lexicon import Lexicon
from oncoqa.answering.rank import Ranker
from oncoqa.answering.select import Selector
from oncoqa.text import sentences
from oncoqa.types import Evidence, Hit, Passage, Query, Reading, Selection, Span


@dataclass(frozen=True)
class Scripted:
    """Scores each sentence by the first words that it holds; nothing else scores above 0."""

    scores: Mapping[str, float]

    def score(self, _query: Query, passages: Sequence[Passage]) -> list[Evidence]:
        found = [
            Evidence(p, p.start + start, p.start + end, self._of(p.text[start:end]))
            for p in passages
            for start, end in sentences(p.text)
        ]
        return sorted(found, key=lambda evidence: -evidence.score)

    def _of(self, text: str) -> float:
        return next((score for words, score in self.scores.items() if words in text), 0.0)


@dataclass(frozen=True)
class Undecided:
    """Finds every sentence as likely to answer as not, by its first two characters."""

    def read(
        self, _question: str, evidence: Sequence[Evidence], *, after: str = ""
    ) -> list[Reading]:
        assert after == ""
        return [Reading(0.0, Span(e.start, e.start + 2)) for e in evidence]


def selector_of(
    passages: Sequence[Passage], scores: Mapping[str, float], threshold: float = 0.5
) -> Selector:
    ranker = Ranker(Scripted(scores), Undecided(), passages)
    return Selector(ranker, Lexicon.build(passages), passages, threshold=threshold)


def select(
    asked: Query, passages: Sequence[Passage], scores: Mapping[str, float], threshold: float = 0.5
) -> Selection:
    hits = [Hit(passage, 1 / 61, 1, 1) for passage in passages]
    return selector_of(passages, scores, threshold).select(asked, hits)


def texts(selection: Selection) -> list[str]:
    return [evidence.text for evidence in selection.evidence]


LIST = "Trois essais sont présentés :\n\n- NEOPAN finit.\n- DAISY dure.\n- FUDOSE débute.\n"


def test_a_single_fact_is_one_sentence() -> None:
    passages = passages_of("Le prix est remis à Reims. Le prix existe depuis onze ans.")
    chosen = select(query("Où ?", asks="place"), passages, {"remis": 0.9, "existe": 0.89})
    assert texts(chosen) == ["Le prix est remis à Reims."]


def test_a_list_asked_for_is_given_whole_in_its_own_order() -> None:
    passages = passages_of(LIST)
    chosen = select(query("Quels essais ?", asks="list"), passages, {"Trois": 0.9, "FUDOSE": 0.7})
    assert texts(chosen) == ["NEOPAN finit.", "DAISY dure.", "FUDOSE débute."]


def test_one_item_is_given_alone_when_the_question_is_about_it() -> None:
    passages = passages_of(LIST)
    chosen = select(query("Quels délais ?", asks="list"), passages, {"DAISY": 0.9})
    assert texts(chosen) == ["DAISY dure."]


def test_names_set_side_by_side_have_a_sentence_each() -> None:
    passages = passages_of("L’essai ALBAN débute à 14h.\n\nL’essai QUALIOR débute à 16h50.")
    asked = query("ALBAN ou QUALIOR ?", names=("ALBAN", "QUALIOR"), compared=True)
    chosen = select(asked, passages, {"ALBAN": 0.8, "QUALIOR": 0.6})
    assert [e.passage for e in chosen.evidence] == passages


def test_two_releases_that_differ_are_both_shown() -> None:
    older = passages_of("Le réseau compte 18 centres.", "ancien")
    newer = passages_of("Le réseau compte 20 centres.", "nouveau")
    asked = query("Combien de centres ?", asks="number")
    chosen = select(asked, [*older, *newer], {"18": 0.8, "20": 0.79})
    assert texts(chosen) == ["Le réseau compte 18 centres.", "Le réseau compte 20 centres."]


def test_two_releases_that_say_the_same_are_not() -> None:
    older = passages_of("Le réseau compte 18 centres.", "ancien")
    newer = passages_of("Il y a 18 centres en France.", "nouveau")
    asked = query("Combien de centres ?", asks="number")
    assert len(select(asked, [*older, *newer], {"18": 0.8}).evidence) == 1


def test_a_definition_goes_on_to_the_sentence_that_says_what_it_is() -> None:
    passages = passages_of("Le groupe présente ALBAN. Celle-ci a suivi des patients.")
    asked = query("Qu’est-ce qu’ALBAN ?", asks="definition")
    assert len(select(asked, passages, {"présente": 0.9}).evidence) == 2


def test_a_sentence_that_holds_what_is_counted_comes_first() -> None:
    passages = passages_of("Il y a 13 800 patients.\n\nIl y a 41 centres.")
    asked = query("Combien de centres ?", asks="number")
    chosen = select(asked, passages, {"patients": 0.7, "centres": 0.66})
    assert texts(chosen) == ["Il y a 41 centres."]


def test_a_budget_that_no_sentence_speaks_of_is_not_answered() -> None:
    passages = passages_of("Il y a 13 800 patients.")
    asked = query("Quel est le budget ?", asks="number")
    chosen = select(asked, passages, {"patients": 0.6})
    assert (chosen.evidence, chosen.reason) == ((), "off_topic")


def test_nothing_to_read_is_no_answer_whatever_the_threshold() -> None:
    assert select(query("Quoi ?"), [], {}, threshold=0.0).evidence == ()


def test_passages_carried_from_an_answer_are_those_of_the_index() -> None:
    passages = passages_of("Le prix est remis à Reims.\n\nIl existe depuis onze ans.")
    cut = Passage(id=passages[1].id, release=passages[1].release, start=0, end=3)
    asked = query("Depuis quand ?", carried_from=(cut,))
    chosen = selector_of(passages, {"onze": 0.9}).select(asked, [])
    assert texts(chosen) == ["Il existe depuis onze ans."]


def test_a_list_has_as_many_items_as_the_question_wants() -> None:
    passages = passages_of(LIST)
    asked = query("Quels sont les deux essais longs ?", asks="list")
    chosen = select(asked, passages, {"Trois": 0.9, "FUDOSE": 0.8, "DAISY": 0.7})
    assert texts(chosen) == ["DAISY dure.", "FUDOSE débute."]


def test_a_share_is_not_answered_by_another_number() -> None:
    passages = passages_of("Il y a 617 patients.\n\nUn quart des patients guérit.")
    asked = query("Quelle part des patients guérit ?", asks="number")
    chosen = select(asked, passages, {"617": 0.9, "quart": 0.7})
    assert texts(chosen) == ["Un quart des patients guérit."]


def test_what_a_release_is_about_goes_for_each_of_its_passages() -> None:
    passages = passages_of("Le congrès est à Berlin.\n\nDeux posters sont présentés.")
    asked = query("Quels posters à Berlin ?", names=("Berlin",))
    chosen = select(asked, passages, {"posters": 0.7, "congrès": 0.6})
    assert texts(chosen) == ["Deux posters sont présentés."]


def test_another_release_that_speaks_of_something_else_is_no_contradiction() -> None:
    older = passages_of("Le réseau compte 18 centres.", "ancien")
    newer = passages_of("Le prix compte 20 projets.", "nouveau")
    asked = query("Combien de centres dans le réseau ?", asks="number")
    assert len(select(asked, [*older, *newer], {"18": 0.8, "20": 0.79}).evidence) == 1


def test_of_two_people_the_one_that_the_reader_found_is_marked() -> None:
    text = "Le Pr Jean Blayo, président d’Unix, et Sophie Beaupre, déléguée d’Unix, parlent."
    passages = passages_of("\n\n".join([text, *(f"Phrase {n}." for n in range(12))]))
    read = Span(text.index("Sophie"), text.index("Sophie") + 6)
    asked = query("Qui parle avec lui ?", asks="person")
    span = answering_span(
        asked, text, within=Span(0, len(text)), lexicon=Lexicon.build(passages), read=read
    )
    assert span is not None
    assert text[slice(*span)] == "Sophie Beaupre"
