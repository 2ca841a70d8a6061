"""A follow-up read in the light of the turns before it, by rule.

A question may lean on what came before in three ways:

- It asks the same of something else: "Et TRIFLUOX-DP ?", "Et d'établissements ?". The question
  before is put again, with what is new in the place of what it replaces.
- It points back, or is too brief to stand alone: "Qui la présente ?", "Depuis quand ?". What was
  spoken of is put in: names (trials, people, acronyms), or, where none was named, rare words.
- It does neither, and names nothing: "Combien de centres y a-t-il ?". Then what was spoken of says
  where to look, and not what to look for; unless its own words are of another subject.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from oncoqa.answering.intent import any_of, asks_for, plain, without_doubled_subjects
from oncoqa.answering.lexicon import Lexicon
from oncoqa.text import Word, terms, words
from oncoqa.types import Answer, Language, Passage

SHORT = 2  # content words; "Sur combien de malades ?" leans on what came before
CARRIED_WORDS = 3
OTHER_SUBJECT = 2  # telling words that nothing before holds

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
    il (?!y a\b|faut|s agit|est possible)
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
_INTERROGATIVE = any_of(r"""
    quand
    qui
    qu(?:e|oi)?
    (?:les?|la)?quel(?:le)?s?
    combien
    comment
    pourquoi
    when
    where
    whom?
    whose
    what(?! about)
    which
    how(?! about)
    why
