"""What an answer's status is called, wherever it is shown: pages, exports, the command line."""

from oncoqa.types import Reason
from oncoqa.web.words import N_

ABSTENTION = N_("Les communiqués n’y répondent pas.")

# The heading, then what the reader can do about it.
ABSTENTIONS: dict[Reason, tuple[str, str]] = {
    "not_in_releases": (
        ABSTENTION,
        N_("Aucune phrase des communiqués ne répond à cette question."),
    ),
    "off_topic": (
        N_("Cette question sort du champ des communiqués."),
        N_("Cet assistant ne cite que les communiqués de presse d'Unicancer."),
    ),
    "medical_advice": (
        N_("Cette question relève d'un médecin."),
        N_(
            "Les communiqués de presse ne sont pas un avis médical. Parlez-en à votre médecin ou "
            "à l'équipe qui vous suit ; en cas d'urgence, appelez le 15 ou le 112."
        ),
    ),
    "unclear": (
        N_("La question peut se comprendre de plusieurs façons."),
        N_("Précisez l'étude, le projet ou la personne dont il s'agit."),
    ),
    "under_embargo": (
        N_("La réponse est sous embargo."),
        N_("Le service de presse peut vous dire quand elle sera publique."),
    ),
}

FEEDBACK_REASONS: dict[str, str] = {
    "wrong_passage": N_("Ce n'est pas le bon passage"),
    "incomplete": N_("La réponse est incomplète"),
    "should_answer": N_("Les communiqués y répondent pourtant"),
    "should_abstain": N_("Il ne fallait pas répondre"),
    "outdated": N_("L'information a changé depuis"),
    "other": N_("Autre raison"),
}
