"""Questions that the releases must not be searched for: personal advice, orders to the assistant.

Rules on folded text. An extract shown under a personal question of health would read as advice, so
the guard errs on the side of sending people to those who care for them.
"""

import re

from oncoqa.answering.intent import any_of, plain
from oncoqa.types import Reason

# Illness and its treatments; the last line, the ends of drugs' international names.
_ILLNESS = (
    r"\b(?:cancer|tumeur|tumou?r|metasta|chimio|chemo|radioth|radiation|rayons|immunoth|hormon|traite"
    r"|treat|therap|medic|drug|operation|surgery|boule|grosseur|lump|douleur|pain|symptom|biops"
    r"|recidive|remission|oncolog|medecin|doctor|urolog|sein|breast|prostat|pancrea|vessie|bladder"
    r"|poumon|lung|psa\b|vomi|nausee|fievre|fever|saigne|bleed|effets? secondaire|side effect"
    r"|\w+(?:mab|n[iy]b|cicli?b|parib|taxel|platine?|citabine|irinox|rubicine?)\b)\w*"
)
_STUDY = r"\b(?:essais?|etude|trial|study|dose)\b"
_RELATIVE = (
    r"(?:pere|mere|maman|papa|femme|mari|epou\w+|fils|fille|frere|soeur|tante|oncle|amie?|conjointe?"
    r"|compagne|compagnon|grand (?:pere|mere)|father|mother|mum|mom|dad|wife|husband|son|daughter"
    r"|brother|sister|aunt|uncle|friend|partner|grand(?:father|mother|ma|pa))"
)
# "J'ai lu que …", "J'ai une question sur …": what follows is no illness of one's own.
_NOT_ILL = (
    r"(?:lu|vu|entendu|appris|trouve|recu|ecrit|question|besoin|article|papier|sujet|dossier|interview"
    r"|reportage|reunion|read|seen|heard|found|received|written|questions|need|story|deadline"
    r"|interest)\b"
)
# A first person who cites, looks for or understands something asks no advice.
_AT_WORK = (
    r"(?:cite|mention|repren|reprodui|publi|utilis|trouv|savoir|contact|joindre|lire|telecharg|parler"
    r"|ecri|quote|cite|use|find|know|contact|read|reach|download|write|reuse|get the)"
)

# One's own illness or treatment: that is enough.
_OWN = re.compile(
    rf"\b(?:j ?ai|j avais|i have|i ve|i had)(?: (?!{_NOT_ILL})\w+){{0,6}}? {_ILLNESS}"
    r"|\b(?:je suis|j etais|i am|i m|i was)(?: \w+){0,3}? (?:malade|atteinte?|traitee?|soignee?"
    r"|operee?|sous|en (?:chimio\w*|remission|traitement|radioth\w*|immuno\w*)|sick|ill"
    r"|treated|diagnosed|undergoing|on (?:chemo\w*|treatment|immuno\w*|hormon\w*)"
    r"|having (?:chemo|radio)\w*)\b"
    r"|\bon m a (?:trouve|diagnostique|prescrit|decouvert|annonce|detecte)\b"
    r"|\b(?:je prends|i take|i m taking|i am taking|i m on|i am on)\b"
    r"|\b(?:dois je|puis je|devrais je|pourrais je|est ce que je (?:peux|dois)"
    rf"|(?:should|can|may|must) i) (?!{_AT_WORK}).*(?:{_ILLNESS}|{_STUDY})"
    r"|\bprescri\w+ moi\b|\bprescribe me\b|\b(?:safe|dangerous|good|bad|serious) for me\b"
    r"|\bme reste t il\b|\bvais je (?:mourir|guerir|m en sortir|survivre|perdre)\b"
    r"|\b(?:am i going to|will i) (?:die|survive|lose|recover)\b|\bhow long (?:do|have) i\b"
    rf"|\b(?:que|si|quand) je (?:choisi|prend|pren|arret|continu|refus|fass|fai)\w* .*{_ILLNESS}"
)
# One's illness or a relative's: medical when advice is asked for too.
_NEAR = re.compile(
    rf"\b(?:mon|ma|mes|my) (?:\w+ ){{0,2}}?{_ILLNESS}"
    rf"|\b(?:mon|ma|mes|notre|nos|my|our) (?:\w+ ){{0,2}}?{_RELATIVE}\b.*(?:{_ILLNESS}|{_STUDY})"
    rf"|(?:{_ILLNESS}|{_STUDY}).*\b(?:mon|ma|my|our) {_RELATIVE}\b"
)
_ADVICE = any_of(r"""
    (?:dois|puis|devrais|pourrais) je
    (?:should|can|must|may|do) i
    (?:should|could|would|can|may) (?:he|she|they|we|it|my \w+)
    que faire
    quoi faire
    what (?:to do|now)
    doses?
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
    (?<!j )(?<!i )(?<!se )(?:ecri[st]|ecrivez|redige[zr]?|compose[zr]?|invente[zr]?|write|draft|invent) (?:moi |me |nous |us )?(?:une?|des|an?|some)
    (?:repete|repond\w*|reply|respond|answer|repeat) .*(?:uniquement|seulement|only|a tout|everything)
    fais (?:comme si|semblant)
    joue le role
    pretend
    ^(?:please )?act as
    (?:talk|speak) like
    parle comme
    (?:raconte|tell) .*(?:blague|joke)
    tradui(?:s|sez|re)
    translate
    tu es (?:desormais|maintenant)
    you are now
    mots? de passe
    passwords?
    ^systeme? (?!de\b|d\b|nerveux).*
    combien font \d+.*
    \d+ (?:fois|x|plus|moins) \d+
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
