"""Questions that the releases must not be searched for: personal advice, orders to the assistant.

Rules on folded text. An extract shown under a personal question of health would read as advice, so
the guard errs on the side of sending people to those who care for them.
"""

import re

from oncoqa.answering.intent import any_of, plain
from oncoqa.types import Reason

_ILLNESS = (
    r"\b(?:cancer|tumeur|tumou?r|metasta|chimio|chemo|radioth|radiation|rayons|immunoth|hormon|traite"
    r"|treat|therap|medic|drug|operation|surgery|boule|grosseur|lump|douleur|pain|symptom|biops"
    r"|recidive|remission|oncolog|medecin|doctor|urolog|sein|breast|prostat|pancrea|vessie|bladder"
    r"|poumon|lung|psa\b)\w*"
)
_RELATIVE = (
    r"(?:pere|mere|maman|papa|femme|mari|epou\w+|fils|fille|frere|soeur|tante|oncle|amie?|conjointe?"
    r"|compagne|compagnon|grand (?:pere|mere)|father|mother|mum|mom|dad|wife|husband|son|daughter"
    r"|brother|sister|aunt|uncle|friend|partner|grand(?:father|mother|ma|pa))"
)
# "J'ai lu que …", "Je suis oncologue …": what follows is no illness of one's own.
_NOT_ILL = (
    r"(?:(?:une?|an?) )?(?:lu|vu|entendu|appris|trouve|read|seen|heard|found|looking|journalis"
    r"|medecin"
    r"|oncolog|infirmi|cherch|etudiant|pharmacien|soignant|interne|radiothera|chirurgien|doctor|nurse"
    r"|research|physician|student)"
)

# One's own illness or treatment: that is enough.
_OWN = re.compile(
    rf"\b(?:j ?ai|j avais|je suis|je souffre|i have|i ve|i am|i m) (?!{_NOT_ILL}).*{_ILLNESS}"
    r"|\bon m a (?:trouve|diagnostique|prescrit|decouvert|annonce|detecte)\b"
    r"|\b(?:je prends|i take|i m taking|i am taking|i m on|i am on)\b"
    rf"|\b(?:(?:dois|puis|devrais) je|est ce que je peux|(?:should|can) i)\b.*{_ILLNESS}"
    r"|\bprescri\w+ moi\b|\bprescribe me\b|\b(?:safe|dangerous|good|bad|serious) for me\b"
)
# One's illness or a relative's: medical when advice is asked for too.
_NEAR = re.compile(
    rf"\b(?:mon|ma|mes|notre|nos|my|our) (?:\w+ ){{0,2}}?(?:{_ILLNESS}|{_RELATIVE}\b.*{_ILLNESS})"
    rf"|{_ILLNESS}.*\b(?:mon|ma|my|our) {_RELATIVE}\b"
)
_ADVICE = any_of(r"""
    (?:dois|puis|devrais|pourrais) je
    (?:should|can|must|may|do) i
    (?:should|could|would|can) (?:he|she|they|we|it)
    \w+ help
    faut il
    doit (?:il|elle|on)
    peu[tx]
    conseil\w*
    recomm[ae]nd\w*
    a t (?:il|elle) raison
    votre avis
    mieux
    better
    arreter
    normal\w*
    grave
    danger\w*
    safe
    serious
    worr\w+
    need
    right
    guer\w+
    chances?
    prescri\w+
""")

_ORDER = any_of(r"""
    (?:ignore[zr]?|oublie[zr]?|forget|disregard|override) .*(?:consigne|instruction|regle|rule|prompt|previous|precedent)s?
    system prompt
    prompt systeme
    (?:tes|vos|your) (?:consignes|instructions)
    (?:ecri[st]|ecrivez|redige[zr]?|compose[zr]?|invente[zr]?|write|draft|invent) (?:moi |me |nous |us )?(?:une?|des|an?|some)
    (?:repete|repond\w*|reply|respond|answer|repeat) .*(?:uniquement|seulement|only|a tout|everything)
    fais (?:comme si|semblant)
    joue le role
    pretend
    act as
    (?:talk|speak) like
    parle comme
    (?:raconte|tell) .*(?:blague|joke)
    tradui[st]\w*
    translate
    tu es (?:desormais|maintenant)
    you are now
    mots? de passe
    passwords?
    ^systeme? .*
    drop table
""")  # noqa: E501


def refusal(question: str) -> Reason | None:
    """Why a question is not for the releases, when its words alone say so; else None."""
    text = plain(question)
    if _OWN.search(text) or (_NEAR.search(text) and _ADVICE.search(text)):
        return "medical_advice"
    if _ORDER.search(text):
        return "off_topic"
    return None
