"""``renshe peer``: a partner to talk to, and ``renshe exchange``: what we hand to one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from renshe.cli.show import say


def run_card(partner: str) -> None:
    """Print our card for a partner: our public keys, and what was agreed on with it."""
    from renshe.core.database.connect import set_up

    set_up()
    from renshe.core.exchange.cards import card_for

    typer.echo(json.dumps(card_for(partner), ensure_ascii=False, indent=1))


def run_ssh_key() -> None:
    """Print the public half of our key for SFTP."""
    from renshe.core.database.connect import set_up

    set_up()
    from renshe.core.exchange.reaching import ssh_public

    typer.echo(ssh_public())


def run_begin(folder: Path, code: str, name: str) -> None:
    """Make a peer, and print what the other side registers of it."""
    from renshe.peer.folder import begun, own_card

    made = begun(folder, code, name)
    say(f"已建立交换对方 {code}；请在“交换密钥登记更换”中登记它的公钥：")
    for suite, purpose, public in own_card(made):
        say(f"  {suite} {'签名' if purpose == 'sign' else '加密'} {public}")


def run_meet(folder: Path, card: Path) -> None:
    """Take in the other side's card."""
    from renshe.peer.folder import Folder, PeerError

    try:
        told = json.loads(card.read_text("utf-8"))
    except (OSError, ValueError):
        raise PeerError(f"{card} 不是名片；请用 renshe exchange card 生成") from None
    Folder(folder).meet(told)
    say(f"已登记 {told['code']} 的公钥和 {len(told['agreements'])} 个版本的协议")


def run_send(folder: Path, agreement: str, rows: Path, purpose: str) -> None:
    """Put a batch on its way."""
    from renshe.peer.folder import Folder, PeerError, rows_read
    from renshe.peer.program import held

    with held(Folder(folder)) as side:
        agreed = side.folder.agreed(agreement)
        if agreed is None:
            raise PeerError(f"没有协议 {agreement}；请用 renshe peer meet 登记对方的名片")
        side.send(agreement, rows_read(rows.read_bytes(), agreed.terms), purpose)
    say("已生成批次，renshe peer run 时发出")


def run_peer(folder: Path, **ways: Any) -> None:
    """Work until told to stop."""
    from renshe.peer.folder import Folder
    from renshe.peer.program import Ways, held, run

    with held(Folder(folder)) as side:
        run(side, Ways(**ways), say)


def run_books(folder: Path) -> None:
    """Print what the peer's books say."""
    from renshe.peer.folder import Folder
    from renshe.peer.program import held

    with held(Folder(folder)) as side:
        for one in side.books.find():
            fates: dict[str, int] = {}
            for _, _, fate, _ in side.books.records(one.id):
                fates[fate or "—"] = fates.get(fate or "—", 0) + 1
            told = "，".join(f"{fate} {many}" for fate, many in sorted(fates.items()))
            place = f"{one.agreement} {one.direction} {one.kind} {one.sequence or '—'}"
            say(f"{place} {one.state} {told} {one.reason}".rstrip())


def run_record(folder: Path) -> None:
    """Print what was exchanged as a script of a joint test."""
    from renshe.peer.folder import Folder
    from renshe.peer.joint import recorded
    from renshe.peer.program import held

    with held(Folder(folder)) as side:
        typer.echo(recorded(side), nl=False)


def run_replay(folder: Path, script: Path, patience: float, **ways: Any) -> None:
    """Send what was recorded again, and tell each mismatch; code 1 where there is one."""
    from renshe.peer.folder import Folder
    from renshe.peer.joint import replayed
    from renshe.peer.program import Ways, held, mover, opened

    with held(Folder(folder)) as side:
        told = Ways(**ways)
        with opened(side, told, say):
            wrong = 0
            for one in replayed(side, script, mover(side, told, say), patience=patience):
                say(one)
                wrong += 1
    if wrong:
        say(f"共 {wrong} 处不符")
        raise typer.Exit(1)
    say("全部相符")
