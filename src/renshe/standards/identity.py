"""Numbers of people (citizens, residents of Hong Kong, Macao and Taiwan, foreigners) and of units.

A citizen's number (GB 11643-1999) is six digits of region, eight of birth, three of sequence (the last odd for men) and
a check character after ISO 7064 MOD 11-2; residence permits use the same form with 810000, 820000 or 830000 for the
region (国办发〔2018〕81号). The number of GB 11643-1989 has 15 digits: no century, no check. A foreigner's residence
card of 2023 is 9, two digits of province, three of nationality, then birth, sequence and check as a citizen's; his
other numbers begin with three letters of a country, a reserved digit and the number of the document (the note to
AAC002 of GB/T 40217-2021; the older card of three letters and twelve digits has the same form).

The social-security number (AAC002) that begins with a digit must be such a number of 18 places (GB/T 40217-2021).

A unit's unified social credit code (GB 32100-2015) has 18 places: who registered it, of what kind it is, six digits of
region, its organisation code (GB 11714-1997: eight places and a check after MOD 11) and a check after MOD 31.

Invariants: every text has exactly one state; nothing is repaired by guess; ``identity_bulk`` gives the same answers.
Surrounding blanks count as absent and small letters as capitals. Full-width digits are wrong: staging cleans first.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from renshe.standards.countries import country_names, country_numbers
from renshe.standards.regions import known_codes

CodeState = Literal["valid", "length", "chars", "check"]
IdState = Literal["valid", "old", "foreign", "region", "rounded", "length", "chars", "date", "check"]

BLANKS = " \t\n\v\f\r\xa0\u200b\u3000\ufeff"
CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARS = "10X98765432"
# What may stand before the length is looked at: a lost place can make the X of a citizen's number stand anywhere.
DIGITS_PATTERN = "^[0-9]+X?$"
# What Excel writes for a long number: 2.20802E+17.
SCIENTIFIC_PATTERN = r"^[0-9](\.[0-9]+)?E\+?[0-9]{1,2}$"
FOREIGN_PATTERN = "^[A-Z]{3}[0-9][0-9A-Z]{5,28}$"
# Years before 1800 are no one's: a number of 15 digits knows only 18xx and 19xx.
FIRST_YEAR = 1800
# 15 digits: 996 to 999 were kept for people of a hundred years and more. Cards have been issued since 1984, when the
# oldest people were born about 1870; with an earlier yy the number can only mean 19yy.
CENTENARIAN_SEQUENCE = 996
CENTENARIAN_YY = 70

# Without I, O, S, V and Z, which look like digits.
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
USCC_CHARS_PATTERN = f"^[{USCC_ALPHABET}]+$"
# The first place is the registering authority: letters (A army, N villages, Y others) have been added over the years.
USCC_PATTERN = f"^[{USCC_ALPHABET[1:]}][1-9][0-9]{{6}}[{USCC_ALPHABET}]{{10}}$"
ORG_CODE_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORG_CODE_CHECKS = "0X987654321"
ORG_CODE_PATTERN = "^[0-9A-Z]{8}-?[0-9X]$"
ORG_CODE_CHARS_PATTERN = "^[0-9A-Z]+(-?[0-9X])?$"

_CAPITALS = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)
_DIGITS = re.compile(DIGITS_PATTERN)
_SCIENTIFIC = re.compile(SCIENTIFIC_PATTERN)
_FOREIGN = re.compile(FOREIGN_PATTERN)
_USCC = re.compile(USCC_PATTERN)
_USCC_CHARS = re.compile(USCC_CHARS_PATTERN)
_ORG_CODE = re.compile(ORG_CODE_PATTERN)
_ORG_CODE_CHARS = re.compile(ORG_CODE_CHARS_PATTERN)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a number tells.

    ``canonical`` are the 17 digits of a ``valid``, ``old`` or ``region`` number and the whole of a ``foreign`` one;
    ``birth`` and ``sex`` ("1" man, "2" woman) belong to the first three. All are None where the number is wrong.
    """

    state: IdState
    canonical: str | None = None
    birth: date | None = None
    sex: str | None = None


