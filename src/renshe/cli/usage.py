"""What the command line says of its own use: help and refusals, in Chinese unless the locale is English.

The library below speaks English only. Its help is translated word by word where the words are its own; a refusal
becomes one line with its remedy.

Invariant: an English locale gets the library's own texts, unchanged.
"""

from __future__ import annotations

import re

import typer
from typer.core import TyperCommand, TyperGroup

from renshe.cli.texts import chinese

_HELP = (
    (r"^Usage: ", "用法："),
    (r"^Options:", "选项："),
    (r"^Arguments:", "参数："),
    (r"^Commands:", "命令："),
    (r"\[OPTIONS\]", "[选项]"),
    (r"COMMAND \[ARGS\]\.\.\.", "命令 [参数]..."),
    (r"Show\s+this\s+message\s+and\s+exit\.", "显示本说明"),
    (r"\[default: ", "[默认 "),
    (r"\[required\]", "[必填]"),
    (r"; required\]", "；必填]"),
)
_REFUSALS = (
    (r"No such option: (\S+?)\.? \(Possible options: (.+)\)", "没有选项 {0}；可用的有 {1}"),
    (r"No such option: (\S+).*", "没有选项 {0}"),
    (r"No such command '(.+?)'\..*", "没有命令 {0}"),
    (r"Missing command\.", "没有写命令"),
    (r"Missing argument '(.+?)'.*", "缺少参数 {0}"),
    (r"Missing option '(.+?)'.*", "缺少选项 {0}"),
    (r"Got unexpected extra argument\(?s?\)? \((.+)\)", "多出的参数 {0}"),
    (r"Option '(.+?)' requires .*", "选项 {0} 后面没有写值"),
    (r"Option '(.+?)' does not take a value\.", "选项 {0} 后面不写值"),
    (r"Invalid value for '(.+?)': Input should be a valid integer.*", "{0} 的值应为整数"),
    (r"Invalid value for '(.+?)': Input should be a valid number.*", "{0} 的值应为数字"),
    (r"Invalid value for '(.+?)': Input should be greater than or equal to (\S+)", "{0} 的值不能小于 {1}"),
    (r"Invalid value for '(.+?)': Input should be less than or equal to (\S+)", "{0} 的值不能大于 {1}"),
)


def _translated(text: str) -> str:
    for english, own in _HELP if chinese() else ():
        text = re.sub(english, own, text, flags=re.MULTILINE)
    return text


class Command(TyperCommand):
    """A command whose help speaks the language of the user."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help text."""
        return _translated(super().get_help(ctx))


class Group(TyperGroup):
    """A group of commands whose help speaks the language of the user."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help text."""
        return _translated(super().get_help(ctx))


def refusal(error: typer.TyperException, command: str = "renshe") -> str:
    """Return in one Chinese line what of a command line was not understood, with its remedy."""
    message = " ".join(error.format_message().split())
    for english, own in _REFUSALS:
        if found := re.fullmatch(english, message):
            return f"{own.format(*found.groups())}；写法见 {command} --help"
    return f"命令写法不对（{message}）；写法见 {command} --help"