""")
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
_BRIEF = {"date", "number", "place", "person", "reason"}
_LEFT_ASIDE = {"off_topic", "medical_advice"}  # turns of which no other speaks
_AND = re.compile(r"^(?:et|and|what about|how about|mais|but|pardon|dans|in) ")
# "Et d'établissements ?" after "Combien de malades y ont participé ?".
_AND_OF = re.compile(r"^\W*(?:et|and)\s+(?:de\s|d[’']|of\s)\s*(?P<what>[^?]+?)\W*$", re.IGNORECASE)
_COUNTED = re.compile(
    r"\b(?P<how>(?:combien|nombre)\s+d(?:e\s|[’'])|how\s+many\s|number\s+of\s)\s*[\w’'-]+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Resolved:
    asked: str  # the question, whole: "Et PEACE-8 ?" with what the turn before asked
    meant: str  # the same, with what it carries put in
    names: tuple[str, ...]  # named or carried
    carried: tuple[str, ...] = ()
    carried_from: tuple[Passage, ...] = ()
    after: str = ""  # the questions before, oldest first, where `asked` does not hold them


@dataclass(frozen=True, slots=True)
class _Before:
    """The turn before, as it was read, and the passages last cited."""

    turn: Answer
    read: Resolved
    cited: tuple[Passage, ...]

    @property
    def asked(self) -> str:
        """What was asked, from the last question that stood alone."""
        return f"{self.read.after} {self.read.asked}".strip()


def resolve(
    question: str, language: Language, history: Sequence[Answer], lexicon: Lexicon
) -> Resolved:
    """`history` is oldest first; a question that stands alone comes back as it is."""
    before = None
    for turn in history:
        if turn.reason not in _LEFT_ASIDE:
            read = _read(turn.question, turn.language, before, lexicon)
            before = _Before(turn, read, _cited(turn) or (before.cited if before else ()))
    return _read(question, language, before, lexicon)


def _read(question: str, language: Language, before: _Before | None, lexicon: Lexicon) -> Resolved:
    said = plain(question)
    alone = Resolved(question, question, tuple(lexicon.names_in(question)))
    if before is None or _NEW_SUBJECT.search(said):
        return alone
    named = lexicon.subjects(question)
    own = tuple(dict.fromkeys(lexicon.names[word.terms[0]] for word in named))
    content = [word for word in words(question, language) if not word.stop]
    leans = _AND.match(said) is not None
    # A pronoun after a name stands for that name.
    points_back = _ANAPHORA.search(
        without_doubled_subjects(plain(question[: named[0].start] if named else question))
    )
    names_only = own and all(word.terms[0] in lexicon.names for word in content)
    if (leans or names_only) and not _asks_something(question):
        return _asked_again(question, own, content, before, lexicon)
    if own and not points_back:
        return alone
    pointed = leans or points_back
    if not pointed and len(_strange(content, before.cited, lexicon)) >= OTHER_SUBJECT:
        return alone
    about = _spoken_of(question, before, lexicon)
    if pointed or _is_brief(question, content):
        names = tuple(dict.fromkeys([*own, *about]))
        carried = about or _rare_words(before.turn, lexicon)
        return _with(question, names, carried, before, after=before.asked) or alone
    return Resolved(question, question, about, (), before.cited, before.asked)


def _with(
    asked: str, names: tuple[str, ...], carried: tuple[str, ...], before: _Before, after: str = ""
) -> Resolved | None:
    """A question with what it carries put in; None when there is nothing to carry."""
    if not carried:
        return None
    return Resolved(asked, f"{asked} ({', '.join(carried)})", names, carried, before.cited, after)


def _asks_something(question: str) -> bool:
    return asks_for(question) != "other" or _INTERROGATIVE.search(plain(question)) is not None


def _is_brief(question: str, content: Sequence[Word]) -> bool:
    """Too brief to stand alone: "Depuis quand ?", or without a verb: "Pour quel cancer ?"."""
    if _VERBLESS.match(plain(question)) and len(content) <= SHORT:
        return True
    asks = asks_for(question)
    if asks == "definition":  # "C'est quoi la curiethérapie ?" says of what
        return not content
    return len(content) <= (SHORT if asks in _BRIEF else 1)


def _cited(turn: Answer) -> tuple[Passage, ...]:
    passages = (c.passage for statement in turn.statements for c in statement.citations)
    return tuple({passage.id: passage for passage in passages}.values())


def _strange(content: Sequence[Word], cited: Sequence[Passage], lexicon: Lexicon) -> list[str]:
    """The telling words of a question that the passages last cited do not hold.

    A name that stands everywhere ("Unicancer") is one: who names it does not point back.
    """
    held = {term for passage in cited for term in terms(f"{passage.context} {passage.text}")}
    known = [word.terms[0] for word in content if word.terms[0] in lexicon.frequency]
    return [
        term
        for term in known
        if (term in lexicon.names and lexicon.is_common(term))
        or (not lexicon.is_vague(term) and term not in held)
    ]


def _spoken_of(question: str, before: _Before, lexicon: Lexicon) -> tuple[str, ...]:
    """What the question before was about, and for a pronoun of persons whom its answer named.

    Where neither named anything, the rarest name of the answer.
    """
    turn = before.turn
    asked = tuple(name for name in before.read.names if name in turn.names)
    who = tuple(name for name in turn.names if name not in asked)
    if who and (not asked or _points_to_a_person(question)):
        return (who[0], *asked)
    if asked or not turn.statements:
        return asked
    named = lexicon.subjects(turn.statements[0].text)
    rarest = sorted(named, key=lambda word: lexicon.frequency.get(word.terms[0], 0))
    return tuple(lexicon.names[word.terms[0]] for word in rarest[:1])


def _points_to_a_person(question: str) -> bool:
    return _PERSON.search(without_doubled_subjects(plain(question))) is not None


def _asked_again(
    question: str,
    own: tuple[str, ...],
    content: Sequence[Word],
    before: _Before,
    lexicon: Lexicon,
) -> Resolved:
    """The question before, whole, with what is new instead of what it was about."""
    asked = before.read.asked
    if (other := _AND_OF.match(question)) and _COUNTED.search(asked):
        asked = _COUNTED.sub(lambda match: match["how"] + other["what"], asked, count=1)
    elif own or _strange(content, before.cited, lexicon):
        asked = f"{question} {_without_names(asked, lexicon)}"
        return Resolved(asked, asked, own, own)
    else:
        asked = f"{question} {asked}"
    about = _spoken_of(question, before, lexicon)
    carried = about or _rare_words(before.turn, lexicon)
    return _with(asked, about, carried, before) or Resolved(asked, asked, ())


def _without_names(question: str, lexicon: Lexicon) -> str:
    for word in reversed(lexicon.subjects(question)):
        question = question[: word.start] + question[word.end :]
    return " ".join(question.split())


def _rare_words(last: Answer, lexicon: Lexicon) -> tuple[str, ...]:
    """The rarest words of the question before, in its order: those of the releases, else any."""
    content = [word for word in words(last.question, last.language) if not word.stop]
    known = [word for word in content if word.terms[0] in lexicon.frequency] or content
    rarest = sorted(known, key=lambda word: lexicon.frequency.get(word.terms[0], 0))
    kept = set(rarest[:CARRIED_WORDS])
    return tuple(last.question[word.start : word.end] for word in known if word in kept)
