"""The command ``renshe``: thin; every command imports what it needs when it runs, so that help is quick.

Exit codes (contracts): 0 done, 2 bad input or configuration (one line with its remedy), 3 the journal is not whole,
1 anything else.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from renshe.cli.exchanging import exchange_app, peer_app
from renshe.cli.texts import chinese, t
from renshe.cli.usage import Command, Group, refusal

app = typer.Typer(
    cls=Group,
    name="renshe",
    help=t("app"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
rules_app = typer.Typer(cls=Group, help=t("rules"), invoke_without_command=True, rich_markup_mode=None)
app.add_typer(rules_app, name="rules")
journal_app = typer.Typer(cls=Group, help=t("journal"), no_args_is_help=True, rich_markup_mode=None)
app.add_typer(journal_app, name="journal")
app.add_typer(exchange_app, name="exchange")
app.add_typer(peer_app, name="peer")


def _version(asked: bool) -> None:
    if asked:
        from renshe import __version__

        typer.echo(f"renshe {__version__}")
        raise typer.Exit


Json = Annotated[bool, typer.Option("--json", help=t("json"))]


@app.callback()
def renshe(
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_version, help=t("version"))] = False,
) -> None: ...


@app.command(cls=Command, help=t("clean"))
def clean(
    project: Annotated[Path, typer.Argument(help=t("project"))],
    backend: Annotated[str, typer.Option(help=t("backend"))] = "duckdb",
    json: Json = False,
) -> None:
    from renshe.cli.cleaning import run_clean

    run_clean(project, backend=backend, as_json=json)


@app.command(cls=Command, help=t("link"))
def link(
    project: Annotated[Path, typer.Argument(help=t("project"))],
    backend: Annotated[str, typer.Option(help=t("backend"))] = "duckdb",
    train: Annotated[bool, typer.Option("--train", help=t("link_train"))] = False,
    sample: Annotated[int | None, typer.Option(min=2, help=t("link_sample"))] = None,
    seed: Annotated[int, typer.Option(help=t("seed"))] = 1,
    answers: Annotated[list[Path] | None, typer.Option(help=t("link_answers"))] = None,
    json: Json = False,
) -> None:
    from renshe.cli.linking import run_link
    from renshe.cli.linking_judged import run_answers, run_sample

    if answers:
        run_answers(project, answers, alone=sample is None and not train, as_json=json)
    elif sample is not None:
        run_sample(project, sample, seed, alone=not train, as_json=json)
    else:
        run_link(project, backend=backend, train=train, as_json=json)


@app.command(cls=Command, help=t("decide"))
def decide(
    project: Annotated[Path, typer.Argument(help=t("project"))],
    workbooks: Annotated[list[Path], typer.Argument(help=t("decide_workbooks"))],
    json: Json = False,
) -> None:
    from renshe.cli.mending import run_decide

    run_decide(project, workbooks, as_json=json)


@app.command("merge-plan", cls=Command, help=t("merge_plan"))
def merge_plan(
    project: Annotated[Path, typer.Argument(help=t("project"))],
    pairs: Annotated[Path | None, typer.Option(help=t("merge_plan_pairs"))] = None,
    json: Json = False,
) -> None:
    from renshe.cli.merging import run_merge_plan

    run_merge_plan(project, pairs, as_json=json)


@app.command(cls=Command, help=t("revoke"))
def revoke(
    project: Annotated[Path, typer.Argument(help=t("project"))],
    by: Annotated[str, typer.Option(help=t("revoke_by"))],
    ground: Annotated[str, typer.Option(help=t("revoke_ground"))],
    ids: Annotated[list[str] | None, typer.Argument(help=t("revoke_ids"))] = None,
    batch: Annotated[str | None, typer.Option(help=t("revoke_batch"))] = None,
    json: Json = False,
) -> None:
    from renshe.cli.mending import run_revoke

    run_revoke(project, ids or (), batch=batch, by=by, ground=ground, as_json=json)


@app.command(cls=Command, help=t("decisions"))
def decisions(
    project: Annotated[Path, typer.Argument(help=t("project"))],
    person: Annotated[str | None, typer.Option(help=t("decisions_person"))] = None,
    unit: Annotated[str | None, typer.Option(help=t("decisions_unit"))] = None,
    field: Annotated[str | None, typer.Option(help=t("decisions_field"))] = None,
    by: Annotated[str | None, typer.Option(help=t("decisions_by"))] = None,
    first: Annotated[str | None, typer.Option("--from", help=t("decisions_from"))] = None,
    last: Annotated[str | None, typer.Option("--to", help=t("decisions_to"))] = None,
    state: Annotated[str | None, typer.Option(help=t("decisions_state"))] = None,
    json: Json = False,
) -> None:
    from renshe.cli.mending import run_decisions
    from renshe.engine.mending.searching import Criteria

    run_decisions(project, Criteria(person, unit, field, by, first, last, state), as_json=json)


@app.command(cls=Command, help=t("compare"))
def compare(
    what: Annotated[list[str], typer.Argument(help=t("compare_what"), metavar="[PROJECT] A B")],
    by: Annotated[str | None, typer.Option(help=t("compare_by"))] = None,
    json: Json = False,
) -> None:
    from renshe.cli.comparing import run_compare

    run_compare(what, by=by, as_json=json)


@app.command(cls=Command, help=t("coverage"))
def coverage(
    project: Annotated[Path, typer.Argument(help=t("project"))] = Path(),
    ministry: Annotated[bool, typer.Option("--ministry", help=t("coverage_ministry"))] = False,
    json: Json = False,
) -> None:
    from renshe.cli.covering import run_coverage

    run_coverage(project, ministry=ministry, as_json=json)


@app.command(cls=Command, help=t("inspect"))
def inspect(
    file: Annotated[Path, typer.Argument(help=t("file"))],
    table: Annotated[str | None, typer.Option(help=t("inspect_table"))] = None,
    sheet: Annotated[str | None, typer.Option(help=t("sheet"))] = None,
    encoding: Annotated[str | None, typer.Option(help=t("encoding"))] = None,
    json: Json = False,
) -> None:
    from renshe.cli.inspecting import run_inspect

    run_inspect(file, table=table, sheet=sheet, encoding=encoding, as_json=json)


@app.command(cls=Command, help=t("template"))
def template(
    table: Annotated[str | None, typer.Argument(help=t("template_table"))] = None,
    out: Annotated[Path | None, typer.Option(help=t("template_out"))] = None,
    rows: Annotated[Path | None, typer.Option(help=t("template_rows"))] = None,
    system: Annotated[str | None, typer.Option(help=t("template_system"))] = None,
    ordered: Annotated[bool, typer.Option("--ordered", help=t("template_ordered"))] = False,
    check: Annotated[Path | None, typer.Option(help=t("template_check"))] = None,
    json: Json = False,
) -> None:
    from renshe.cli.templates import run_check, run_template

    if check is not None:
        run_check(check, alone=not (table or out or rows or system or ordered), as_json=json)
    else:
        run_template(table, out=out, rows=rows, system=system, ordered=ordered, as_json=json)


@app.command(cls=Command, help=t("simulate"))
def simulate(
    target: Annotated[Path, typer.Argument(help=t("target"))],
    persons: Annotated[int, typer.Option(min=1, help=t("persons"))] = 20_000,
    seed: Annotated[int, typer.Option(help=t("seed"))] = 1,
    dirty: Annotated[float, typer.Option(min=0.0, max=0.2, help=t("dirty"))] = 0.02,
    json: Json = False,
) -> None:
    from renshe.cli.simulating import run_simulate

    run_simulate(target, persons=persons, seed=seed, dirty=dirty, as_json=json)


@app.command(cls=Command, help=t("demo"))
def demo(
    target: Annotated[Path, typer.Argument(help=t("target"))] = Path("demo"),
    persons: Annotated[int, typer.Option(min=1, help=t("persons"))] = 20_000,
    code: Annotated[bool, typer.Option("--code", help=t("demo_code"))] = False,
) -> None:
    from renshe.cli.sampling import run_code
    from renshe.cli.simulating import run_demo

    if code:
        run_code(target)
    else:
        run_demo(target, persons=persons)


@app.command(cls=Command, help=t("found"))
def found(
    workbook: Annotated[Path, typer.Argument(help=t("found_workbook"))] = Path("建局表.xlsx"),
    template: Annotated[bool, typer.Option("--template", help=t("found_template"))] = False,
) -> None:
    from renshe.cli.founding import run_found, run_template

    run_template(workbook) if template else run_found(workbook)


@app.command(cls=Command, help=t("migrate"))
def migrate() -> None:
    from renshe.cli.serving import run_migrate

    run_migrate()


@app.command(cls=Command, help=t("serve"))
def serve(
    host: Annotated[str, typer.Option(help=t("serve_host"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help=t("serve_port"))] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=32, help=t("serve_workers"))] = 2,
) -> None:
    from renshe.cli.serving import run_serve

    run_serve(host, port, workers)


@app.command(cls=Command, help=t("worker"))
def worker(with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False) -> None:
    from renshe.cli.serving import run_worker

    run_worker(with_parent=with_parent)


@app.command(cls=Command, help=t("check"))
def check(
    deploy: Annotated[bool, typer.Option("--deploy", help=t("check_deploy"))] = False,
    json: Json = False,
) -> None:
    from renshe.cli.checking import run_check

    run_check(deploy=deploy, as_json=json)


@app.command(cls=Command, help=t("backup"))
def backup(
    to: Annotated[Path | None, typer.Option(help=t("backup_to"))] = None,
    json: Json = False,
) -> None:
    from renshe.cli.saving import run_backup

    run_backup(to, as_json=json)


@app.command(cls=Command, help=t("restore"))
def restore(archive: Annotated[Path, typer.Argument(help=t("archive"))], json: Json = False) -> None:
    from renshe.cli.saving import run_restore

    run_restore(archive, as_json=json)


@app.command("verify-backup", cls=Command, help=t("verify_backup"))
def verify_backup(archive: Annotated[Path, typer.Argument(help=t("archive"))], json: Json = False) -> None:
    from renshe.cli.saving import run_verify

    run_verify(archive, as_json=json)


@rules_app.callback()
def rules(
    context: typer.Context,
    project: Annotated[Path | None, typer.Option(help=t("rules_project"))] = None,
    json: Json = False,
) -> None:
    if context.invoked_subcommand is None:
        from renshe.cli.rules import run_list

        run_list(project, as_json=json)


@rules_app.command("test", cls=Command, help=t("rules_test"))
def rules_test(
    project: Annotated[Path | None, typer.Option(help=t("rules_project"))] = None,
    backend: Annotated[str, typer.Option(help=t("backend"))] = "duckdb",
    json: Json = False,
) -> None:
    from renshe.cli.rules import run_test

    run_test(project, backend=backend, as_json=json)


@rules_app.command("diff", cls=Command, help=t("rules_diff"))
def rules_diff(
    old: Annotated[Path, typer.Argument(help=t("rules_old"))],
    new: Annotated[Path, typer.Argument(help=t("rules_new"))],
    json: Json = False,
) -> None:
    from renshe.cli.rules import run_diff

    run_diff(old, new, as_json=json)


@app.command(cls=Command, help=t("catalogue"))
def catalogue(
    mapping: Annotated[Path | None, typer.Option(help=t("catalogue_mapping"))] = None,
    json: Json = False,
) -> None:
    from renshe.cli.catalogue import run_catalogue, run_mapping

    if mapping is not None:
        run_mapping(mapping, as_json=json)
    else:
        run_catalogue(as_json=json)


@journal_app.command("seal", cls=Command, help=t("journal_seal"))
def journal_seal(
    full: Annotated[bool, typer.Option("--full", help=t("journal_full"))] = False,
    json: Json = False,
) -> None:
    from renshe.cli.journal import run_seal

    run_seal(full_only=full, as_json=json)


@journal_app.command("verify", cls=Command, help=t("journal_verify"))
def journal_verify(
    told: Annotated[Path | None, typer.Option(help=t("journal_told"))] = None,
    rows: Annotated[bool, typer.Option("--rows", help=t("journal_rows"))] = False,
    json: Json = False,
) -> None:
    from renshe.cli.journal import run_verify

    run_verify(told, rows=rows, as_json=json)


@journal_app.command("told-restored", cls=Command, help=t("journal_told_restored"))
def journal_told_restored() -> None:
    from renshe.cli.journal import run_told_restored

    run_told_restored()


def main() -> None:
    """Run the command; whatever a user can mend is one line and exit code 2."""
    # Chinese must reach terminals and pipes whose locale knows nothing of it.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        return _refuse(error)
    except typer.Abort:
        return 1
    except Exception as error:  # noqa: BLE001 - the outermost frame: every failure becomes one line and a code
        from renshe.cli.errors import explain

        return explain(error)
    return code if isinstance(code, int) else 0


def _refuse(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    bare = type(error).__name__ == "NoArgsIsHelpError"
    if chinese() and not bare:
        print(f"错误：{refusal(error, context.command_path if context else 'renshe')}", file=sys.stderr)
    else:
        error.show()  # type: ignore[attr-defined]
    return error.exit_code


if __name__ == "__main__":
    main()
