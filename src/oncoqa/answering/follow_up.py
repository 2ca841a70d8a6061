"""A follow-up read in the light of the turns before it, by rule.

"Depuis quand ?" after a question on HEROES means "depuis quand HEROES ?". What is carried is the
names of the turn before (trials, people, acronyms), or, where it named nothing, its rarest words.
"Et TRIFLUOX-DP ?" is the reverse: the name is new, what is asked is carried.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from oncoqa.answering.intent import any_of, plain
from oncoqa.answering.lexicon import Lexicon
from oncoqa.text import words
from oncoqa.types import Answer, Language, Passage

SHORT = 3  # content words; a question this short, without a name, leans on what came before
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
        return _ask_again(question, last, names, lexicon)
    if names or not (leans or len(content) <= SHORT or _ANAPHORA.search(plain(question))):
        return Resolved(question)
    carried = last.names or _rare_words(last, lexicon)
    if not carried:
        return Resolved(question)
    cited = (citation.passage for s in last.statements for citation in s.citations)
    passages = {passage.id: passage for passage in cited}
    return Resolved(f"{question} ({', '.join(carried)})", tuple(carried), tuple(passages.values()))


def _ask_again(question: str, last: Answer, names: Sequence[str], lexicon: Lexicon) -> Resolved:
    """The question before, with its names replaced by the new ones."""
    spans = [
        (word.start, word.end)
        for word in words(last.question, last.language)
        if word.terms[0] in lexicon.names and not lexicon.is_common(word.terms[0])
    ]
    before = last.question
    for start, end in reversed(spans):
        before = before[:start] + before[end:]
    return Resolved(f"{question} {' '.join(before.split())}", tuple(names))


def _rare_words(last: Answer, lexicon: Lexicon) -> tuple[str, ...]:
    """The rarest words of the question before, in its order: those of the releases, else any."""
    content = [word for word in words(last.question, last.language) if not word.stop]
    known = [word for word in content if word.terms[0] in lexicon.frequency] or content
    rarest = sorted(known, key=lambda word: lexicon.frequency.get(word.terms[0], 0))
    kept = set(rarest[:CARRIED_WORDS])
    return tuple(last.question[word.start : word.end] for word in known if word in kept)
