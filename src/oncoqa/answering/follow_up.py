"""A follow-up read in the light of the turns before it, by rule.

"Depuis quand ?" after a question on HEROES means "depuis quand HEROES ?". What is carried is the
names of the turn before (trials, people, acronyms), or, where it named nothing, its rarest words.
"Et TRIFLUOX-DP ?" is the reverse: the name is new, what is asked is carried.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from oncoqa.answering.intent import any_of, asks_for, plain
from oncoqa.answering.lexicon import Lexicon
from oncoqa.text import Word, terms, words
from oncoqa.types import Answer, Language, Passage

SHORT = 2  # content words; "Sur combien de malades ?" leans on what came before
CARRIED_WORDS = 3

_NEW_SUBJECT = any_of(r"""
    sinon
    autre (?:question|sujet|chose)
    change(?:ons|z)? d
    passons a
    rien a voir
    new question
    another (?:question|subject|topic)
    different (?:question|subject|topic)
    by the way
    on another
""")
_ANAPHORA = any_of(r"""
    il
    elle
    ils
    elles
    lui
    leur
    celle
    celui
    celles
    ceux
    cela
    ca
    son
    sa
    ses
    y
    en
    dedans
    cet? (?:essai|projet|prix|programme|groupe|congres|traitement)
    cette (?:etude|personne|plateforme|equipe|session|molecule)
    ces (?:etudes|essais|patients|projets)
    (?:l|la|le|les) (?:a|ont|presente|porte|dirige|mene|expose|finance|coordonne)
    la dedans
    it
    its
    he
    she
    they
    his
    her
    their
    them
    this
    that
    these
    those
    there
""")
_VERBLESS = re.compile(
    r"(?:pour|sur|dans|chez|a|avec|par|de|en|over|in|on|for|with|from|at|to|by|about)\b.*"
    r"\b(?:quel(?:le)?s?|quoi|qui|combien|which|what|whom|how many)\b"
)
_BRIEF = {"date", "number", "place", "person", "reason"}
_PERSON = any_of(r"""
    elle
    lui
    t il
    il (?!y a|faut|s agit|est possible)\w+
    he
    she
    him
    her
    his
""")
_AND = re.compile(r"^(?:et|and|ou|what about|how about|mais|but|pardon|dans|in) ")


@dataclass(frozen=True, slots=True)
class Resolved:
    meant: str  # the question, with what it carries put in
    carried: tuple[str, ...] = ()
    carried_from: tuple[Passage, ...] = ()


def resolve(
    question: str, language: Language, history: Sequence[Answer], lexicon: Lexicon
) -> Resolved:
    """`history` is oldest first; a question that stands alone comes back as it is."""
    if not history or _NEW_SUBJECT.search(plain(question)):
        return Resolved(question)
    last = history[-1]
    names = lexicon.names_in(question)
    content = [w for w in words(question, language) if not w.stop]
    leans = bool(_AND.match(plain(question)))
    if names and (leans or len(content) <= len(names)):
        return _ask_again(question, last, lexicon, tuple(names))
    if names or not (leans or _is_brief(question, content) or _ANAPHORA.search(plain(question))):
        return Resolved(question)
    cited = {c.passage.id: c.passage for s in last.statements for c in s.citations}
    if leans and _turns_away(content, list(cited.values()), lexicon):
        return _ask_again(question, last, lexicon)
    carried = _carried(question, last, lexicon)
    if not carried:
        return Resolved(question)
    # "Et chez les enfants ?" asks what was asked before, of something else.
    asked = f"{question} {last.question}" if leans and asks_for(question) == "other" else question
    return Resolved(f"{asked} ({', '.join(carried)})", carried, tuple(cited.values()))


def _is_brief(question: str, content: Sequence[Word]) -> bool:
    """Too brief to stand alone: "Depuis quand ?", or without a verb: "Pour quel cancer ?"."""
    if _VERBLESS.match(plain(question)) and len(content) <= SHORT:
        return True
    return len(content) <= (SHORT if asks_for(question) in _BRIEF else 1)


def _turns_away(content: Sequence[Word], cited: Sequence[Passage], lexicon: Lexicon) -> bool:
    """Whether a telling word of a follow-up is none of the passages that were just cited."""
    known = [w.terms[0] for w in content if w.terms[0] in lexicon.frequency]
    telling = [term for term in known if not lexicon.is_vague(term)]
    held = {term for passage in cited for term in terms(f"{passage.context} {passage.text}")}
    return bool(telling) and not held.intersection(telling)


def _carried(question: str, last: Answer, lexicon: Lexicon) -> tuple[str, ...]:
    """Whom the answer before named, for a pronoun of persons; else all that was spoken of."""
    if _PERSON.search(plain(question)) and last.names:
        return last.names[:1]
    return last.names or _rare_words(last, lexicon)


def _ask_again(
    question: str, last: Answer, lexicon: Lexicon, names: tuple[str, ...] = ()
) -> Resolved:
    """The question before, its names replaced by what is new."""
    spans = [
        (word.start, word.end)
        for word in words(last.question, last.language)
        if word.terms[0] in lexicon.names and not lexicon.is_common(word.terms[0])
    ]
    before = last.question
    for start, end in reversed(spans):
        before = before[:start] + before[end:]
    return Resolved(f"{question} {' '.join(before.split())}", names)


def _rare_words(last: Answer, lexicon: Lexicon) -> tuple[str, ...]:
    """The rarest words of the question before, in its order: those of the releases, else any."""
    content = [word for word in words(last.question, last.language) if not word.stop]
    known = [word for word in content if word.terms[0] in lexicon.frequency] or content
    rarest = sorted(known, key=lambda word: lexicon.frequency.get(word.terms[0], 0))
    kept = set(rarest[:CARRIED_WORDS])
    return tuple(last.question[word.start : word.end] for word in known if word in kept)
