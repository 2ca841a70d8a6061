"""What the releases themselves teach about words: names, acronyms, spellings, how rare a word is.

A name is a word that the releases never write in lower case: a trial, an acronym, a person, a town.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from oncoqa.answering.acronyms import explained
from oncoqa.answering.dictionary import exists
from oncoqa.stopwords import ENGLISH
from oncoqa.text import Word, fold, sentences, words
from oncoqa.types import Passage

VAGUE = 0.05  # a word in more passages than this, and in more than a few, is vague
FEW = 3
COMMON = 0.12  # a name in more passages than this tells little of what a question is about
_TITLES = frozenset("pr dr m mme mlle madame monsieur professeur docteur prof doctor".split())
_ELISION = re.compile(r"^[dlDL][’']")
_COORDINATION = re.compile(r"(?:,|\b(?:et|ou|and|or|than|versus|vs)\b)")
_INNER_CAPITAL = re.compile(r"\w[A-ZÀ-Þ]")


@dataclass(frozen=True, slots=True)
class Lexicon:
    names: Mapping[str, str]  # a name's term -> the name in full, as written
    spellings: Mapping[str, str]  # folded word -> its most frequent spelling in lower case
    frequency: Mapping[str, float]  # term -> share of the passages that hold it
    passages: int
    acronyms: Mapping[str, str]  # with their long forms, as written

    @classmethod
    def build(cls, passages: Sequence[Passage]) -> "Lexicon":
        lower: Counter[str] = Counter()
        spelt: defaultdict[str, Counter[str]] = defaultdict(Counter)
        held: Counter[str] = Counter()
        for passage in passages:
            text = f"{passage.context}\n{passage.text}"
            found = words(text)
            held.update({term for word in found for term in word.terms})
            for word in found:
                surface = text[word.start : word.end]
                spelt[fold(surface)][surface.casefold()] += 1
                if surface == surface.casefold():
                    lower.update(word.terms[:1])
        texts = [passage.text for passage in passages]
        return cls(
            names=_names(texts, lower),
            spellings={key: forms.most_common(1)[0][0] for key, forms in spelt.items()},
            frequency={term: n / len(passages) for term, n in held.items()},
            passages=len(passages),
            acronyms=explained(texts),
        )

    def is_common(self, term: str) -> bool:
        return self.frequency.get(term, 0.0) > COMMON

    def is_vague(self, term: str) -> bool:
        """A word of the releases that does not tell which of many things is meant."""
        share = self.frequency.get(term, 0.0)
        return share > VAGUE and share * self.passages > FEW

    def names_in(self, text: str) -> list[str]:
        """The telling names in a text, in full, each once, in order."""
        return list(dict.fromkeys(self.names[word.terms[0]] for word in self._telling(text)))

    def subjects(self, text: str) -> list[Word]:
        """The words that name what a text is about: not "results" or "convention" in lower case."""
        return [w for w in self._telling(text) if _is_typed_as_name(text[w.start : w.end])]

    def sets_side_by_side(self, text: str) -> bool:
        """Whether "et", "ou" or the like stands between two names: "ALBAN ou QUALIOR ?"."""
        telling = self._telling(text)
        return any(
            self.names[a.terms[0]] != self.names[b.terms[0]]
            and _COORDINATION.search(fold(text[a.end : b.start]))
            for a, b in pairwise(telling)
        )

    def _telling(self, text: str) -> list[Word]:
        return [
            word
            for word in words(text)
            if word.terms[0] in self.names
            and not self.is_common(word.terms[0])
            and not _is_plain(text[word.start : word.end], self.names[word.terms[0]])
        ]


def _is_typed_as_name(surface: str) -> bool:
    typed = re.split(r"[’']", surface)[-1]
    return not typed.islower() or not (exists(typed, "fr") or exists(typed, "en"))


def _is_plain(surface: str, name: str) -> bool:
    """Whether a word as typed is a plain word: "ici" is not "ICI", nor is "come" a "Comité"."""
    typed = re.split(r"[’']", surface)[-1]
    if not typed.islower():
        return False
    if name.isupper():
        return exists(typed, "fr")
    meets_by_stem = fold(typed) not in re.split(r"[\W_]+", fold(name))
    return meets_by_stem and (exists(typed, "fr") or exists(typed, "en"))


def _names(texts: Sequence[str], lower: Counter[str]) -> dict[str, str]:
    """Each name's term with the longest run of names in which it stands most often."""
    runs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for run in _runs(text, lower):
            surface = _ELISION.sub("", text[run[0].start : run[-1].end])
            for word in run:
                runs[word.terms[0]][surface] += 1
    return {term: max(found, key=lambda s: (found[s], len(s))) for term, found in runs.items()}


def _runs(text: str, lower: Counter[str]) -> Iterator[list[Word]]:
    """Consecutive words that are names: "Jean-Yves Blay". Two acronyms are two names."""
    starts = {span.start for span in sentences(text)}
    run: list[Word] = []
    for word in words(text):
        if not _is_name(text, word, lower, opens=word.start in starts):
            continue
        if run and not _joins(text, run[-1], word):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _joins(text: str, last: Word, word: Word) -> bool:
    acronyms = all(_INNER_CAPITAL.search(text[w.start : w.end]) for w in (last, word))
    return text[last.end : word.start] == " " and not acronyms


def _is_name(text: str, word: Word, lower: Counter[str], *, opens: bool) -> bool:
    surface = re.split(r"[’']", text[word.start : word.end])[-1]
    if not (surface[:1].isupper() or surface.isupper()) or word.stop or word.terms[0] in lower:
        return False
    if fold(surface) in _TITLES | ENGLISH or len(surface) < 2:
        return False
    return not opens or _INNER_CAPITAL.search(surface) is not None
