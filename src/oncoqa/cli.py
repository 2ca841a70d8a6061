"""The command line: parse, call, print. Heavy imports wait for the command that needs them."""

import json
import logging
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from oncoqa.commands import care, importing, indexing
from oncoqa.commands.terminal import print_line
from oncoqa.errors import OncoqaError
from oncoqa.evals import commands as evaluation

if TYPE_CHECKING:
    from oncoqa.types import Answer, Release

app = typer.Typer(
    help="Questions et réponses sur les communiqués d'Unicancer, chaque phrase citée mot à mot.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
corpus_app = typer.Typer(help="Les communiqués.", no_args_is_help=True)
app.add_typer(corpus_app, name="corpus")
app.add_typer(indexing.app, name="index")
app.add_typer(evaluation.app, name="eval")
app.command("import")(importing.import_releases)
app.command()(care.doctor)
app.command()(care.backup)
app.command()(care.restore)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="La question, en français ou en anglais.")],
    as_json: Annotated[bool, typer.Option("--json", help="La réponse de l'API, en JSON.")] = False,
) -> None:
    """Poser une question."""
    from oncoqa.answering.understand import read_question
    from oncoqa.build import load_assistant
    from oncoqa.settings import load_settings

    read_question(question)  # a question that cannot be read is refused before anything loads
    assistant = load_assistant(load_settings())
    answer = assistant.ask(question)
    if as_json:
        from oncoqa.web.api import answer_payload

        print_line(json.dumps(answer_payload(answer), ensure_ascii=False, indent=2))
    else:
        print_answer(answer)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Adresse d'écoute.")] = None,
    port: Annotated[int | None, typer.Option(help="Port d'écoute.")] = None,
) -> None:
    """Servir la page et l'API."""
    from oncoqa.settings import load_settings
    from oncoqa.web.server import serve as serve_app

    serve_app(load_settings(host=host, port=port))


@app.command()
def feedback() -> None:
    """Les avis donnés dans le chat, une ligne JSON chacun, pour `oncoqa eval drafts`."""
    from oncoqa.conversations import open_store
    from oncoqa.settings import load_settings
    from oncoqa.web.feedback import feedback_lines

    settings = load_settings()
    for line in feedback_lines(open_store(settings.data_dir, settings.database_url)):
        print_line(line)


@corpus_app.command("check")
def corpus_check() -> None:
    """Vérifier chaque communiqué ; une ligne par problème."""
    from oncoqa.corpus.parse import read_corpus
    from oncoqa.settings import load_settings

    releases = read_corpus(load_settings().corpus_dir)
    words = sum(len(release.text.split()) for release in releases)
    print_line(f"{len(releases)} communiqués, {words} mots\u00a0: tout est en ordre")


def print_answer(answer: "Answer") -> None:
    from oncoqa.web.wording import ABSTENTION

    if answer.status == "abstained":
        print_line(ABSTENTION)
        for release in answer.nearest:
            print_line(f"  voir\u00a0: {release.title} ({release.id})")
        return
    citations = [c for statement in answer.statements for c in statement.citations]
    for statement in answer.statements:
        numbers = "".join(f"[{citations.index(c) + 1}]" for c in statement.citations)
        print_line(f"{statement.text} {numbers}")
    print_line("")
    for number, citation in enumerate(citations, start=1):
        release = citation.release
        dated = f", {release.published:%d/%m/%Y}" if release.published else ""
        place = f"{citation.start}-{citation.end}"
        print_line(f"[{number}] {release.publisher}, « {release.title} »{dated} ({place})")
        if note := standing(release):
            print_line(f"    {note}")


def standing(release: "Release") -> str:
    """What a reader must know of a release before quoting it."""
    from datetime import UTC, datetime

    if release.embargo_until is not None and release.embargo_until > datetime.now(UTC):
        return f"SOUS EMBARGO jusqu'au {release.embargo_until:%d/%m/%Y %H:%M %z}"
    if release.status == "corrected":
        return f"corrigé le {release.corrected:%d/%m/%Y}" if release.corrected else "corrigé"
    return ""


def main() -> None:
    """The console script. A known error is one message and exit code 1, never a traceback."""
    # The products of late interaction are small: a second thread costs more than it brings (p95 of
    # a question 64 ms with it, 22 without). Read when numpy loads, which no import above does.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        app()
    except OncoqaError as error:
        sys.stderr.write(f"oncoqa: {error}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
