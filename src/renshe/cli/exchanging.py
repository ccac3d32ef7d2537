"""The commands of exchange: what we hand to partners, and a partner to talk to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from renshe.cli.texts import t
from renshe.cli.usage import Command, Group

exchange_app = typer.Typer(cls=Group, help=t("exchange"), no_args_is_help=True, rich_markup_mode=None)
peer_app = typer.Typer(cls=Group, help=t("peer"), no_args_is_help=True, rich_markup_mode=None)

Folder = Annotated[Path, typer.Argument(help=t("peer_folder"))]
Other = Annotated[str, typer.Option("--other", help=t("peer_other"))]
Directory = Annotated[Path | None, typer.Option("--directory", help=t("peer_directory"))]
Port = Annotated[int | None, typer.Option("--port", help=t("peer_port"))]
Address = Annotated[str | None, typer.Option("--address", help=t("peer_address"))]
Token = Annotated[str, typer.Option("--token", help=t("peer_token"))]
Sftp = Annotated[int | None, typer.Option("--sftp", help=t("peer_sftp"))]
Allowed = Annotated[str, typer.Option("--allowed", help=t("peer_allowed"))]


@exchange_app.command("card", cls=Command, help=t("exchange_card"))
def card(partner: Annotated[str, typer.Argument(help=t("exchange_partner"))]) -> None:
    from renshe.cli.peering import run_card

    run_card(partner)


@exchange_app.command("ssh-key", cls=Command, help=t("exchange_ssh"))
def ssh_key() -> None:
    from renshe.cli.peering import run_ssh_key

    run_ssh_key()


@peer_app.command("begin", cls=Command, help=t("peer_begin"))
def begin(
    folder: Folder,
    code: Annotated[str, typer.Option("--code", help=t("peer_code"))],
    name: Annotated[str, typer.Option("--name", help=t("peer_name"))] = "",
) -> None:
    from renshe.cli.peering import run_begin

    run_begin(folder, code, name)


@peer_app.command("meet", cls=Command, help=t("peer_meet"))
def meet(folder: Folder, card: Annotated[Path, typer.Argument(help=t("peer_card"))]) -> None:
    from renshe.cli.peering import run_meet

    run_meet(folder, card)


@peer_app.command("send", cls=Command, help=t("peer_send"))
def send(
    folder: Folder,
    agreement: Annotated[str, typer.Argument(help=t("peer_agreement"))],
    rows: Annotated[Path, typer.Argument(help=t("peer_rows"))],
    purpose: Annotated[str, typer.Option("--purpose", help=t("peer_purpose"))] = "",
) -> None:
    from renshe.cli.peering import run_send

    run_send(folder, agreement, rows, purpose)


@peer_app.command("run", cls=Command, help=t("peer_run"))
def run(
    folder: Folder,
    other: Other,
    directory: Directory = None,
    port: Port = None,
    address: Address = None,
    token: Token = "",
    sftp: Sftp = None,
    allowed: Allowed = "",
) -> None:
    from renshe.cli.peering import run_peer

    run_peer(
        folder, other=other, directory=directory, port=port, address=address, token=token, sftp=sftp, allowed=allowed
    )


@peer_app.command("books", cls=Command, help=t("peer_books"))
def books(folder: Folder) -> None:
    from renshe.cli.peering import run_books

    run_books(folder)


@peer_app.command("record", cls=Command, help=t("peer_record"))
def record(folder: Folder) -> None:
    from renshe.cli.peering import run_record

    run_record(folder)


@peer_app.command("replay", cls=Command, help=t("peer_replay"))
def replay(
    folder: Folder,
    script: Annotated[Path, typer.Argument(help=t("peer_script"))],
    other: Other,
    directory: Directory = None,
    port: Port = None,
    address: Address = None,
    token: Token = "",
    patience: Annotated[float, typer.Option("--patience", help=t("peer_patience"))] = 180,
) -> None:
    from renshe.cli.peering import run_replay

    run_replay(folder, script, patience, other=other, directory=directory, port=port, address=address, token=token)
