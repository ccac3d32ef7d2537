"""One row of a list judged: it becomes a decision, or is refused with its cell.

Business rule: 更正 replaces a value that is there, 补录 fills one that is not, 按规则补录 fills it by a declared
default (S1-35), 采信他方 settles a contradiction between two systems by keeping the other's value (S0-24); 剔除,
经核实无误 and 退回核实 change no value. Each has a ground and a clerk; a second clerk, where there is one, is somebody
else. Data of systems that are only compared with are never changed.

Invariant: what a decision says of the row is the finding's own words, never the sheet's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from renshe.engine.comparing.kinds import is_comparison
from renshe.engine.decisions.log import VALUES, Decision
from renshe.engine.mending.hands import shown, written_identity, wrong_hand, wrong_identity
from renshe.engine.mending.lists import Filled
from renshe.engine.mending.newest import Found, Identity, Newest, other_system, parse_identity
from renshe.engine.mending.refusals import ROUND_TOLD, Refusal, Wrong
from renshe.engine.mending.values import Misfit, fit_values, fits_paper
from renshe.engine.report.labels import DECISIONS, system_label
from renshe.engine.report.sheets import CHECKER, DAY, DECISION, FILLED, GROUND, IDENTITY, NEW, OPERATOR, PRESENT
from renshe.engine.schema import system_kind
from renshe.standards.dictionary import table
from renshe.standards.periods import parse_date

KINDS: Mapping[str, str] = dict(
    zip(DECISIONS, ("fix", "fill", "default", "resolve", "remove", "accept", "recollect"), strict=True)
)
# 更正 and 补录 both say that a clerk asked whoever knows; a default was never asked for.
_LOG_KINDS = {"fix": "correct", "default": "fill"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that may become a decision: ``decision`` lacks only what entering gives it (id, time, batch)."""

    filled: Filled
    decision: Decision


@dataclass(frozen=True, slots=True)
class _Asked:
    """A filled row whose identity could be read."""

    filled: Filled
    identity: Identity
    choice: str


def judge_rows(rows: Sequence[Filled], newest: Newest) -> tuple[list[Draft], list[Refusal]]:
    """Judge filled rows against the newest round: what may become decisions, and what is refused."""
    refused: list[Refusal] = []
    asked: list[_Asked] = []
    for filled in rows:
        first = _first_look(filled, newest)
        if isinstance(first, Wrong):
            refused.append(filled.refuse(first))
        else:
            asked.append(first)
    found = newest.find([one.identity for one in asked])
    values = _values(asked, found)
    drafts: list[Draft] = []
    for at, (one, finding) in enumerate(zip(asked, found, strict=True)):
        judged = _judge(one, finding, values.get(at), newest)
        if isinstance(judged, Wrong):
            refused.append(one.filled.refuse(judged))
        else:
            drafts.append(Draft(one.filled, judged))
    return drafts, refused


def _first_look(filled: Filled, newest: Newest) -> _Asked | Wrong:
    """Look at the cells themselves: which row is meant, what is to be done, nothing that is no value."""
    written = written_identity(filled)
    if isinstance(written, Wrong):
        return written
    identity = parse_identity(written)
    if identity is None:
        return wrong_identity()
    if newest.files(identity.round) is None:
        number = identity.round.split(":")[0]
        return Wrong(IDENTITY, f"这一行不是本项目第 {number} 轮的清单", "请交到清单所属的项目，或" + ROUND_TOLD[1:])
    choice = filled.text(DECISION)
    if choice is None:
        given = next(column for column in FILLED if filled.text(column) is not None)
        return Wrong(DECISION, f"填了“{given}”而没有选“{DECISION}”", f"请从下拉列表中选择：{'、'.join(DECISIONS)}")
    if choice not in KINDS:
        return Wrong(DECISION, f"没有处理方式“{choice[:20]}”", f"请从下拉列表中选择：{'、'.join(DECISIONS)}")
    return _Asked(filled, identity, choice)


def _log_kind(choice: str) -> str:
    return _LOG_KINDS.get(KINDS[choice], KINDS[choice])


def _given(one: _Asked, found: Found) -> str | None:
    """Return the new value: as typed, or what the finding expects where a default or the other side is taken.

    What a comparison found on the other side may fill an empty value: it is somebody's word, not a guess.
    """
    typed = one.filled.text(NEW)
    told = KINDS[one.choice] in ("default", "resolve") or (KINDS[one.choice] == "fill" and _compared(one))
    return found.expected if typed is None and told else typed


def _compared(one: _Asked) -> bool:
    return is_comparison(one.identity.rule)


def _values(asked: Sequence[_Asked], found: Sequence[Found | None]) -> dict[int, str | Misfit]:
    """Return, by place in ``asked``, the new values as the dictionary sees them; a field's values are typed at once."""
    groups: dict[tuple[str, str], list[tuple[int, str, bool]]] = {}
    for at, (one, finding) in enumerate(zip(asked, found, strict=True)):
        field = one.identity.field
        if finding is None or field is None or _log_kind(one.choice) not in VALUES:
            continue
        if (text := _given(one, finding)) is not None:
            doubtful = one.filled.unsure and one.filled.text(NEW) is not None
            groups.setdefault((one.identity.table, field), []).append((at, text, doubtful))
    fitted: dict[int, str | Misfit] = {}
    for (name, field), group in groups.items():
        places, texts, unsure = zip(*group, strict=True)
        fitted.update(zip(places, fit_values(name, field, texts, unsure), strict=True))
    return fitted


