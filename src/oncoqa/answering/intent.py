"""What a question asks for: rules on folded text, one alternative a line."""

import re

from oncoqa.text import fold
from oncoqa.types import Asks


def plain(question: str) -> str:
    """Folded, punctuation as single spaces: what every rule reads."""
    return re.sub(r"[^\w%]+", " ", fold(question)).strip()


def any_of(alternatives: str) -> re.Pattern[str]:
    """A pattern that finds any of the lines, each as whole words."""
    lines = [line.strip() for line in alternatives.strip().splitlines()]
    return re.compile(rf"\b(?:{'|'.join(lines)})\b")


# "L'essai est-il randomisé ?": "il" is the trial, and points to nothing before.
_DOUBLED = re.compile(
    r"(\b(?:le|la|les|l|un|une|cet?|cette|ces|son|sa|ses|leurs?) \w+ (?:\w+ ){1,4}?)"
    r"(?:t )?(?:ils?|elles?)\b"
)


def without_doubled_subjects(text: str) -> str:
    """Plain text less the pronouns that only repeat the subject of their own verb.

    >>> without_doubled_subjects("quand la marche des remparts aura t elle lieu")
    'quand la marche des remparts aura  lieu'
    """
    return _DOUBLED.sub(r"\1", text)


_WHICH = r"(?:quel|quelle|quels|quelles) (?:est |sont |etait |etaient )?(?:l |le |la |les )?"

# In order: the first that matches decides.
_ASKS: tuple[tuple[Asks, re.Pattern[str]], ...] = (
    (
        "list",
        any_of(r"""
            (?:quels|quelles) (?:sont|etaient) les (?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix)
            qui sont les
            who are the
            (?:which|what) (?:are the )?(?:two|three|four|five|six|seven|eight|nine|ten)
            quel(?:le)?s (?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix)
        """),
    ),
    (
        "date",
        any_of(rf"""
            quand
            {_WHICH}(?:dates?|jours?|heures?|annees?|mois|horaires?|periodes?)
            (?:a|en) quelle (?:date|heure|annee)
            dates?
            heures?
            debut
            when
            (?:what|which) (?:are the |is the )?(?:times?|dates?|days?|years?|months?)
        """),
    ),
    (
        "number",
        any_of(rf"""
            combien
            combientieme
            {_WHICH}(?:nombre|pourcentage|part|proportion|taux|effectif|budget|montant|cout|age|duree|salaire)
            nombre
            numero
            taille
            phase
            how (?:many|much|long|old)
            number of
            percentage
            (?:what|which) (?:share|proportion|number|phase)
        """),
    ),
    (
        "place",
        any_of(rf"""
            ou (?!le|la|les|un|une|bien|des)\w+
            {_WHICH}(?:villes?|pays|lieux?|regions?|centres?|etablissements?|hopital|institut)
            lieu
            where
            (?:what|which) (?:city|town|country|place|centre|hospital)
        """),
    ),
    (
        "person",
        any_of(rf"""
            qui (?!sert|permet)\w+
            qui
            {_WHICH}(?:professeure?|medecin|chercheu\w+|docteur|laureate?|oncologue|president|nom)
            who(?:m|se)?
        """),
    ),
    (
        "reason",
        any_of(rf"""
            pourquoi
            pour quoi
            a quoi (?:\w+ ){{0,3}}(?:sert|servir|servent)
            {_WHICH}(?:objectif|but|raison|interet)s?
            objectifs?
            buts?
            vise
            en quoi (?!consiste)\w+
            why
            what (?:is|are|was|were) .+ (?:for|meant to)
            what for
            (?:aim|goal|purpose)s?
        """),
    ),
    (
        "list",
        any_of(r"""
            quels
            quelles
            lesquel(?:le)?s
            listes?
            cite[rz]?
            enumere[rz]?
            tou(?:s|tes) les
            list
            name the
            what are
            which (?:\w+ ){0,2}(?:are|were|have)
            which \w+s
        """),
    ),
    (
        "definition",
        any_of(r"""
            qu est ce
            c est quoi
            c koi
            signifi\w*
            veut dire
            veulent dire
            definition
            sigle
            acronyme
            correspond\w*
            en quoi consiste
            de quoi (?:il )?s agit
            de quoi (?:\w+ )?(?:parle|traite)
            what (?:is|was|are|were) (?:it|this|that|they) about
            what is
            what s
            stands? for
            means?
        """),
    ),
)


def asks_for(question: str) -> Asks:
    text = plain(question)
    return next((asks for asks, pattern in _ASKS if pattern.search(text)), "other")
