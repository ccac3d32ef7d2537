"""Cells as text: what a spreadsheet, a DBF or an HTML table shows, written so that nothing of it is invented.

A spreadsheet holds numbers as binary doubles and shows 15 significant digits. Whole numbers below 2**53 are exact and
keep every digit; above, only the 15 digits that the program itself shows are real, and the rest are zeros. An 18-digit
identity number in such a cell therefore arrives as ``220802198901011000``, and might even pass its check digit. So a
number of more than 15 digits says of itself that it is unsure, and so does ``2021.1``, which may have been 2021.10.

Invariant: no text is ever in scientific notation; a date is ISO (``1989-01-01``), with its time only if not midnight.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

LOGICALS = {"1": "TRUE", "0": "FALSE"}
"""What a spreadsheet shows for a stored logical."""

EXACT = 2**53
DIGITS_15 = 10**15
_LAST_SERIAL = 2_958_465  # 9999-12-31
_BUILTIN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
# Literal parts of a number format: "quoted", [brackets] other than elapsed time, \x, _x and *x.
_LITERAL = re.compile(r'"[^"]*"|\[(?!h+\]|m+\]|s+\])[^\]]*\]|[\\_*].', re.I)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]")
_ZEROS = re.compile(r"0{2,18}")
# Numbers whose stored text is already what is shown: no exponent, no needless zero, 15 digits at most.
_SHORT_NUMBER = re.compile(r"0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,8})\.\d{0,5}[1-9]", re.A)
# What is left of a month written 2021.10 (years 1850 to 2100), as much as of 2021.1.
_TENTH = re.compile(r"(?:1[89]|20)\d\d\.1", re.A)


UNREADABLE = r"^\\x(?:[0-9a-f]{2})+$"
"""What ``bytes_text`` writes for bytes that are no text: PostgreSQL's own way to write them."""

CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
"""Characters that no text holds."""

_CONTROL = re.compile(CONTROL)
_GB_TEXT = re.compile(r"[\t\r\n -~\u00b7\u2014-\u2026\u3000-\u301c\u3400-\u9fff\uff01-\uffe5]+")


class Unsure(str):
    """The text of a stored number whose digits may not be those that were written."""

    __slots__ = ()


def unsure_cells(cells: Sequence[str | None]) -> npt.NDArray[np.bool_] | None:
    """Return which cells are unsure numbers, None where none is."""
    if Unsure not in set(map(type, cells)):
        return None
    return np.fromiter((type(cell) is Unsure for cell in cells), np.bool_, len(cells))


def number_text(value: float) -> str:
    """Return a number as the spreadsheet shows it at full width: ``123.0`` is "123", ``1e-05`` is "0.00001"."""
    if not math.isfinite(value):
        return str(value)
    if abs(value) < EXACT and value == int(value):
        text = str(int(value))
    else:
        text = f"{value:.15g}"
        text = format(Decimal(text), "f") if "e" in text else text
    return Unsure(text) if abs(value) >= DIGITS_15 or _TENTH.fullmatch(text) else text


def stored_number_text(text: str) -> str:
    """Return a number as stored in XML ("1234.5599999999999", "2.208E+17") as ``number_text`` shows it.

    Text that is no number comes back as it is.
    """
    if _SHORT_NUMBER.fullmatch(text):
        return Unsure(text) if text.endswith(".1") and _TENTH.fullmatch(text) else text
    try:
        return number_text(float(text))
    except ValueError:
        return text


def number_form(number_format: int, code: str) -> str:
    """Return how an Excel number format (id and, where it is custom, its code) shows a number.

    "date" (also times of day), "elapsed" (hours beyond a day), the format itself where it pads with zeros ("000000"),
    or "" for every other: a number is then shown as it is.
    """
    if not code:
        return "elapsed" if number_format == 46 else "date" if number_format in _BUILTIN_DATES else ""
    if _ZEROS.fullmatch(code):
        return code
    bare = _LITERAL.sub("", code.partition(";")[0]).lower()
    if bare == "general" or not any(letter in bare for letter in "ymdhs"):
        return ""
    return "elapsed" if _ELAPSED.search(bare) else "date"


def formed_text(stored: str, form: str, *, since_1904: bool) -> str:
    """Return a stored number as its form shows it; ValueError where it is no number."""
    if form.startswith("0"):
        text = stored_number_text(stored)
        return type(text)(text.zfill(len(form))) if text.isdigit() else text
    return serial_text(float(stored), since_1904=since_1904, elapsed=form == "elapsed")


def serial_text(serial: float, *, since_1904: bool = False, elapsed: bool = False) -> str:
    """Return an Excel date serial (days) as ISO text; a number that is no date in Excel stays a number."""
    if not 0 <= serial < _LAST_SERIAL + 1:
        return number_text(serial)
    seconds = round(serial * 86400)
    days, rest = divmod(seconds, 86400)
    if elapsed or (days == 0 and not since_1904):
        return clock_text(seconds)
    if since_1904:
        day = dt.date(1904, 1, 1) + dt.timedelta(days)
    elif days == 60:  # Excel believes that 1900 was a leap year; the text says what the clerk sees
        return f"1900-02-29{_time_part(rest)}"
    else:
        day = dt.date(1899, 12, 30 if days > 60 else 31) + dt.timedelta(days)
    return day.isoformat() + _time_part(rest)


def clock_text(seconds: int) -> str:
    """Return a time of day, or an elapsed time of more than a day, as ``HH:MM:SS``."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _time_part(seconds: int) -> str:
    return f" {clock_text(seconds)}" if seconds else ""


def iso_text(text: str) -> str:
    """Return an XML date or time (``1989-01-01T00:00:00.000``, ``PT03H04M00S``) in the form of this module."""
    if duration := re.fullmatch(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S", text, re.A):
        hours, minutes, seconds = map(int, duration.groups())
        return clock_text(hours * 3600 + minutes * 60 + seconds)
    if moment := re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?Z?)?", text, re.A):
        day, time = moment.groups()
        if not time or time.strip("0:") == "":
            return str(day)
        return f"{day} {time}" if len(time) == 8 else f"{day} {time}:00"
    return text


def bytes_text(value: bytes) -> str | None:
    """Return bytes as the UTF-8 or else GB18030 text that they clearly are, else as ``UNREADABLE``; b"" is empty."""
    if not value:
        return None
    for encoding, clear in (("utf-8", _has_no_control), ("gb18030", _is_common_chinese)):
        try:
            text = value.decode(encoding)
        except UnicodeDecodeError:
            continue
        if clear(text):
            return text
    return "\\x" + value.hex()


def _has_no_control(text: str) -> bool:
    return not _CONTROL.search(text)


def _is_common_chinese(text: str) -> bool:
    """Almost any bytes can be read as rare characters of GB18030; in text at least half are the common ones."""
    far = [char for char in text if not char.isascii()]
    common = "".join(far).encode("gb2312", "ignore").decode("gb2312")
    return _GB_TEXT.fullmatch(text) is not None and 2 * len(common) >= len(far)


def value_text(value: object) -> str | None:
    """Return a Python value from a typed source (workbook or database driver) as text; None and "" are empty."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return iso_text(value.replace(tzinfo=None, microsecond=0).isoformat())
    if isinstance(value, dt.timedelta):
        return clock_text(round(value.total_seconds()))
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes_text(bytes(value))
    return str(value)