def _judge(one: _Asked, found: Found | None, fitted: str | Misfit | None, newest: Newest) -> Decision | Wrong:
    if found is None and _compared(one) and not newest.was_compared(one.identity):
        systems = f"{one.identity.system} {other_system(one.identity)}"
        what = f"最新一轮（第 {newest.number} 轮）还没有做过这两个系统的比对"
        return Wrong(DECISION, what, f"请先运行 renshe compare {newest.project.folder} {systems}，{ROUND_TOLD[1:]}")
    if found is None:
        what = f"这一问题在最新一轮（第 {newest.number} 轮）中已不存在，或已改变"
        return Wrong(DECISION, what, f"不必再处理；仍有问题的{ROUND_TOLD}")
    if not found.sure:
        what = "有几行的编号与问题都相同，而这一行的位置已变，无法确定是哪一行"
        return Wrong(DECISION, what, ROUND_TOLD)
    if shown(one.filled.text(PRESENT)) != shown(found.value):
        return Wrong(PRESENT, "“现值”被改动，与原记录不一致", "请恢复“现值”，把正确的值写在“新值”列")
    wrong = _wrong_kind(one, found) or wrong_hand(one.filled)
    if wrong is not None:
        return wrong
    new: str | None = None
    if _log_kind(one.choice) in VALUES:
        if fitted is None:
            return Wrong(NEW, f"选了“{one.choice}”而没有填“新值”", "请填写新值")
        if isinstance(fitted, Misfit):
            return Wrong(NEW, f"“新值”{fitted.what}", fitted.remedy)
        if wrong := _wrong_value(one.identity, found, fitted):
            return wrong
        new = fitted
    source = _source(one, found, newest)
    return source if isinstance(source, Wrong) else _decision(one, found, new, source)


def _wrong_kind(one: _Asked, found: Found) -> Wrong | None:
    """Say what keeps this way of dealing from this finding."""
    kind, identity = KINDS[one.choice], one.identity
    if system_kind(identity.system or "") == "compare" and kind != "accept":
        return Wrong(DECISION, "比对数据只供核对，不作修改", "请选“经核实无误”，或在业务系统的清单中处理")
    if found.source_row is None and _compared(one):
        if kind in ("accept", "recollect"):
            return None if one.filled.text(NEW) is None else _needless(one)
        what = "这是几行的合计，或本系统没有这一记录，没有可改的单个值"
        return Wrong(DECISION, what, "请在相应的明细行上更正；属实的选“经核实无误”，要再查的选“退回核实”")
    if found.source_row is None:
        return Wrong(DECISION, "这是整张表的总数问题，没有可处理的行", "请核对 project.toml 的 [[control]]，或补齐数据")
    if _log_kind(one.choice) not in VALUES:
        return None if one.filled.text(NEW) is None else _needless(one)
    if identity.field is None:
        return Wrong(DECISION, f"整行的问题不能选“{one.choice}”", "请选“剔除”“经核实无误”或“退回核实”")
    if kind == "fix" and found.value is None:
        return Wrong(DECISION, "现值为空，不能选“更正”", "请选“补录”")
    if kind in ("fill", "default") and found.value is not None:
        return Wrong(DECISION, f"现值不空，不能选“{one.choice}”", "请选“更正”")
    return None


def _needless(one: _Asked) -> Wrong:
    return Wrong(NEW, f"“{one.choice}”不填“新值”", "请清空新值，要改值的选“更正”或“补录”")


def _wrong_value(identity: Identity, found: Found, new: str) -> Wrong | None:
    if new == found.value:
        return Wrong(NEW, "“新值”与现值相同", "请填写正确的值；现值属实的选“经核实无误”")
    spec = table(identity.table).field(str(identity.field))
    if spec.name == "id_number" and identity.table == "person" and not fits_paper(found.id_type, new):
        return Wrong(NEW, "证件号码的位数、日期或校验码不符", "请按居民身份证逐位核对（GB 11643）")
    return None


def _source(one: _Asked, found: Found, newest: Newest) -> str | Wrong:
    """Say where the new value comes from: first its kind, then the cell."""
    kind, identity = KINDS[one.choice], one.identity
    own = identity.system or ""
    against = newest.opponents(identity) if kind in ("resolve", "accept") else []
    cell = one.filled.place()
    if kind == "resolve":
        if not against:
            return Wrong(DECISION, "这不是两个系统之间的矛盾，没有他方可采信", "请选“更正”或“补录”")
        ground = one.filled.text(GROUND) or ""
        told = [system for system in against if system in ground or system_label(system) in ground]
        kept = against if len(against) == 1 else told
        if len(kept) != 1:
            names = "、".join(map(system_label, against))
            return Wrong(GROUND, "与几个系统比对过，看不出采信的是哪一个", f"请在依据中写明其中一个：{names}")
        return f"kept:{kept[0]} over:{own} | {cell}"
    if kind == "accept" and len(against) == 1:
        return f"kept:{own} over:{against[0]} | {cell}"
    if kind == "fill" and _compared(one) and one.filled.text(NEW) is None:
        return f"from:{found.origin} | {cell}"
    return f"{ {'fix': 'contact', 'fill': 'contact', 'default': 'default'}.get(kind, 'list') } | {cell}"


def _decision(one: _Asked, found: Found, new: str | None, source: str) -> Decision:
    identity, filled = one.identity, one.filled
    day = filled.text(DAY)
    return Decision(
        id="",
        at="",
        by=filled.text(OPERATOR) or "",
        kind=_log_kind(one.choice),
        checked_by=filled.text(CHECKER),
        table=identity.table,
        system=identity.system,
        key=identity.key,
        field=identity.field,
        old=found.value,
        new=new,
        rule=identity.rule,
        ground=filled.text(GROUND),
        source=source,
        related=identity.related,
        source_file=found.source_file,
        source_row=found.source_row,
        date=parse_date(day).isoformat() if day is not None else None,
    )
