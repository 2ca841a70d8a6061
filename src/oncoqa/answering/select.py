"""Which sentences answer, and whether any does."""

import re
from collections.abc import Sequence
from dataclasses import replace

from oncoqa.answering.abstain import could_be_meant, why_not
from oncoqa.answering.kinds import answering_span, items_asked
from oncoqa.answering.lexicon import Lexicon
from oncoqa.answering.rank import Ranker, probability
from oncoqa.text import sentences, terms
from oncoqa.types import Evidence, Hit, Passage, Query, Selection, Span

MARGIN = 0.04  # a second sentence is kept when it scores within this of the best
WHOLE_LIST = 0.1  # how near the best the items of a list that is asked for whole must be
RIVAL = 0.03  # how near the best another release must score to be shown beside it
MOST_ITEMS = 12  # of a list given whole


_GOES_ON = re.compile(r"(?:Celle|Celui|Ceux|Celles|Cette|Cet|Ce|Ces|Il|Elle|Ils|Elles)\b")


class Selector:
    """Keeps the fewest sentences that answer; none from links or contacts."""

    def __init__(
        self,
        ranker: Ranker,
        lexicon: Lexicon,
        passages: Sequence[Passage],
        *,
        threshold: float,
        max_statements: int = 3,
    ) -> None:
        """`passages` are all of the index: a list is given whole when one item is found."""
        self._ranker = ranker
        self._lexicon = lexicon
        self._passages = {passage.id: passage for passage in passages}
        self._lists: dict[tuple[str, Span], list[Passage]] = {}
        for passage in passages:
            if passage.introduction is not None:
                key = (passage.release.id, passage.introduction)
                self._lists.setdefault(key, []).append(passage)
        self._threshold = threshold
        self._max_statements = max_statements

    def select(self, query: Query, hits: Sequence[Hit]) -> Selection:
        if query.refusal is not None:
            choices = could_be_meant(query, hits, self._lexicon)
            return Selection(evidence=(), confidence=0.0, reason=query.refusal, choices=choices)
        found = {hit.passage.id: hit.passage for hit in hits if not hit.passage.furniture}
        carried = (self._passages.get(passage.id) for passage in query.carried_from)
        found |= {passage.id: passage for passage in carried if passage is not None}
        ranked = self._ranker.rank(query, list(found.values()), hits)
        confidence = probability(ranked[0].score) if ranked else 0.0
        if not ranked or confidence < self._threshold:
            reason = why_not(query, self._lexicon)
            return Selection(evidence=(), confidence=confidence, reason=reason)
        kept = [self._highlighted(query, evidence) for evidence in self._keep(query, ranked)]
        names = self._names(query, kept[0])
        return Selection(evidence=tuple(kept), confidence=confidence, names=names)

    def _names(self, query: Query, best: Evidence) -> tuple[str, ...]:
        """Who answers "qui ?", then the names of the question: what a follow-up may mean."""
        answer = best.highlight if query.asks == "person" else None
        text = best.passage.release.text
        who = self._lexicon.names_in(text[answer.start : answer.end]) if answer else []
        return tuple(dict.fromkeys([*who, *query.names]))

    def _keep(self, query: Query, ranked: Sequence[Evidence]) -> list[Evidence]:
        best = ranked[0]
        if query.asks == "list" and (items := self._whole_list(query, ranked)):
            return items
        if query.compared:
            subject = self._ranker.subjects[best.passage.release.id]
            names = [name for name in query.names if not subject.issuperset(terms(name))]
            return _one_for_each_name(names, ranked)[: self._max_statements]
        if query.asks == "definition":
            return _completed(best)
        if query.asks != "list":
            return [best, *self._otherwise(query, ranked)]
        near = [e for e in ranked if e.score >= best.score - MARGIN]
        return _each_once(near)[: self._max_statements]

    def _otherwise(self, query: Query, ranked: Sequence[Evidence]) -> list[Evidence]:
        """What another release says as plainly and differently: both are shown, with their dates.

        Only where it speaks of the same, all the question's words of the best standing in it too,
        and where the difference can be told by its form: another number, date, person or place.
        """
        best = ranked[0]
        said = self._answer(query, best)
        subject = set(terms(query.meant, query.language)).intersection(terms(best.text))
        rivals = (
            e
            for e in ranked
            if e.score >= best.score - RIVAL
            and e.passage.release.id != best.passage.release.id
            and _holds(e, subject)
        )
        other = next((rival for rival in rivals if said and self._answer(query, rival)), None)
        return [other] if other is not None and self._answer(query, other) != said else []

    def _answer(self, query: Query, evidence: Evidence) -> list[str]:
        """The terms of what is asked for by its form; none when the sentence holds nothing such."""
        span = self._formal_answer(query, evidence)
        return terms(evidence.passage.release.text[span.start : span.end]) if span else []

    def _whole_list(self, query: Query, ranked: Sequence[Evidence]) -> list[Evidence]:
        """Every item of a list, in its order, when the question is about the list and not one item.

        So it is when the sentence that introduces it is the best, or half its items are near that.
        """
        best = ranked[0]
        introduction = best.passage.introduction or Span(best.start, best.end)
        items = self._lists.get((best.passage.release.id, introduction), [])
        near = {e.passage.id for e in ranked if e.score >= best.score - WHOLE_LIST}
        if best.passage.introduction and 2 * sum(p.id in near for p in items) < len(items):
            return []
        items = _as_many_as_asked(query, items, ranked)
        return [Evidence(p, p.start, _first_sentence(p), best.score) for p in items[:MOST_ITEMS]]

    def _highlighted(self, query: Query, evidence: Evidence) -> Evidence:
        """A number, date, person or place where that is asked for; else what the reader found."""
        span = self._formal_answer(query, evidence) or evidence.highlight
        return replace(evidence, highlight=span)

    def _formal_answer(self, query: Query, evidence: Evidence) -> Span | None:
        within = Span(evidence.start, evidence.end)
        text = evidence.passage.release.text
        read = evidence.highlight
        return answering_span(query, text, within=within, lexicon=self._lexicon, read=read)


