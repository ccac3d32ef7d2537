"""Names of regions inside names of units: 吉林省白城市洮北区, 吉林白城, 白城, with and without 省, 市, 县, 区.

Rule: 企业名称登记管理规定 (国务院令第734号) art. 6 to 8: the name of an enterprise begins with the region where it is
registered, a district's after its city's; a region's name is no trade name unless it is another word as well. Schools
and offices are called after their regions. Units keep the names of regions that are gone, so every name
since 1980 counts (``regions``); a region that is there under the same name today is named by its code of today.

A word is taken for a region only where nothing else is likely:

- Of several words each lies in the one before it: 洮北区 in 白城市洮北区, but 永丰 in 白城永丰商贸 is no county.
- The first word names one region. 朝阳区 lies in Beijing and in Changchun and tells nothing by itself; 吉林 is the
  province before it is its city, and a region of today before one of the past.
- Districts without 区 (和平, 红旗) and names that are good omens or other words as well (永丰, 兴隆, 太和) need a word
  before them, and two characters after them, four where a legal form follows: 沈阳和平商贸有限公司 is called 和平.
- 市 belongs to the next word in 白城市场监督管理局 and 白城市政工程处.

Invariant: what is left of a text is its end, and never empty.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from renshe.standards.regions import Region, known_codes, names_of

# Suffixes of regions, and the peoples that autonomous ones name before them.
_SUFFIX = re.compile("(?:特别行政区|自治区|自治州|自治县|自治旗|地区|林区|特区|省|市|县|区|旗|盟)$")
_PEOPLES = re.compile(
    "(?:(?:蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|纳西|景颇|土|达斡尔"
    "|仫佬|羌|布朗|撒拉|毛南|仡佬|普米|怒|保安|东乡|裕固|独龙|各)族|维吾尔|蒙古|哈萨克|柯尔克孜|锡伯|塔吉克)+$"
)
# Rows of the list that name an office or a gap in the codes, and parts that every city has (市区, 东区).
_NO_PLACE = re.compile("(?:单位|委员会|办事处|居民|海域)$|^市辖区$|^[市县]$|^.?区$")
# Their peoples are part of the name.
_WHOLE = frozenset({"内蒙古自治区", "西藏自治区"})
_SHORT = {
    "内蒙古自治区": "内蒙",
    "前郭尔罗斯蒙古族自治县": "前郭",
    "杜尔伯特蒙古族自治县": "杜蒙",
    "喀喇沁左翼蒙古族自治县": "喀左",
    "科尔沁右翼前旗": "科右前",
    "科尔沁右翼中旗": "科右中",
    "科尔沁左翼中旗": "科左中",
    "科尔沁左翼后旗": "科左后",
}
# Stands for what follows a region.
_WHATEVER = "  "
_MUNICIPAL = re.compile("场|容|政(?![府协法务研])")

# Names of regions that are common names of shops, good omens or other words.
_WORDS_TOO = frozenset(
    """
    万全 万宁 万安 万年 万源 万荣 三水 三江 三河 三门 上林 东丰 东兴 东台 东宁 东安 东山 东川 东平 东方 东明 东海
    东港 东源 东胜 东阳 中山 中方 中江 中阳 丰城 丰林 丰润 丰顺 丹凤 乐业 乐安 乐平 乐昌 乐清 云和 云龙 五峰 五河
    京山 仁化 仁寿 仙居 会同 会宁 会昌 依安 保康 保德 信丰 信宜 修文 光化 光山 光泽 全州 公安 六合 兰溪 共和 兴业
    兴义 兴仁 兴化 兴和 兴国 兴城 兴宁 兴安 兴平 兴文 兴海 兴隆 凌云 凤凰 凤城 凤山 凤翔 凤阳 化德 北安 华亭 华宁
    华安 华容 华阴 南丰 南乐 南华 南和 南海 博乐 博兴 博爱 友谊 双城 双峰 双江 双河 双流 台山 台江 合作 合江 合阳
    吉安 吉水 吉隆 同仁 同安 同德 同心 同江 名山 启东 吴兴 和安 和平 和康 和政 和静 和顺 咸丰 响水 商城 商都 喜德
    嘉善 嘉定 嘉祥 嘉禾 固安 大丰 大兴 大同 大名 大城 大宁 大新 大方 大田 大通 天全 天台 天柱 天等 天长 天门 太和
    太平 太康 太湖 太白 太谷 始兴 威信 威远 子长 孝义 宁化 宁国 宁安 安仁 安吉 安国 安宁 安平 安庆 安康 安泽 安福
    安达 安远 安顺 安龙 定兴 定安 定远 宜丰 宜兴 宜城 宝丰 宝兴 宝安 宝山 宝应 宝清 宣化 容城 富宁 富民 富源 富裕
    富锦 富阳 富顺 寿光 寿宁 将乐 尚义 尚志 山丹 山阳 崇义 崇仁 崇信 崇明 常宁 常山 常熟 平乐 平利 平原 平和 平安
    平定 平山 平昌 平泉 平湖 平远 平顺 广丰 广宁 广安 广平 广德 广昌 庆云 庆元 庆城 庆安 康乐 康保 康定 康平 延寿
    延长 建宁 建平 建德 建昌 建湖 建阳 开化 开平 开江 开远 开阳 彰武 德保 德兴 德化 德安 德昌 德清 志丹 怀仁 怀宁
    怀安 怀德 恩平 惠东 惠农 惠安 惠来 惠民 惠阳 成安 成武 抚宁 政和 文安 文山 文成 文昌 新丰 新乐 新会 新兴 新化
    新和 新城 新宁 新安 新建 新昌 新星 新民 新河 新泰 新源 新田 新都 新龙 方城 方山 方正 昌乐 昌吉 昌宁 昌平 昌江
    明光 明水 昭平 晋江 普宁 普安 普定 景东 景泰 朝阳 木兰 来凤 来安 松江 林口 桃江 桃源 横山 正宁 正安 正定 正阳
    武功 武强 武胜 民丰 民乐 民勤 民和 民权 水城 永丰 永仁 永修 永兴 永和 永善 永嘉 永城 永宁 永安 永定 永寿 永川
    永平 永年 永康 永德 永新 永昌 永春 永泰 永济 永清 永登 永福 永胜 永靖 永顺 汉阳 江北 江宁 江安 江山 沙河 泰兴
    泰和 泰宁 泰安 泰来 泰顺 洪江 洪湖 浦江 浮山 海丰 海兴 海城 海宁 海安 海康 海晏 海林 海门 海阳 海龙 清丰 清原
    清水 清江 清河 清流 温泉 满城 滨海 潮安 澄江 灯塔 灵宝 灵山 玉山 玉树 玉环 玉田 玉门 瑞丽 瑞安 瑞昌 瑞金 甘泉
    田东 白杨 白水 白河 益都 石城 禄丰 福安 福山 福泉 福海 福清 福鼎 秀山 秦安 稻城 紫金 紫阳 繁昌 红原 红安 红河
    腾冲 花都 荣成 荣昌 莲花 蓝山 蓝田 蓬莱 裕民 西华 西和 西平 西林 赤城 通海 金乡 金华 金坛 金堂 金塔 金山 金川
    金平 金沙 金湖 金溪 金门 金阳 钟山 钟祥 铁力 铜山 锦屏 镇安 镇平 镇康 镇远 长丰 长乐 长兴 长宁 长安 长寿 长岛
    长治 长泰 长海 长清 长顺 阜康 阳城 阳山 阳新 阳春 隆化 隆安 隆德 隆昌 集宁 集贤 青山 青川 青龙 靖安 静乐 静宁
    革吉 顺义 顺平 顺德 顺昌 饶平 香河 高台 高唐 高安 高平 高明 高阳 鹤山 鹿泉 龙井 龙口 龙山 龙川 龙江 龙泉 龙海
    龙游 龙门
    """.split()
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A region that a word may name: its code, what codes inside it begin with, and whether it is there today."""

    code: str
    stem: str
    today: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """What a word names where it stands: the region that is meant, and ``places``, all that it may name."""

    code: str
    places: tuple[_Place, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    """A word for ``places``, and what it names where nothing stands before it, if that is one region.

    ``bare``: without its suffix; ``doubtful``: bare, and another word as well.
    """

    alone: _Named | None
    places: tuple[_Place, ...]
    bare: bool
    doubtful: bool


def split_region(text: str, form: int = 0) -> tuple[str | None, str]:
    """Return the code of the region that the words at the beginning of ``text`` name, or None, and what follows them.

    ``form`` is the length of the legal form that stood behind ``text``.
    """
    named, at, words = None, 0, _words()
    while (found := _word_at(words, text, at, form, named)) is not None:
        named, at = found
    return (None, text) if named is None else (named.code, text[at:])


def region_named(text: str) -> str | None:
    """Return the code of the region that ``text`` names from its beginning to its end, or None."""
    code, rest = split_region(text + _WHATEVER)
    return code if rest == _WHATEVER else None


def split_last_region(text: str) -> tuple[str, str | None]:
    """Return ``text`` without the words for a region at its end, and the region's code: 中国农业银行白城.

    At least two characters stay.
    """
    for at in range(2, len(text) - 1):
        code = region_named(text[at:])
        if code is not None:
            return text[:at], code
    return text, None


def _word_at(words: _Words, text: str, at: int, form: int, outer: _Named | None) -> tuple[_Named, int] | None:
    """What the longest word for a region at a place of ``text`` names behind ``outer``, and where it ends."""
    for length in words.lengths.get(text[at : at + 2], ()):
        end = at + length
        word = words.known.get(text[at:end])
        if word is None:
            continue
        rest = len(text) - end
        if rest < 1 or (word.bare and rest + form < 2):
            continue
        if word.doubtful and (outer is None or rest < (4 if form else 2)):
            continue
        if text[end - 1] == "市" and _MUNICIPAL.match(text, end):
            continue
        named = word.alone if outer is None else _inside(outer, text[at:end])
        if named is not None:
            return named, end
    return None


@lru_cache(maxsize=1 << 16)
def _inside(outer: _Named, word: str) -> _Named | None:
    """What a word names behind ``outer``: only what lies in it."""
    stems = [place.stem for place in outer.places]
    places = [
        place
        for place in _words().known[word].places
        if any(len(place.stem) > len(stem) and place.stem.startswith(stem) for stem in stems)
    ]
    return _one(places)


def _one(places: Iterable[_Place]) -> _Named | None:
    """The region that is meant, the highest of today's or else of the past's; None for several."""
    every = tuple(places)
    found = [place for place in every if place.today] or every
    highest = min((len(place.stem) for place in found), default=0)
    codes = {place.code for place in found if len(place.stem) == highest}
    return _Named(codes.pop(), every) if len(codes) == 1 else None


@dataclass(frozen=True, slots=True)
class _Words:
    """Every word for regions, and by its first two characters how long such words are, the longest first."""

    known: dict[str, _Word]
    lengths: dict[str, tuple[int, ...]]


@lru_cache(maxsize=1)
def _words() -> _Words:
    regions = [name for code in sorted(known_codes()) for name in names_of(code) if not _NO_PLACE.search(name.name)]
    today = {(r.code[:2], _plain(r.name)): _place(r) for r in regions if r.to_year is None and not _is_district(r)}
    full, bare, districts = (defaultdict[str, dict[str, _Place]](dict) for _ in range(3))
    for region in regions:
        place = _place(region)
        # 白城地区 is 白城市 today, 大安县 is 大安市.
        heir = None if place.today else today.get((region.code[:2], _plain(region.name)))
        for word, is_bare in _spellings(region.name).items():
            places = (districts if _is_district(region) else bare)[word] if is_bare else full[word]
            if place.today or region.code not in places:
                places[region.code] = place
            if heir is not None:
                places[heir.code] = heir

    known = {word: _Word(None, tuple(found.values()), True, True) for word, found in districts.items()}
    for word, found in bare.items():
        # Behind another region it may be a district as well.
        both = districts.get(word, {}) | found
        known[word] = _Word(_one(found.values()), tuple(both.values()), True, word in _WORDS_TOO)
    for word, found in full.items():
        known[word] = _Word(_one(found.values()), tuple(found.values()), False, False)
    lengths: dict[str, set[int]] = defaultdict(set)
    for word in known:
        lengths[word[:2]].add(len(word))
    return _Words(known, {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()})


def _place(region: Region) -> _Place:
    code = region.code
    stem = code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    return _Place(code, stem, region.to_year is None)


def _is_district(region: Region) -> bool:
    return region.level == "county" and region.name.endswith("区")


def _plain(name: str) -> str:
    return _SUFFIX.sub("", name)


def _spellings(name: str) -> dict[str, bool]:
    """How a region is written, and whether this is without its suffix: 伊通满族自治县, 伊通县, 伊通."""
    suffix = _SUFFIX.search(name)
    if suffix is None:
        return {name: False}
    plain = name[: suffix.start()]
    found = {plain: True}
    if "自治" in suffix[0] and name not in _WHOLE:
        peoples = _PEOPLES.search(plain)
        # 东乡族自治县 is called after its people alone.
        plain = plain[: peoples.start()] if peoples and peoples.start() else plain.removesuffix("族")
        found |= {plain: True, plain + suffix[0][-1]: False}
    if short := _SHORT.get(name):
        found |= {short: True, short + suffix[0][-1]: False}
    return {word: is_bare for word, is_bare in found.items() if len(word) > 1} | {name: False}
