"""How a name sounds: toneless pinyin, its surname apart, and a coarser key for what clerks' ears confuse.

Rules: GB/T 28039-2011 (中国人名汉语拼音字母拼写规则) for syllables, without tones and with ``v`` for ü; surnames have
readings of their own (仇 qiu, 单 shan, 朴 piao, 尉迟 yu chi). Otherwise each character has one reading, the most common
one: a name must always come out the same, even where its bearer says it otherwise (茜 is qian and never xi), because
only equal spellings are found.

A surname is looked for where a Chinese name stands: one to four Chinese characters, the first two of which are the
surname if they are a compound one and more follow (欧阳修; but 欧阳 is 欧 of given name 阳). Longer names are those of
other peoples (买买提吐尔逊), Latin names have letters: both have no surname, and their given name is the whole name.

``name_sound`` folds what southern and north-eastern speech does not tell apart: zh z, ch c, sh s; n l at the
beginning; an ang, en eng, in ing at the end; v u. It leaves apart f h (it would make one of 黄 and 方, 胡 and 福), r l
and r y (任, 林, 尹): these are heard in some places only and cost more wrong pairs than they find.

Invariants: everything here depends on the folded name alone (``folding.simple_name``), so 張偉 and 张伟 sound alike;
each bulk twin gives for every row what its scalar gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from renshe.standards.bulk import Mask, map_text
from renshe.standards.characters import CODE_POINTS, Characters, han, is_han, joined, parts
from renshe.standards.folding import simple_name, simple_names

Syllables = NDArray[np.int16]

# A name of more characters is no Chinese one.
_LONGEST = 4

# Compound surnames that people bear. Left out: 贺兰, 南荣 and others that are mostly a surname and half a given name.
_COMPOUND = frozenset(
    "欧阳 司马 上官 诸葛 慕容 令狐 皇甫 尉迟 司徒 长孙 夏侯 公孙 轩辕 宇文 鲜于 闾丘 万俟 钟离 东方 西门 南宫 东郭 "
    "南门 东门 百里 呼延 端木 独孤 赫连 澹台 濮阳 公冶 太叔 申屠 仲孙 淳于 单于 司空 司寇 亓官 子车 颛孙 巫马 公西 "
    "公良 公羊 漆雕 壤驷 乐正 宰父 拓跋 夹谷 羊舌 微生 梁丘 左丘 第五 闻人 宗政 完颜 耶律 纳兰 太史 达奚 "
    "斛律 哥舒".split()
)

# Readings of compound surnames that their characters do not have elsewhere.
_COMPOUND_READINGS = {
    "尉迟": "yu chi",
    "万俟": "mo qi",
    "长孙": "zhang sun",
    "单于": "chan yu",
    "澹台": "tan tai",
    "乐正": "yue zheng",
    "子车": "zi ju",
}

# Readings of characters as a surname, where these differ from the reading elsewhere.
_SURNAME_READINGS = (
    "仇qiu 单shan 解xie 区ou 查zha 盖ge 朴piao 乐yue 员yun 贠yun 种chong 洗xian 覃qin 召shao 折she 繁po 秘bi "
    "祭zhai 黑he 句gou 晟cheng 适kuo 重chong 佴nai 乜nie 莘shen"
)

# Readings that names have, where the first reading of the dictionary is another.
_NAME_READINGS = (
    "曾zeng 长chang 晟sheng 莘xin 琢zhuo 翟zhai 率shuai 卜bu 薄bo 隽jun 靓liang 铤ting 湫qiu 焯zhuo 郇xun 隗wei "
    "铫yao 阚kan 鹄hu 峤qiao 珲hun 都du 还huan 伽jia 缪miao 了liao 着zhuo"
)

_SOUND_START = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
_SOUND_END = re.compile(r"(?<=[aei])ng$")


def name_pinyin(text: str | None) -> str | None:
    """Return the toneless syllables of a name, separated by blanks: 单雄信 is ``shan xiong xin``.

    Characters without a reading stay together as they are, in small letters: ``ABC商贸`` is ``abc shang mao``.
    """
    name = simple_name(text)
    return None if name is None else " ".join(_spelled(name))


def name_pinyins(array: Any) -> pa.StringArray:
    """Bulk twin of ``name_pinyin``."""
    return _bulk(array, _readings().words, name_pinyin)


def name_sound(text: str | None) -> str | None:
    """Return the syllables of a name as ears confuse them (see the module): 张伟 and 臧薇 are both ``zan wei``."""
    name = simple_name(text)
    return None if name is None else " ".join(_sounds().get(word, word) for word in _spelled(name))


def name_sounds(array: Any) -> pa.StringArray:
    """Bulk twin of ``name_sound``."""
    return _bulk(array, tuple(map(_sounds().__getitem__, _readings().words)), name_sound)


def surname(text: str | None) -> str | None:
    """Return the surname of a Chinese name, folded (歐陽修: 欧阳); None for other names and for nothing."""
    name = simple_name(text)
    return None if name is None else name[: _surname_length(name)] or None


def surnames(array: Any) -> pa.StringArray:
    """Bulk twin of ``surname``."""
    return _cut(array, surname_wanted=True)


def given_name(text: str | None) -> str | None:
    """Return what follows the surname (``surname``), the whole name where there is none; None where nothing follows."""
    name = simple_name(text)
    return None if name is None else name[_surname_length(name) :] or None


def given_names(array: Any) -> pa.StringArray:
    """Bulk twin of ``given_name``."""
    return _cut(array, surname_wanted=False)


def _surname_length(name: str) -> int:
    """How many characters of a folded name are its surname."""
    if len(name) > _LONGEST or not all(map(is_han, name)):
        return 0
    return 2 if len(name) > 2 and name[:2] in _COMPOUND else 1


def _surname_lengths(chars: Characters) -> NDArray[np.int64]:
    """Bulk twin of ``_surname_length``."""
    lengths = chars.lengths
    chinese = (lengths > 0) & (lengths <= _LONGEST) & chars.all_in(han(chars.codes))
    found = chinese.astype(np.int64)
    rows = np.flatnonzero(chinese & (lengths > 2))
    rows = rows[_compound_table()[0][chars.codes[chars.starts[rows]]]]
    found[rows[np.isin(_pairs(chars, rows), _compound_table()[1])]] = 2
    return found


def _pairs(chars: Characters, rows: NDArray[np.intp]) -> NDArray[np.uint64]:
    """The first two characters of each of ``rows`` as one number."""
    begin = chars.starts[rows]
    return (chars.codes[begin].astype(np.uint64) << np.uint64(32)) | chars.codes[begin + 1]


def _pair(two: str) -> int:
    return ord(two[0]) << 32 | ord(two[1])


@lru_cache(maxsize=1)
def _compound_table() -> tuple[Mask, NDArray[np.uint64]]:
    """Which characters begin a compound surname, and the compound surnames as numbers (``_pairs``)."""
    begins = np.zeros(CODE_POINTS, np.bool_)
    begins[[ord(word[0]) for word in _COMPOUND]] = True
    return begins, np.array([_pair(word) for word in _COMPOUND], np.uint64)


def _cut(array: Any, *, surname_wanted: bool) -> pa.StringArray:
    """The surname of each name, or what follows it."""
    pieces = []
    for _, chars in parts(simple_names(array)):
        place = np.arange(len(chars.codes)) - np.repeat(chars.starts[:-1], chars.lengths)
        inside = place < np.repeat(_surname_lengths(chars), chars.lengths)
        pieces.append(chars.only(inside == surname_wanted).text())
    whole = joined(pieces)
    return pc.if_else(pc.equal(whole, ""), pa.scalar(None, pa.string()), whole)


@dataclass(frozen=True, slots=True)
class _Readings:
    """Syllables, and by code point which syllable a character has (-1: none): anywhere, and as a surname."""

    words: tuple[str, ...]
    anywhere: Syllables
    as_surname: Syllables


@lru_cache(maxsize=1)
def _readings() -> _Readings:
    # Imported here: it reads a dictionary of phrases that nobody needs here, in a sixth of a second.
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.contrib.tone_convert import to_normal

    toneless = lru_cache(maxsize=None)(lambda reading: to_normal(reading, v_to_u=False))
    # It has private-use characters, too, which mean something else in every system.
    plain = {code: toneless(known.split(",")[0]) for code, known in PINYIN_DICT.items() if is_han(chr(code))}
    plain |= {ord(word[0]): word[1:] for word in _NAME_READINGS.split()}
    special = {ord(word[0]): word[1:] for word in _SURNAME_READINGS.split()}
    compound = " ".join(_COMPOUND_READINGS.values()).split()
    words = tuple(sorted({*plain.values(), *special.values(), *compound}))
    number = {word: at for at, word in enumerate(words)}
    anywhere = np.full(CODE_POINTS, -1, np.int16)
    anywhere[list(plain)] = [number[word] for word in plain.values()]
    as_surname = anywhere.copy()
    as_surname[list(special)] = [number[word] for word in special.values()]
    return _Readings(words, anywhere, as_surname)


@lru_cache(maxsize=1)
def _sounds() -> dict[str, str]:
    """What ears make of each syllable."""
    return {word: _sound(word) for word in _readings().words}


def _sound(syllable: str) -> str:
    for start, heard in _SOUND_START:
        if syllable.startswith(start):
            syllable = heard + syllable.removeprefix(start)
            break
    return _SOUND_END.sub("n", syllable).replace("v", "u")


def _spelled(name: str) -> list[str]:
    """The syllables of a folded name."""
    readings = _readings()
    length = _surname_length(name)
    if length == 2 and name[:2] in _COMPOUND_READINGS:
        return [*_COMPOUND_READINGS[name[:2]].split(), *_spelled_given(name[2:])]
    if length == 1 and (first := int(readings.as_surname[ord(name[0])])) >= 0:
        return [readings.words[first], *_spelled_given(name[1:])]
    return _spelled_given(name)


def _spelled_given(name: str) -> list[str]:
    readings = _readings()
    numbers = [(char, int(readings.anywhere[ord(char)])) for char in name]
    found: list[str] = []
    for known, run in groupby(numbers, lambda item: item[1] >= 0):
        if known:
            found += [readings.words[number] for _, number in run]
        else:
            found.append("".join(char for char, _ in run).lower())
    return found


def _bulk(array: Any, words: tuple[str, ...], scalar: Callable[[str], str | None]) -> pa.StringArray:
    """Names spelled with ``words`` (one for each of ``_readings``); others by ``scalar``."""
    spelling, pieces = pa.array(words, pa.string()), []
    for part, chars in parts(simple_names(array)):
        numbers = _numbers(chars)
        known = numbers >= 0
        ends = pa.array(chars.starts.astype(np.int32))
        syllables = pa.ListArray.from_arrays(ends, spelling.take(pa.array(np.where(known, numbers, 0))))
        piece = pc.binary_join(syllables, " ")
        odd = part.is_null().to_numpy(zero_copy_only=False) | ~chars.all_in(known)
        if odd.any():
            mask = pa.array(odd)
            piece = pc.replace_with_mask(piece, mask, map_text(part.filter(mask), scalar))
        pieces.append(piece)
    return joined(pieces)


def _numbers(chars: Characters) -> Syllables:
    """The syllable of each character, with surnames read as surnames."""
    readings = _readings()
    numbers = readings.anywhere[chars.codes]
    lengths = _surname_lengths(chars)
    first = chars.starts[:-1][lengths == 1]
    numbers[first] = readings.as_surname[chars.codes[first]]
    double = np.flatnonzero(lengths == 2)
    pairs = _pairs(chars, double)
    for two, spelling in _COMPOUND_READINGS.items():
        begin = chars.starts[double[pairs == _pair(two)]]
        for offset, word in enumerate(spelling.split()):
            numbers[begin + offset] = readings.words.index(word)
    return numbers
