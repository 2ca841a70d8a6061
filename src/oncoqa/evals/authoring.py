"""The commands that write cases: `oncoqa eval add` and `oncoqa eval drafts`."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from oncoqa.errors import OncoqaError

app = typer.Typer()

P = ParamSpec("P")


def bad_input_exits_2(command: Callable[P, None]) -> Callable[P, None]:
    """A known error is one clear line each and exit code 2; 1 is for a gate that does not hold."""

    @functools.wraps(command)
    def run(*args: P.args, **options: P.kwargs) -> None:
        try:
            command(*args, **options)
        except OncoqaError as error:
            typer.echo(f"oncoqa eval: {error}", err=True)
            raise typer.Exit(2) from None

    return run


@app.command()
@bad_input_exits_2
def add(
    question: Annotated[str, typer.Argument(help="La question, telle qu'on la poserait.")],
    release: Annotated[str | None, typer.Option(help="Communiqué qui répond.")] = None,
    evidence: Annotated[list[int] | None, typer.Option(help="Numéros des phrases.")] = None,
    nugget: Annotated[list[str] | None, typer.Option(help="Ce qui doit être dit.")] = None,
    answer: Annotated[list[str] | None, typer.Option(help="Réponse courte admise.")] = None,
    fact: Annotated[str | None, typer.Option(help="Nom du fait, en minuscules.")] = None,
    form: Annotated[str, typer.Option()] = "direct",
    asks: Annotated[str, typer.Option()] = "other",
    cases: Annotated[Path, typer.Option(help="Dossier des cas.")] = Path("evals/cases"),
    to: Annotated[str, typer.Option(help="Fichier du dossier des cas.")] = "added.jsonl",
) -> None:
    """Écrire un cas, d'après les phrases que la recherche propose."""
    from oncoqa.build import load_assistant
    from oncoqa.evals import drafts as new
    from oncoqa.evals.check import check_case
    from oncoqa.evals.reference import open_reference
    from oncoqa.settings import load_settings
    from oncoqa.types import Filters

    settings = load_settings()
    reference = open_reference(cases, settings.corpus_dir, max_words=settings.max_words)
    if release is not None and release not in reference.corpus.releases:
        known = ", ".join(sorted(reference.corpus.releases))
        raise OncoqaError(f"no release {release!r}; known: {known}")
    hits = load_assistant(settings).search(question, 8, filters=Filters(release_id=release))
    found = new.candidates(hits)
    for number, quote in enumerate(found, start=1):
        typer.echo(f"{number:3} [{quote['release']}] {quote['quote']}")
    given = {
        "evidence": evidence or _numbers("phrases qui répondent (numéros)"),
        "nuggets": nugget or _texts("ce qui doit être dit (séparé par ;)"),
        "fact": fact or typer.prompt("nom du fait"),
    }
    case = new.case_of(
        question, found, given, answers=answer or [], form=form, asks=asks,
        id_=new.next_id(reference.suite),
    )  # fmt: skip
    check_case(case, reference.corpus.releases)
    new.append(case, cases / to)
    typer.echo(f"{cases / to}: {case.id} written")


@app.command()
@bad_input_exits_2
def drafts(
    feedback: Annotated[Path, typer.Argument(help="Avis laissés dans le chat, en JSONL.")],
    out: Annotated[Path, typer.Option()] = Path("evals/drafts.jsonl"),
) -> None:
    """Proposer des cas d'après les avis laissés dans le chat."""
    from oncoqa.corpus.parse import read_corpus
    from oncoqa.evals import drafts as new
    from oncoqa.settings import load_settings

    releases = {release.id: release for release in read_corpus(load_settings().corpus_dir)}
    found = new.drafts(feedback, releases)
    new.save_drafts(found, out)
    typer.echo(f"{out}: {len(found)} drafts; complete each, then move it to evals/cases")


def _numbers(label: str) -> list[int]:
    try:
        return [int(number) for number in typer.prompt(label).replace(",", " ").split()]
    except ValueError as error:
        raise OncoqaError(f"{error}; give numbers of the list") from error


def _texts(label: str) -> list[str]:
    return [text.strip() for text in typer.prompt(label).split(";")]