def identify(text: str | None, *, on: date | None = None) -> Identity | None:
    """Read a number; None when ``text`` is empty. A birth after ``on`` (default: today) is a wrong date.

    States: ``valid`` (18 places), ``old`` (15 digits), ``foreign``; ``region`` (all right, but a region that no list
    since 1980 has: lawful, to be looked at); ``rounded`` (Excel lost digits); ``chars``, ``length``, ``date``,
    ``check`` for what is wrong first.
    """
    number = normalise(text)
    if not number:
        return None
    if _DIGITS.match(number):
        if len(number) == 18:
            return _read18(number, on or date.today())
        if len(number) == 15 and number.isdigit():
            return _read15(number)
        return Identity("length")
    if _SCIENTIFIC.match(number):
        return Identity("rounded")
    if _FOREIGN.match(number) and number[:3] in country_names():
        return Identity("foreign", canonical=number)
    return Identity("chars")


def id_state(text: str | None, *, on: date | None = None) -> IdState | None:
    """The state of a number (see ``identify``); None when empty."""
    found = identify(text, on=on)
    return found.state if found else None


def canonical17(text: str | None) -> str | None:
    """What one person's numbers of 15 and 18 places have in common (see ``Identity.canonical``), or None."""
    found = identify(text)
    return found.canonical if found else None


def id_birth(text: str | None) -> date | None:
    """The date of birth in a ``valid``, ``old`` or ``region`` number, else None."""
    found = identify(text)
    return found.birth if found else None


def id_sex(text: str | None) -> str | None:
    """The sex in a ``valid``, ``old`` or ``region`` number: "1" man, "2" woman; else None."""
    found = identify(text)
    return found.sex if found else None


def is_valid_id_number(text: str | None) -> bool:
    """Whether ``text`` is a number of 18 places of a citizen or of a residence permit of Hong Kong, Macao or Taiwan.

    The region must have been in use at any time since 1980, not in the year of birth: people keep their number.
    """
    return id_state(text) == "valid"


def is_valid_social_security_number(text: str | None) -> bool:
    """Whether ``text`` may stand in AAC002: a valid number of 18 places, or a foreigner's (GB/T 40217-2021)."""
    return id_state(text) in ("valid", "foreign")


def upgrade_id_number(text15: str) -> str:
    """The number of 18 places that replaced a number of 15 digits (国发〔1999〕15号).

    The century is 19, and 18 for the sequences 996 to 999 of centenarians (see ``CENTENARIAN_YY``). The region is
    taken over as it is. ValueError, with the remedy in Chinese, when there are not 15 digits or the date is none.
    """
    number = normalise(text15)
    if len(number) != 15 or not (number.isascii() and number.isdigit()):
        raise ValueError("不是15位身份证号码：应为15位数字，请核对证件原件；18位号码无须升位")
    digits = _with_century(number)
    if _date(digits[6:14]) is None:
        raise ValueError(f"15位身份证号码第7至12位“{number[6:12]}”不是真实的年月日，请核对证件原件后更正")
    return digits + id_check_char(digits)


def id_check_char(digits17: str) -> str:
    """The 18th character to 17 digits: ISO 7064 MOD 11-2, ``0`` to ``9`` or ``X``."""
    total = sum(int(digit) * weight for digit, weight in zip(digits17, CHECK_WEIGHTS, strict=True))
    return CHECK_CHARS[total % 11]


@lru_cache(maxsize=1)
def card_regions() -> frozenset[str]:
    """The first six digits that a residence card of 2023 may have: 9, a province and the digits of a country."""
    provinces = {code[:2] for code in known_codes() if code.endswith("0000")}
    return frozenset("9" + province + country for province in provinces for country in country_numbers())


