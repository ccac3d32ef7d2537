"""The people of maker B: households of several counties, whose names follow Zipf's law and the fashion of their years.

A household is one person, a couple with or without children, or brothers and sisters; it has one address, and couples
sometimes one telephone. Brothers often share a character of the given name. About one person in eighty is a twin, with
a neighbouring number and a name one character apart. Units are as unequal in size as real ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from benchmarks.linking.judging.characters import COMPOUND_SURNAMES, SURNAMES, homophones
from benchmarks.linking.judging.papers import Register
from renshe.standards.identity import org_code_check_char, uscc_check_char

COUNTIES = {
    "140202": "城区",
    "140211": "南郊区",
    "140221": "阳高县",
    "140222": "天镇县",
    "140223": "广灵县",
    "140225": "浑源县",
}
_ELSEWHERE = ("130123", "140203", "140226", "370202", "410105", "320106", "510104", "610302", "220502", "420106")
_FIRST_YEAR, _LAST_YEAR = 1934, 2002
# Births of a year beside those of another: the great wave of the sixties, a lesser one of the eighties.
_WAVES = ((1934, 5), (1950, 9), (1959, 6), (1962, 14), (1974, 11), (1980, 8), (1986, 12), (1992, 8), (1998, 6))
_STREETS = (
    *(
        "迎宾街",
        "御河路",
        "平城街",
        "文兴路",
        "永泰街",
        "新建路",
        "向阳街",
        "建设路",
        "东关街",
        "西环路",
        "南关街",
        "北苑路",
    ),
    *("云中路", "魏都街", "同泉路", "古城街"),
)
_VILLAGES, _SIDES, _VILLAGE_ENDS = "王李张杨柳石沙泉", "东西南北上下大小", "庄村堡"
_BRANDS = (
    *(
        "恒通",
        "华泰",
        "金鼎",
        "云冈",
        "北岳",
        "平安",
        "晋北",
        "盛源",
        "宏达",
        "永兴",
        "瑞丰",
        "天马",
        "鑫盛",
        "东昌",
        "中盛",
    ),
    *("福润", "同力", "光明", "和顺", "大地", "嘉禾", "新源"),
)
_TRADES = (
    *(
        "煤业",
        "建筑工程",
        "商贸",
        "物业服务",
        "运输",
        "医药",
        "机械制造",
        "食品",
        "水泥",
        "热力",
        "电力安装",
        "农业开发",
    ),
    *("房地产开发", "餐饮管理", "印刷"),
)
_SCHOOLS = ("中学", "小学", "医院", "幼儿园")
# Given names in fashion among men and women born before a year, the most frequent first.
_FASHIONS = {
    1955: {
        "1": "德福 国栋 玉山 振华 建业 生财 长贵 金山 明义 有才 福生 进财 万林 存厚 贵生 德胜 喜林 玉宝 守义 维忠",
        "2": "秀英 桂英 玉兰 秀兰 凤英 桂兰 玉珍 凤兰 秀珍 淑珍 改兰 翠兰 金花 玉梅 桂花 润莲 喜莲 巧珍 月英 兰英",
    },
    1970: {
        "1": "建国 建军 国强 志强 建华 卫东 志刚 永强 新民 建平 文革 爱国 红卫 军 平 明 勇 志明 永红 国庆 福全 玉林",
        "2": "丽 秀梅 玉梅 桂芳 爱玲 建英 秀芳 淑芳 丽华 爱华 红 玉芳 翠萍 秀萍 玉萍 丽萍 润兰 晓红 凤琴 美玲 艳 敏",
    },
    1985: {
        "1": "伟 强 军 勇 磊 刚 涛 鹏 斌 超 杰 波 辉 飞 建军 志强 海军 晓东 俊杰 永刚 宏伟 志伟 利军 晓峰 瑞军 文斌",
        "2": "丽 芳 敏 静 艳 娜 霞 燕 娟 红 玲 丽娟 丽丽 晓燕 海燕 晓红 丽芳 雪梅 志红 春霞 丽霞 美丽 俊英 彩霞 慧芳",
    },
    2003: {
        "1": "浩 宇 鑫 帅 洋 鹏 超 凯 杰 伟 磊 浩然 子豪 宇航 俊杰 志鹏 嘉伟 文博 泽宇 晨阳 天宇 佳豪 旭东 瑞祥",
        "2": "婷 静 雪 敏 倩 娜 颖 洁 慧 佳 婷婷 丽娜 晓静 欣怡 佳慧 雨晴 思雨 梦瑶 雅静 嘉欣 晓雪 丹丹 文静 宇欣",
    },
}
_FASHIONABLE = 0.65
_SINGLE = {1955: 0.06, 1970: 0.16, 1985: 0.45, 2003: 0.3}
_MEN = "国建文志明军伟强平海福永玉金华林生新春德东成宝全贵山龙和庆荣忠清仁义信喜有长树云广兴宏立学世安良向利俊晓峰飞宇"
_WOMEN = (
    "秀玉桂兰英珍芳花梅淑凤丽红玲霞琴莲香爱翠云春艳美晓燕敏静娟雪慧萍巧月彩润金银喜改变娥芝菊娜佳婷欣雨思雅文丹倩颖"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """An employer as it is, before two systems write it down."""

    name: str
    uscc: str
    county: str
    address: str
    phone: str


@dataclass(slots=True)
class Person:
    """A person as he is, before two systems write him down."""

    name: str
    sex: str
    birth: date
    id_number: str
    county: str
    address: str
    phone: str
    unit: int | None
    former_unit: int | None
    twin: bool = False
    family: list[int] = field(default_factory=list)


class Population:
    """Draws ``persons`` people and their units from one stream of chance."""

    def __init__(self, rng: random.Random, persons: int) -> None:
        """Draw everybody."""
        self._rng = rng
        self._register = Register(rng)
        self._unit_names: set[str] = set()
        self.units = [self._unit() for _ in range(max(12, persons // 40))]
        self._sizes = [1 / (rank + 3) ** 0.8 for rank in range(len(self.units))]
        self._years = _years()
        self.people: list[Person] = []
        while len(self.people) < persons:
            self._household()
        del self.people[persons:]
        for person in self.people:
            person.family = [one for one in person.family if one < persons]

    def _unit(self) -> Unit:
        rng = self._rng
        county = rng.choice(list(COUNTIES))
        body = "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(8))
        front = f"91{county}{body}{org_code_check_char(body)}"
        name = self._unit_name(county)
        while name in self._unit_names:
            name = self._unit_name(county)
        self._unit_names.add(name)
        return Unit(
            name, front + uscc_check_char(front), county, self._address(county), f"0352{rng.randrange(10**7):07d}"
        )

    def _unit_name(self, county: str) -> str:
        rng, place = self._rng, COUNTIES[county]
        if rng.random() < 0.1:
            return f"{place}第{rng.choice('一二三四五六七八九')}{rng.choice(_SCHOOLS)}"
        brand = rng.choice(_BRANDS) + (rng.choice(_BRANDS) if len(self._unit_names) > 1000 else "")
        return f"大同市{brand}{rng.choice(('', place[:2]))}{rng.choice(_TRADES)}有限责任公司"

    def _address(self, county: str) -> str:
        rng, place = self._rng, COUNTIES[county]
        if rng.random() < 0.35:
            return place + rng.choice(_SIDES) + rng.choice(_VILLAGES) + rng.choice(_VILLAGE_ENDS)
        house, stair, door = rng.randrange(1, 180), rng.randrange(1, 30), rng.randrange(101, 1804)
        return f"{place}{rng.choice(_STREETS)}{house}号{stair}单元{door}"

    def _household(self) -> None:
        rng = self._rng
        county = rng.choices(list(COUNTIES), (9, 7, 3, 2, 2, 4))[0]
        address, start = self._address(county), len(self.people)
        kind, born = rng.random(), rng.choices(*self._years)[0]
        if kind < 0.35:
            self._add(self._surname(), rng.choice("12"), born, county, address)
        elif kind < 0.7:
            self._couple(born, county, address)
        else:
            self._siblings(self._surname(), born, rng.choice((2, 2, 3)), 0.04, county, address)
        for member in range(start, len(self.people)):
            self.people[member].family = [one for one in range(start, len(self.people)) if one != member]

    def _couple(self, born: int, county: str, address: str) -> None:
        rng = self._rng
        husband = self._add(self._surname(), "1", born, county, address)
        hers = min(_LAST_YEAR, max(_FIRST_YEAR, born + rng.randrange(-3, 5)))
        wife = self._add(self._surname(), "2", hers, county, address)
        if rng.random() < 0.15:
            wife.phone = husband.phone
        first_child = born + rng.randrange(22, 33)
        if first_child <= _LAST_YEAR - 4 and rng.random() < 0.5:
            self._siblings(husband.name[:1], first_child, rng.choice((1, 1, 2)), 0.02, county, address)

    def _siblings(self, surname: str, born: int, count: int, twins: float, county: str, address: str) -> None:
        rng = self._rng
        eldest = self._add(surname, rng.choice("12"), born, county, address)
        if count > 1 and rng.random() < twins:
            self._twin(eldest)
        for number in range(1, count):
            sex = rng.choice("12")
            given = self._given(sex, born)
            if len(given) == 2 and len(eldest.name) == len(surname) + 2 and rng.random() < 0.4:
                given = eldest.name[-2] + given[1]
            self._add(surname, sex, min(_LAST_YEAR, born + 2 * number + rng.randrange(2)), county, address, given)

    def _twin(self, eldest: Person) -> None:
        rng = self._rng
        alike = rng.random() < 0.65
        sex = eldest.sex if alike else ("2" if eldest.sex == "1" else "1")
        last = eldest.name[-1]
        choices = homophones(last) if rng.random() < 0.15 else ""
        choices = choices or "".join(char for char in (_MEN if sex == "1" else _WOMEN) if char not in eldest.name)
        eldest.twin = True
        unit = eldest.unit
        number = self._register.issue_next_to(eldest.id_number, sex)
        name = eldest.name[:-1] + rng.choice(choices)
        its_phone = self._phone()
        self.people.append(
            Person(
                name, sex, eldest.birth, number, eldest.county, eldest.address, its_phone, unit, self._employer(), True
            )
        )

    def _add(self, surname: str, sex: str, year: int, county: str, address: str, given: str = "") -> Person:
        rng = self._rng
        birth = date(year, 1, 1) + timedelta(rng.randrange(365))
        region = county if rng.random() < 0.9 else rng.choice(_ELSEWHERE)
        number = self._register.issue(region, birth, sex, 600)
        unit = self._employer() if rng.random() < 0.7 else None
        name = surname + (given or self._given(sex, year))
        person = Person(name, sex, birth, number, county, address, self._phone(), unit, self._employer())
        self.people.append(person)
        return person

    def _employer(self) -> int:
        return self._rng.choices(range(len(self.units)), self._sizes)[0]

    def _phone(self) -> str:
        return self._rng.choice(("138", "139", "135", "151", "186", "177")) + f"{self._rng.randrange(10**8):08d}"

    def _surname(self) -> str:
        rng = self._rng
        if rng.random() < 0.002:
            return rng.choice(COMPOUND_SURNAMES)
        return rng.choices(SURNAMES, _SURNAME_WEIGHTS)[0]

    def _given(self, sex: str, year: int) -> str:
        rng = self._rng
        until = next(end for end in _FASHIONS if year < end)
        if rng.random() < _FASHIONABLE:
            names = _FASHIONS[until][sex].split()
            return rng.choices(names, [1 / (rank + 1) for rank in range(len(names))])[0]
        chars = _MEN if sex == "1" else _WOMEN
        weights = [1 / (rank + 8) for rank in range(len(chars))]
        count = 1 if rng.random() < _SINGLE[until] else 2
        return "".join(rng.choices(chars, weights, k=count))


# Three families in ten are 王, 李, 张 or 刘.
_SURNAME_WEIGHTS = [1 / (rank + 2) ** 1.05 for rank in range(len(SURNAMES))]


def _years() -> tuple[list[int], list[float]]:
    years = list(range(_FIRST_YEAR, _LAST_YEAR + 1))
    return years, [next(weight for start, weight in reversed(_WAVES) if start <= year) for year in years]
