"""`oncoqa eval`: measure, compare, report. Heavy imports wait until a command needs them."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oncoqa.evals import authoring
from oncoqa.evals.authoring import bad_input_exits_2

if TYPE_CHECKING:
    from oncoqa.evals.bench import Bench
    from oncoqa.evals.record import Run

app = typer.Typer(
    help="Mesurer les réponses sur les questions de référence.", pretty_exceptions_enable=False
)

app.add_typer(authoring.app)

EVALS = Path("evals")
CASES = Path("evals/cases")
BASELINE = Path("evals/baseline.json")

Split = Annotated[str, typer.Option(help="dev, test ou all.")]
Cases = Annotated[Path, typer.Option(help="Dossier des cas.")]
Jobs = Annotated[int, typer.Option(min=1, help="Fils qui questionnent à la fois.")]


@app.callback(invoke_without_command=True)
@bad_input_exits_2
def main(
    context: typer.Context,
    split: Split = "all",
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="facette=motif, ou motif d'identifiant ; répétable."),
    ] = None,
    jobs: Jobs = 1,
    url: Annotated[str | None, typer.Option(help="Questionner ce serveur.")] = None,
    out: Annotated[Path | None, typer.Option(help="Écrire la mesure en JSON.")] = None,
    against: Annotated[
        Path | None, typer.Option("--compare", help="Comparer à cette mesure.")
    ] = None,
    gate: Annotated[bool, typer.Option(help="Échouer (code 1) si quelque chose régresse.")] = False,
    drafted: Annotated[
        bool, typer.Option("--drafted", help="Un modèle rédige : pas de mot à mot exigé.")
    ] = False,
    cases: Cases = CASES,
) -> None:
    """Poser les questions de référence et dire combien de réponses sont bonnes."""
    if context.invoked_subcommand is not None:
        return
    from oncoqa.evals import compare, record, screen

    if split not in {"dev", "test", "all"}:
        raise typer.BadParameter("dev, test or all", param_hint="--split")
    old = record.load(against) if against else None  # before minutes are spent on questions
    bench = _open(cases, url)
    new = _measure(bench, split, filters or [], jobs)
    if out is not None:
        record.save(new, out)
    if old is None:
        _print((*screen.failures((*new.items, *new.attribution)), *screen.main_table(new)))
    else:
        comparison = compare.compare(old, new)
        _print(compare.lines(comparison))
    if gate:
        again = bench.run(split, filters or [])
        broken = list(compare.broken_gates(new, again, drafted=drafted))
        broken += [f"{c.metric} got worse" for c in comparison.regressions] if old else []
        _print(f"gate: {line}" for line in broken or ["holds"])
        raise typer.Exit(1 if broken else 0)


@app.command()
@bad_input_exits_2
def baseline(
    jobs: Jobs = 1, cases: Cases = CASES, out: Annotated[Path, typer.Option()] = BASELINE
) -> None:
    """Mesurer et garder la mesure comme référence des comparaisons."""
    from oncoqa.evals import record

    record.save(_measure(_open(cases), "all", [], jobs), out, words=False)
    typer.echo(f"{out}: written; commit it with the change that explains it")


@app.command()
@bad_input_exits_2
def report(
    jobs: Jobs = 1,
    cases: Cases = CASES,
    folder: Annotated[Path, typer.Option(help="Où écrire REPORT.md et report.html.")] = EVALS,
    measured: Annotated[
        Path | None, typer.Option("--from", help="Une mesure gardée, au lieu d'en faire une.")
    ] = None,
) -> None:
    """Mesurer tout, temps compris, et écrire le rapport."""
    from oncoqa.evals import benchmarks, record
    from oncoqa.evals import report as pages

    kept = benchmarks.read(folder / "benchmarks.json")
    run = record.load(measured) if measured else _measure_with_times(_open(cases), jobs)
    pages.write(pages.view(run, kept), folder / "REPORT.md", folder / "report.html")
    typer.echo(f"{folder / 'REPORT.md'} and {folder / 'report.html'}: written")


@app.command()
@bad_input_exits_2
def check(cases: Cases = CASES) -> None:
    """Vérifier chaque cas ; une ligne par problème."""
    from oncoqa.evals.item import facets_of
    from oncoqa.evals.reference import open_reference
    from oncoqa.settings import load_settings

    settings = load_settings()
    suite = open_reference(cases, settings.corpus_dir, max_words=settings.max_words).suite
    splits = [facets_of(case)["split"] for case in suite.cases]
    typer.echo(f"{len(splits)} questions: {splits.count('dev')} dev, {splits.count('test')} test")


@app.command()
@bad_input_exits_2
def retrieval(
    folder: Annotated[Path, typer.Argument(help="corpus.jsonl, queries.jsonl, qrels.tsv.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Tirer autant de questions.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Garder les chiffres dans ce fichier.")] = None,
) -> None:
    """Mesurer la recherche sur une collection au format BEIR."""
    from oncoqa.evals import beir, benchmarks, screen
    from oncoqa.settings import load_settings

    collection = beir.read_collection(folder, limit=limit)
    rankings = beir.measure(collection, load_settings())
    counts = {"documents": len(collection.documents), "queries": len(collection.queries)}
    _print(screen.ranking_lines(rankings))
    if keep is not None:
        name = f"{folder.name} ({counts['queries']} queries)"
        benchmarks.keep(name, counts | {"rankings": rankings}, keep)


@app.command()
@bad_input_exits_2
def nomiracl(
    files: Annotated[list[Path], typer.Argument(help="relevant et non_relevant, en JSONL.")],
    keep: Annotated[Path | None, typer.Option(help="Garder les chiffres dans ce fichier.")] = None,
) -> None:
    """Mesurer l'abstention sur NoMIRACL."""
    from oncoqa.evals import benchmarks
    from oncoqa.evals import nomiracl as abstention
    from oncoqa.settings import load_settings

    asked = abstention.read_files(files)
    figures = abstention.measure(asked, load_settings())
    _print(f"{name:20} {value:.1%}" for name, value in figures.items())
    if keep is not None:
        benchmarks.keep(f"NoMIRACL ({len(asked)} questions)", dict(figures), keep)


def _open(cases: Path, url: str | None = None) -> "Bench":
    from oncoqa.evals.bench import open_bench
    from oncoqa.settings import load_settings

    return open_bench(cases, load_settings(), url=url)


def _measure(bench: "Bench", split: str, filters: list[str], jobs: int) -> "Run":
    length = len(bench.kept(split, filters))
    with typer.progressbar(length=length, label="questions", file=sys.stderr) as bar:
        return bench.run(split, filters, jobs=jobs, progress=lambda: bar.update(1))


def _measure_with_times(bench: "Bench", jobs: int) -> "Run":
    from oncoqa.evals import latency
    from oncoqa.settings import load_settings

    run = _measure(bench, "all", [], jobs)
    assert bench.parts is not None  # it was opened in this process
    questions = [item.question for item in run.items]
    waits = latency.latency(bench.parts.assistant, questions) | latency.indexing(load_settings())
    return run.model_copy(update={"timings": run.timings | waits})


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


if __name__ == "__main__":
    app(prog_name="oncoqa eval")
