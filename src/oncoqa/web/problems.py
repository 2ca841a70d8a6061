"""Everything that the site refuses, with its status, its code and what to do about it.

An address under /api/ is answered in JSON, `{"error": {"code", "message"}}`; a page by a page.
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from oncoqa.answering.understand import MAX_CHARACTERS, read_question
from oncoqa.conversations import StoreError
from oncoqa.errors import OncoqaError, QuestionError
from oncoqa.web.policy import HEADERS
from oncoqa.web.view import language_of, render
from oncoqa.web.words import N_, Words, words_in

log = logging.getLogger("oncoqa.web")


class Problem(OncoqaError):
    """A refusal whose message is translated when it is shown."""

    def __init__(self, status: int, code: str, message: str, **values: object) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.values = values

    def told(self, words: Words) -> str:
        return words(str(self), **self.values)


NO_CONVERSATION = Problem(
    404,
    "conversation_not_found",
    N_(
        "Cette conversation n'existe pas, a été supprimée ou appartient à quelqu'un d'autre. "
        "Posez votre question sans conversation pour en commencer une."
    ),
)
NO_TURN = Problem(404, "answer_not_found", N_("Cette réponse n'existe pas dans la conversation."))
NO_SHARE = Problem(
    404,
    "share_not_found",
    N_(
        "Ce lien de partage n'existe pas ou n'existe plus : son auteur a pu le retirer ou "
        "supprimer la conversation. Demandez-lui un nouveau lien."
    ),
)
NO_RELEASE = Problem(
    404,
    "release_not_found",
    N_("Aucun communiqué ne porte cet identifiant. La liste des communiqués les donne tous."),
)
WITHDRAWN = Problem(
    410,
    "release_withdrawn",
    N_(
        "Ce communiqué a été retiré par son éditeur : il ne doit plus être cité. "
        "Le service de presse peut vous dire pourquoi."
    ),
)
FOREIGN = Problem(
    403,
    "foreign_origin",
    N_("Cette demande vient d'un autre site. Rouvrez la page d'oncoqa et recommencez."),
)

_HTTP = {
    404: ("not_found", N_("Il n'y a rien à cette adresse. Vérifiez-la, ou repartez de l'accueil.")),
    405: ("method_not_allowed", N_("Cette adresse n'accepte pas cette méthode HTTP.")),
    413: ("too_large", N_("La demande est trop volumineuse : 64 Ko au plus.")),
}
_FIELDS = {
    "missing": N_("il manque"),
    "string_type": N_("un texte est attendu"),
    "extra_forbidden": N_("ce champ n'existe pas"),
    "literal_error": N_("cette valeur n'est pas prévue"),
    "date_from_datetime_parsing": N_("une date comme 2025-11-28 est attendue"),
    "date_type": N_("une date comme 2025-11-28 est attendue"),
    "int_parsing": N_("un nombre entier est attendu"),
    "less_than_equal": N_("ce nombre est trop grand"),
    "greater_than_equal": N_("ce nombre est trop petit"),
    "string_too_long": N_("ce texte est trop long"),
    "string_too_short": N_("ce texte est vide"),
}


_OTHER = N_("cette valeur ne convient pas")


def checked_question(question: str) -> str:
    """The question as it will be asked. Raises `Problem`, in the reader's language."""
    try:
        return read_question(question)
    except QuestionError as error:
        raise _question_problem(question) from error


def _question_problem(question: str) -> Problem:
    if not question.strip():
        message = N_("La question est vide : écrivez ce que vous voulez savoir.")
        return Problem(422, "question_empty", message)
    if len(question.strip()) > MAX_CHARACTERS:
        message = N_(
            "La question compte %(length)s caractères : raccourcissez-la à %(most)s au plus."
        )
        length = len(question.strip())
        return Problem(422, "question_too_long", message, length=length, most=MAX_CHARACTERS)
    message = N_("La question contient des caractères de contrôle : retapez-la au clavier.")
    return Problem(422, "question_unreadable", message)


def install(app: FastAPI) -> None:
    """Answer for every error that can come out of a route."""
    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        Exception: _unforeseen,
        HTTPException: _http,
        OncoqaError: _known,
        RequestValidationError: _invalid,
    }
    for error, handler in handlers.items():
        app.add_exception_handler(error, handler)


def as_problem(error: Exception) -> Problem:
    """What a reader is told of an error."""
    match error:
        case Problem():
            return error
        case QuestionError():
            return Problem(422, "question_refused", str(error).replace("%", "%%"))
        case StoreError():
            log.error("%s", error)
            message = N_("Les conversations ne peuvent être lues ni gardées pour l'instant.")
            return Problem(503, "conversations_unavailable", message)
        case _:
            log.error("unforeseen %s", type(error).__name__, exc_info=error)
            message = N_("Une erreur imprévue s'est produite. Elle est notée ; réessayez.")
            return Problem(500, "internal_error", message)


async def respond(request: Request, problem: Problem) -> Response:
    language = language_of(request)
    message = problem.told(words_in(language))
    if request.url.path.startswith("/api/"):
        body = {"error": {"code": problem.code, "message": message}}
        return JSONResponse(body, problem.status, {"Content-Language": language})
    return render(
        request, "problem.html", status=problem.status, code=problem.code, message=message
    )


async def _known(request: Request, error: Exception) -> Response:
    return await respond(request, as_problem(error))


async def _unforeseen(request: Request, error: Exception) -> Response:
    """Answered outside every middleware, so that it puts the policy on by itself."""
    response = await _known(request, error)
    response.headers.update(HEADERS)
    return response


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    other = ("http_error", HTTPStatus(error.status_code).phrase)
    code, message = _HTTP.get(error.status_code, other)
    response = await respond(request, Problem(error.status_code, code, message))
    response.headers.update(error.headers or {})
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    detail = error.errors()[0]
    if detail["type"] == "json_invalid":
        message = N_("Le corps de la demande n'est pas du JSON valide (caractère %(where)s).")
        problem = Problem(400, "invalid_json", message, where=detail["loc"][-1])
        return await respond(request, problem)
    field = ".".join(str(part) for part in detail["loc"][1:]) or "corps"
    words = words_in(language_of(request))
    what = words(_FIELDS.get(detail["type"], _OTHER))
    message = N_("Champ « %(field)s » : %(what)s.")
    problem = Problem(422, "invalid_request", message, field=field, what=what)
    return await respond(request, problem)