def uscc_state(text: str | None) -> CodeState | None:
    """The state of a unified social credit code; None when empty.

    The check after MOD 31 decides. That the organisation code inside has its own check right (``uscc_org_code``) is not
    asked for: it finds no error that MOD 31 misses in one place, and codes in use are known only by the outer check.
    """
    code = normalise(text)
    if not code:
        return None
    if not _USCC_CHARS.match(code):
        return "chars"
    if len(code) != 18:
        return "length"
    if not _USCC.match(code):
        return "chars"
    return "valid" if code[17] == uscc_check_char(code[:17]) else "check"


def is_valid_uscc(text: str | None) -> bool:
    """Whether ``text`` is a unified social credit code (GB 32100-2015)."""
    return uscc_state(text) == "valid"


def uscc_check_char(body17: str) -> str:
    """The 18th character to 17 of a unified social credit code: MOD 31."""
    total = sum(USCC_ALPHABET.index(char) * weight for char, weight in zip(body17, USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def uscc_org_code(text: str | None) -> str | None:
    """The organisation code inside a valid unified social credit code: places 9 to 17, without hyphen; else None."""
    code = normalise(text)
    return code[8:17] if is_valid_uscc(code) else None


def org_code_state(text: str | None) -> CodeState | None:
    """The state of an organisation code, written with or without the hyphen before its check; None when empty."""
    code = normalise(text)
    if not code:
        return None
    if not _ORG_CODE_CHARS.match(code):
        return "chars"
    plain = code.replace("-", "")
    if len(plain) != 9:
        return "length"
    if not _ORG_CODE.match(code):
        return "chars"
    return "valid" if plain[8] == org_code_check_char(plain[:8]) else "check"


def is_valid_org_code(text: str | None) -> bool:
    """Whether ``text`` is an organisation code (GB 11714-1997)."""
    return org_code_state(text) == "valid"


def org_code_check_char(body8: str) -> str:
    """The 9th character to eight of an organisation code: MOD 11, ``0`` to ``9`` or ``X``."""
    total = sum(int(char, 36) * weight for char, weight in zip(body8, ORG_CODE_WEIGHTS, strict=True))
    return ORG_CODE_CHECKS[total % 11]


def normalise(text: str | None) -> str:
    """``text`` without surrounding blanks, in capital letters; "" for None."""
    return text.strip(BLANKS).translate(_CAPITALS) if text else ""


def _read18(number: str, on: date) -> Identity:
    birth = _date(number[6:14])
    if birth is None or birth > on:
        return Identity("date")
    if number[17] != id_check_char(number[:17]):
        # A spreadsheet keeps 15 digits of a number and puts zeros for the rest.
        return Identity("rounded" if number.endswith("000") else "check")
    if number[:6] in card_regions():
        return Identity("foreign", canonical=number)
    state: IdState = "valid" if number[:6] in known_codes() else "region"
    return Identity(state, number[:17], birth, _sex(number[16]))


def _read15(number: str) -> Identity:
    digits = _with_century(number)
    birth = _date(digits[6:14])
    if birth is None:
        return Identity("date")
    state: IdState = "old" if number[:6] in known_codes() else "region"
    return Identity(state, digits, birth, _sex(digits[16]))


def _with_century(number15: str) -> str:
    centenarian = int(number15[12:]) >= CENTENARIAN_SEQUENCE and int(number15[6:8]) >= CENTENARIAN_YY
    return number15[:6] + ("18" if centenarian else "19") + number15[6:]


def _date(digits8: str) -> date | None:
    year, month, day = int(digits8[:4]), int(digits8[4:6]), int(digits8[6:])
    try:
        return date(year, month, day) if year >= FIRST_YEAR else None
    except ValueError:
        return None


def _sex(digit: str) -> str:
    return "1" if int(digit) % 2 else "2"
