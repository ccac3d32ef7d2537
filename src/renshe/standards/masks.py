"""Personal data in a page that is passed around is masked: 张*, 220802********1234, ****1234.

Source: 个人信息保护法 §51 (de-identification). Workbooks go to the clerk in charge and are not masked; the page goes to
bureau chiefs, meetings and printers.

Invariant: no masked text holds a run of more than eleven digits, nor a full personal name from a name field.
"""

from __future__ import annotations

import re

from renshe.standards.dictionary import dictionary

NAME_FIELDS = frozenset({"name", "payee", "bank_holder", "legal_rep", "operator"})
TAIL_FIELDS = frozenset({"bank_account", "phone"})
SERIAL_FIELDS = frozenset({"person_no", "unit_no"})
ID_FIELDS = frozenset({"id_number"})
ADDRESS_FIELDS = frozenset({"address"})
# "" is a finding of a whole row.
FREE_FIELDS = frozenset({"old", "new", "hold_reason", ""})

_ID = re.compile(r"(?<!\d)(\d{6})\d{5,8}(\d{3}[\dXx])(?![\dXx])")
_AMOUNT = re.compile(r"-?\d{1,11}(\.\d{1,4})?")
_SERIAL = 11
# Eleven digits that begin like this are a mobile telephone.
_MOBILE = re.compile(r"1[3-9]\d{9}")
_DIGITS = re.compile(r"\d{9,}[Xx]?")
# Numbers of cases (KY-220822-2026-000001) are none of anybody's.
_SPACED = re.compile(r"(?<!\d)(?<![A-Z]-)\d(?:[ \u3000-]?\d){11,}(?:[ \u3000-]?[Xx](?![A-Za-z]))?")
# As people write mobile numbers: 138 0013 8000.
_CALLED = re.compile(r"(?<!\d)1[3-9]\d[ \u3000-]\d{4}[ \u3000-]\d{4}(?!\d)")
_HAN = re.compile(r"[㐀-鿿豈-﫿𠀀-𯿿·]+")
# The surnames of nearly everybody: a word of free text that begins with one may be a name.
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆"
    "汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜"
    "倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮纪梅童凌毕单裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕"
    "屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙"
    "荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊"
)


def mask_name(name: str) -> str:
    """Keep the first character of a personal name: 张*, 欧**."""
    text = name.strip()
    return text[:1] + "*" * min(len(text) - 1, 3) if len(text) > 1 else "*" * len(text)


def mask_id(number: str) -> str:
    """Keep region and last four of an identity number; of any other document its first two and last two characters."""
    text = number.strip()
    if not text:
        return ""
    if len(text) in (15, 18):
        return f"{text[:6]}{'*' * (len(text) - 10)}{text[-4:]}"
    return mask_digits(text) if len(text) > 18 else f"{text[:2]}{'*' * max(len(text) - 4, 2)}{text[-2:]}"


def mask_tail(number: str) -> str:
    """Keep the last four characters of an account or telephone number: ****1234."""
    text = number.strip()
    return f"****{text[-4:]}" if len(text) > 6 else "****"


def mask_address(address: str) -> str:
    """Keep an address down to about the county."""
    text = address.strip()
    return f"{text[:6]}****" if text else text


def mask_digits(text: str) -> str:
    """Mask every long number inside any text: identity numbers keep both ends, others the last four digits."""
    for spaced in (_SPACED, _CALLED):
        text = spaced.sub(lambda hit: re.sub(r"[ \u3000-]", "", hit[0]), text)
    text = _ID.sub(lambda hit: f"{hit[1]}{'*' * (len(hit[0]) - 10)}{hit[2]}", text)
    return _DIGITS.sub(lambda hit: f"****{hit[0][-4:]}", text)


def mask_serial(number: str) -> str:
    """Show an agency's own number of a person or unit; one that is as long as an identity number is masked as one.

    Such numbers are serials of ten digits or so, by which the clerk finds the row. Where an agency uses identity
    numbers (15 or 18 characters) or accounts (twelve digits and more) as its own, the page must not show them.
    """
    text = number.strip()
    return (
        text
        if len(text) <= _SERIAL and len(re.sub(r"\D", "", text)) <= _SERIAL and not _MOBILE.fullmatch(text)
        else mask_digits(text)
    )


def _mask_han(hit: re.Match[str]) -> str:
    run = hit[0]
    if run[0] in _SURNAMES and len(run) > 1:
        return mask_name(run[:4])
    return run if len(run) <= 4 else f"{run[:4]}…"


def mask_free(text: str) -> str:
    """Mask long numbers; of Chinese words keep a surname alone, of long ones the first four characters."""
    return _HAN.sub(_mask_han, mask_digits(text))


def _is_money(table: str, field: str) -> bool:
    known = dictionary().get(table)
    return known is not None and field in known.names and known.field(field).type == "money"


def mask_value(table: str, field: str, value: str | None) -> str:
    """Return ``value`` of ``table.field`` as it may be shown; "" for null.

    Unit names are public; personal names, numbers, accounts, telephones and addresses are not. Long digits are masked
    in any field: an agency may well use identity numbers as its own person numbers.
    """
    if value is None:
        return ""
    if _AMOUNT.fullmatch(value) and _is_money(table, field):
        return value
    if field in SERIAL_FIELDS:
        return mask_serial(value)
    if field in NAME_FIELDS and not (table == "unit" and field == "name"):
        return mask_name(mask_digits(value))
    if field in ID_FIELDS:
        return mask_id(value)
    if field in TAIL_FIELDS:
        return mask_tail(value)
    if field in ADDRESS_FIELDS:
        return mask_digits(mask_address(value))
    return mask_free(value) if field in FREE_FIELDS else mask_digits(value)
