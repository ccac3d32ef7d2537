"""The expression language of rules: text to syntax tree.

A rule's author writes conditions in a small SQL-like language (docs/rules.md). It is parsed here, by a grammar that
knows nothing else, so that what no engine answers alike (LIKE, casts, sub-queries, functions of one product) cannot
even be written. Every node keeps its place: a refusal points at the column.

Invariant: ``parse(text)`` either returns a tree or raises ``ExpressionError``; it never guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache


class ExpressionError(ValueError):
    """A rule expression that may not run. ``place`` is the character, from 1."""

    def __init__(self, reason: str, place: int) -> None:
        super().__init__(f"第 {place} 个字符处：{reason}")
        self.reason = reason
        self.place = place


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: text, integer, decimal, date, boolean or null."""

    value: str | int | Decimal | date | bool | None
    place: int


@dataclass(frozen=True, slots=True)
class Name:
    """A column: of the judged row, or of the relation ``relation``."""

    relation: str | None
    name: str
    place: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function or aggregate."""

    name: str
    args: tuple[Node, ...]
    place: int


@dataclass(frozen=True, slots=True)
class Unary:
    """``not x`` or ``-x``."""

    op: str
    operand: Node
    place: int


@dataclass(frozen=True, slots=True)
class Binary:
    """``and or = <> < <= > >= + - * /``."""

    op: str
    left: Node
    right: Node
    place: int


@dataclass(frozen=True, slots=True)
class In:
    """``x in (literal, …)``."""

    operand: Node
    choices: tuple[Literal, ...]
    place: int


@dataclass(frozen=True, slots=True)
class IsNull:
    """``x is null``."""

    operand: Node
    place: int


@dataclass(frozen=True, slots=True)
class Case:
    """``case when c then v … else e end``."""

    whens: tuple[tuple[Node, Node], ...]
    default: Node | None
    place: int


Node = Literal | Name | Call | Unary | Binary | In | IsNull | Case

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<op><>|!=|<=|>=|[=<>+\-*/(),.]))"
)
_WORDS = frozenset("and or not in is null between case when then else end true false date".split())
_COMPARISONS = frozenset(["=", "<>", "<", "<=", ">", ">="])


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            place = at + len(text[at:]) - len(text[at:].lstrip()) + 1
            raise ExpressionError(f"不认识的符号“{text[place - 1]}”", place)
        kind, value = match.lastgroup, match.group(match.lastgroup)
        if kind == "word" and value.lower() in _WORDS:
            kind, value = "keyword", value.lower()
        elif value == "!=":
            value = "<>"
        yield _Token(kind, value, match.start(match.lastgroup) + 1)
        at = match.end()
    yield _Token("end", "", end + 1)


class _Parser:
    """Precedence, loosest first: or, and, not, comparison, + -, * /, unary minus, primary."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.token
        self.at += 1
        return token

    def accept(self, *texts: str) -> _Token | None:
        if self.token.kind in ("keyword", "op") and self.token.text in texts:
            return self.take()
        return None

    def expect(self, text: str) -> _Token:
        token = self.accept(text)
        if token is None:
            found = self.token.text or "结尾"
            raise ExpressionError(f"此处应为“{text}”，实为“{found}”", self.token.place)
        return token

    def whole(self) -> Node:
        node = self.disjunction()
        if self.token.kind != "end":
            raise ExpressionError(f"多余的内容“{self.token.text}”", self.token.place)
        return node

    def disjunction(self) -> Node:
        node = self.conjunction()
        while token := self.accept("or"):
            node = Binary("or", node, self.conjunction(), token.place)
        return node

    def conjunction(self) -> Node:
        node = self.negation()
        while token := self.accept("and"):
            node = Binary("and", node, self.negation(), token.place)
        return node

    def negation(self) -> Node:
        if token := self.accept("not"):
            return Unary("not", self.negation(), token.place)
        return self.comparison()

    def comparison(self) -> Node:
        node = self.sum()
        token = self.token
        if token.kind == "op" and token.text in _COMPARISONS:
            self.take()
            return Binary(token.text, node, self.sum(), token.place)
        if self.accept("is"):
            negated = self.accept("not")
            self.expect("null")
            test: Node = IsNull(node, token.place)
            return Unary("not", test, token.place) if negated else test
        negated = self.accept("not")
        if self.accept("in"):
            member: Node = In(node, self.choices(), token.place)
            return Unary("not", member, token.place) if negated else member
        if self.accept("between"):
            low = self.sum()
            self.expect("and")
            inside: Node = Binary(
                "and", Binary(">=", node, low, token.place), Binary("<=", node, self.sum(), token.place), token.place
            )
            return Unary("not", inside, token.place) if negated else inside
        if negated:
            raise ExpressionError("not 之后应为 in 或 between", self.token.place)
        return node

    def choices(self) -> tuple[Literal, ...]:
        self.expect("(")
        found = [self.literal()]
        while self.accept(","):
            found.append(self.literal())
        self.expect(")")
        return tuple(found)

    def literal(self) -> Literal:
        node = self.unary()
        if (
            isinstance(node, Unary)
            and isinstance(node.operand, Literal)
            and isinstance(node.operand.value, int | Decimal)
        ):
            return Literal(-node.operand.value, node.place)
        if not isinstance(node, Literal):
            raise ExpressionError("in 之后只能列出常量", node.place)
        return node

    def sum(self) -> Node:
        node = self.product()
        while token := self.accept("+", "-"):
            node = Binary(token.text, node, self.product(), token.place)
        return node

    def product(self) -> Node:
        node = self.unary()
        while token := self.accept("*", "/"):
            node = Binary(token.text, node, self.unary(), token.place)
        return node

    def unary(self) -> Node:
        if token := self.accept("-"):
            return Unary("-", self.unary(), token.place)
        return self.primary()

    def primary(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Literal(Decimal(token.text) if "." in token.text else int(token.text), token.place)
        if token.kind == "text":
            return Literal(token.text[1:-1].replace("''", "'"), token.place)
        if token.kind == "keyword":
            return self.keyword(token)
        if token.kind == "word":
            return self.name(token)
        if token.text == "(":
            node = self.disjunction()
            self.expect(")")
            return node
        raise ExpressionError(f"此处不能用“{token.text or '结尾'}”", token.place)

    def keyword(self, token: _Token) -> Node:
        if token.text in ("true", "false"):
            return Literal(token.text == "true", token.place)
        if token.text == "null":
            return Literal(None, token.place)
        if token.text == "case":
            return self.case(token)
        if token.text == "date":
            if self.token.kind != "text":
                # `date` is also a column of some tables (change.date): only `date '…'` is a literal.
                return Name(None, "date", token.place)
            quoted = self.take()
            try:
                return Literal(date.fromisoformat(quoted.text[1:-1]), token.place)
            except ValueError:
                raise ExpressionError("日期应写成 date '1949-10-01'", quoted.place) from None
        raise ExpressionError(f"此处不能用“{token.text}”", token.place)

    def case(self, token: _Token) -> Node:
        whens: list[tuple[Node, Node]] = []
        while self.accept("when"):
            condition = self.disjunction()
            self.expect("then")
            whens.append((condition, self.disjunction()))
        if not whens:
            raise ExpressionError("case 之后应为 when", self.token.place)
        default = self.disjunction() if self.accept("else") else None
        self.expect("end")
        return Case(tuple(whens), default, token.place)

    def name(self, token: _Token) -> Node:
        if self.accept("("):
            args: list[Node] = []
            if not self.accept(")"):
                args.append(self.disjunction())
                while self.accept(","):
                    args.append(self.disjunction())
                self.expect(")")
            return Call(token.text.lower(), tuple(args), token.place)
        if self.accept("."):
            column = self.take()
            if column.kind not in ("word", "keyword"):
                raise ExpressionError("“.”之后应为字段名", column.place)
            return Name(token.text, column.text, token.place)
        return Name(None, token.text, token.place)


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Return the syntax tree of ``text``; ExpressionError names the place of what is not allowed."""
    return _Parser(text).whole()


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct parts of ``node``."""
    match node:
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Call():
            return node.args
        case In() | IsNull():
            return (node.operand,)
        case Case():
            parts = [part for pair in node.whens for part in pair]
            return (*parts, node.default) if node.default is not None else tuple(parts)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def names(node: Node) -> set[tuple[str | None, str]]:
    """Return every (relation, column) that ``node`` reads."""
    return {(part.relation, part.name) for part in walk(node) if isinstance(part, Name)}
