"""`oncoqa eval`: measure, compare, report. Heavy imports wait until a command needs them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from oncoqa.errors import OncoqaError

app = typer.Typer(help="Measure the answers on the reference questions.", no_args_is_help=False)

CASES = Path("evals/cases")

Split = Annotated[str, typer.Option(help="dev, test or all")]
Filter = Annotated[
    list[str] | None, typer.Option(help="facet=pattern, or a pattern of the id; may be repeated")
]
Jobs = Annotated[int, typer.Option(min=1, help="threads that ask at once")]


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    split: Split = "all",
    filter_: Annotated[
        list[str] | None,
        typer.Option("--filter", help="facet=pattern, or a pattern of the id; may be repeated"),
    ] = None,
    jobs: Jobs = 1,
    url: Annotated[str | None, typer.Option(help="ask a running server instead")] = None,
    cases: Annotated[Path, typer.Option(help="folder of case files")] = CASES,
) -> None:
    """Put the reference questions to oncoqa and print how well it answers."""
    if context.invoked_subcommand is not None:
        return
    from oncoqa.evals.bench import open_bench
    from oncoqa.evals.screen import failures, main_table

    bench = open_bench(cases, url=url)
    items = bench.run(split, filter_ or [], jobs=jobs)
    for line in (*failures(items), *main_table(items)):
        typer.echo(line)


if __name__ == "__main__":
    try:
        app(prog_name="oncoqa eval")
    except OncoqaError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