def _as_many_as_asked(
    query: Query, items: Sequence[Passage], ranked: Sequence[Evidence]
) -> list[Passage]:
    """ "Quelles sont les deux études sur le poumon ?": of a longer list, the two best, in order."""
    count = items_asked(query.meant)
    if count is None or count >= len(items):
        return list(items)
    order = dict.fromkeys(evidence.passage.id for evidence in ranked)
    best = [item_id for item_id in order if any(p.id == item_id for p in items)][:count]
    return [passage for passage in items if passage.id in best]


def _completed(best: Evidence) -> list[Evidence]:
    """With the sentence after, when that goes on about the same thing: "Celle-ci a suivi …"."""
    text = best.passage.release.text
    after = [
        Evidence(best.passage, best.passage.start + s.start, best.passage.start + s.end, best.score)
        for s in sentences(best.passage.text)
        if best.passage.start + s.start >= best.end
    ]
    goes_on = after and _GOES_ON.match(text[after[0].start : after[0].end])
    return [best, after[0]] if goes_on else [best]


def _one_for_each_name(names: Sequence[str], ranked: Sequence[Evidence]) -> list[Evidence]:
    """The best sentence, then the best for each name that none before it holds."""
    kept = [ranked[0]]
    for name in names:
        wanted = set(terms(name))
        if not any(_holds(evidence, wanted) for evidence in kept):
            kept += [e for e in ranked if _holds(e, wanted)][:1]
    return kept


def _first_sentence(passage: Passage) -> int:
    """Where the first sentence of a list item ends: it says what the item is."""
    return passage.start + sentences(passage.text)[0].end


def _holds(evidence: Evidence, wanted: set[str]) -> bool:
    return wanted.issubset([*terms(evidence.passage.context), *terms(evidence.text)])


def _each_once(ranked: Sequence[Evidence]) -> list[Evidence]:
    """The same sentence may stand in two releases, or twice in one: its first place is enough."""
    unique = {" ".join(e.text.split()).casefold(): e for e in reversed(ranked)}
    return [e for e in ranked if unique[" ".join(e.text.split()).casefold()] is e]
