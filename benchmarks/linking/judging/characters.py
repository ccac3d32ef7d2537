"""Characters of names: which sound alike, how they were written before 1956, which are mistaken for one another.

Facts of the language, written down for this examination alone and owing nothing to the engine's own tables. A maker
asks what a character may turn into; "" means that nothing is written down for it. No answer holds the character itself.
"""

from __future__ import annotations

# One syllable a line; characters of one tone stand together.
_SOUNDS = """
ai 爱艾
an 安 岸
ao 傲奥
bao 宝保葆 包苞
bei 贝蓓 北
bin 斌滨彬宾
bing 冰兵 炳秉丙
bo 博柏勃伯 波
cai 才财材 彩采
can 灿璨
chang 昌菖 常长 畅
chao 朝潮 超
chen 晨辰臣
cheng 成诚城程丞承
chun 春椿 淳纯
cong 聪 从丛
cui 翠粹
da 达
dan 丹单 旦
de 德得
di 迪笛
dong 东冬 栋动
e 娥
en 恩
fa 发
fan 帆 凡繁
fang 芳方 放
fei 飞菲霏 斐
fen 芬分
feng 峰锋丰风枫 凤奉
fu 福扶 富付
gang 刚钢纲 岗
ge 歌
gen 根
guang 光 广
gui 桂贵
guo 国 果
hai 海
han 涵寒函 汉翰
hao 浩皓昊 豪毫 好
he 和荷河 鹤贺
heng 恒衡
hong 红宏洪鸿虹弘
hou 厚
hu 虎 湖
hua 华 花 桦化
huai 怀槐
huan 欢 环 焕
hui 辉晖 慧惠会卉
ji 吉集 基 纪继季
jia 佳嘉家加 甲
jian 建健剑键 坚
jiang 江疆
jiao 娇姣骄
jie 杰洁捷
jin 金今津 进晋 锦瑾谨
jing 京晶经精 静敬竟 景井
ju 菊 巨
juan 娟鹃
jun 军君均钧 俊骏峻
kai 凯恺 开
kang 康
ke 可 科柯
kun 坤昆
lai 来
lan 兰岚蓝
le 乐
lei 磊蕾 雷
li 丽莉利力立 理礼里 黎
lian 莲连廉 练
liang 良梁 亮
lin 林琳霖临麟
ling 玲灵凌铃龄
long 龙隆
lu 璐路露鹿 鲁
luo 洛 罗
mei 梅玫眉 美
meng 梦孟 萌蒙
miao 苗 妙
min 敏 民
ming 明铭鸣名
mu 木沐慕牧
na 娜纳
nan 南楠男
ning 宁凝
pei 佩沛 培
peng 鹏朋
ping 萍平苹屏
qi 琪奇祺琦旗 启起
qian 倩 前乾 谦千
qiang 强
qiao 巧 乔
qin 琴勤秦芹 钦
qing 青清卿 晴情 庆
qiong 琼
qiu 秋
quan 全泉权
qun 群
ran 然 冉
ren 仁 任
rong 荣蓉容融榕
ru 如茹儒
rui 瑞锐睿
run 润
shan 山珊 善
shao 少绍
sheng 生升声 胜圣盛
shi 世士仕 石时实 诗
shou 寿 守
shu 淑书舒 树
shuai 帅
shuang 双霜 爽
shun 顺舜
si 思斯司
song 松嵩 颂
su 素 苏
tai 泰太
tao 桃陶 涛
tian 田甜 天
ting 婷廷庭亭
tong 童同桐彤 通
wan 婉晚 万
wei 伟炜玮 卫 威巍 维唯
wen 文雯闻 稳
wu 武五
xi 希西熙溪锡 喜
xia 霞 夏
xian 贤娴 先仙 宪献 显
xiang 祥翔详 香湘 向
xiao 小晓 孝 潇
xin 欣新心鑫馨 信
xing 兴星 杏幸
xiong 雄
xiu 秀 修
xu 旭绪
xuan 轩宣 璇玄
xue 雪 学
yan 艳燕彦雁 岩言妍延
yang 阳洋杨扬
yao 瑶尧 耀
ye 叶业
yi 怡宜仪 义艺毅易益谊翼意 一依伊
yin 银寅 音茵
ying 英樱鹰 莹盈迎 颖影
yong 勇永咏
you 友有 优
yu 玉裕育钰誉 宇雨羽 瑜渝愉余
yuan 园源元原圆 远愿 媛
yue 月悦越跃岳
yun 云芸耘 运韵
ze 泽则
zeng 增
zhan 占战 展
zhen 珍真贞 振镇震
zheng 正政证 争征
zhi 志治智致 芝之枝 直
zhong 中忠钟
zhou 洲舟周
zhu 珠 柱祝 竹
zi 子梓紫 自
zong 宗
zu 祖
"""

# Family names, the frequent first.
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安"
    "颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲"
    "成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来"
)
COMPOUND_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "皇甫", "令狐", "东方", "尉迟")
_SURNAME_SOUNDS = (
    "张章 王汪 李黎 吴武伍邬 朱祝 胡扈 何贺 于余俞 萧肖 程成 袁原 傅付 "
    "卢鲁芦 江姜 魏卫 阎严颜闫 戴代 钟仲 范樊 石时 金靳 陆路 白柏 毛茅 "
    "邱丘秋 秦覃 尹殷 龚宫 文温 刘柳 徐许 郑甄 冯封 曾增 叶业 谭覃 邵绍 "
    "黄皇 周邹 常长 季纪 申辛 盛圣 童佟 齐祁 向项 左佐 沈申 梁良 吉季 "
    "解谢 欧区 游尤 凌林"
)

_TRADITIONAL = (
    "爱愛宝寶贝貝宾賓滨濱财財灿燦长長畅暢诚誠从從丛叢达達单單东東栋棟动動发發飞飛丰豐锋鋒风風枫楓凤鳳刚剛钢鋼纲綱岗崗广廣"
    "贵貴国國汉漢华華桦樺怀懷欢歡环環焕煥辉輝晖暉会會纪紀继繼坚堅剑劍键鍵娇嬌骄驕杰傑洁潔进進晋晉锦錦谨謹经經静靜军軍钧鈞"
    "骏駿凯凱恺愷开開来來兰蘭岚嵐蓝藍乐樂丽麗礼禮莲蓮连連练練临臨灵靈铃鈴龄齡龙龍鲁魯罗羅梦夢铭銘鸣鳴纳納宁寧鹏鵬苹蘋启啟"
    "谦謙强強乔喬钦欽庆慶琼瓊权權荣榮锐銳润潤绍紹声聲胜勝圣聖诗詩时時实實寿壽书書树樹帅帥双雙顺順苏蘇涛濤万萬伟偉炜煒玮瑋"
    "卫衛维維闻聞稳穩贤賢娴嫻宪憲献獻显顯详詳晓曉潇瀟兴興绪緒学學艳艷阳陽杨楊扬揚尧堯叶葉业業仪儀义義艺藝谊誼银銀莹瑩颖穎"
    "优優钰鈺誉譽园園圆圓远遠愿願跃躍岳嶽云雲运運韵韻泽澤则則战戰贞貞镇鎮证證钟鐘张張刘劉陈陳赵趙黄黃吴吳孙孫马馬郑鄭谢謝"
    "韩韓冯馮萧蕭邓鄧许許吕呂卢盧蒋蔣贾賈阎閻谭譚邹鄒陆陸顾顧钱錢汤湯赖賴龚龔庞龐严嚴颜顏芦蘆韦韋毕畢聂聶齐齊庄莊关關"
    "费費项項卫衛鲍鮑闵閔车車边邊饶饒邬鄔宫宮欧歐"
)

# 形近: read from bad handwriting or by a machine.
_LOOKALIKES = (
    "晴睛 清情靖 杨扬 梅海 侯候 宁宇字 淑椒 刚则 国围 英莫 丹舟 凤风 "
    "春秦 霞霜 雪雷 贵责 桂佳住 浩洁 建健 明朋 月用 贤坚 亮高 志忘 忠患 "
    "思恩 秀香 季李 军车 生主 玉王 正止 平半 民氏 永水 冰泳 华毕 林材 "
    "松杉 红江 洪供 波坡 岩若 光先 元无 云去 昌晶 美姜 力刀 学字 子于 "
    "庆床 发友 全金 小少 天夫 士土 文义 兰三 丽两 敏繁 勇男 成戍 伟纬 "
    "萍泙 辉挥 东车 洋样 龙尤 琴瑟 珍诊 荣荧 芳苏 娟捐 涛祷 德得 福副 "
    "祥详 新亲 欣掀 雄维 艳绝 燕熊 波破 斌武 鑫森 磊蕊 莉利 婷停 颖颍"
)

# Finals that many dialects do not tell apart.
_ACCENTS = (("in", "ing"), ("en", "eng"), ("an", "ang"))
_ACCENT_HEADS = (("zh", "z"), ("sh", "s"), ("ch", "c"))


def _sounds() -> dict[str, tuple[str, str]]:
    """Return the syllable and the tone group of every character."""
    found: dict[str, tuple[str, str]] = {}
    for line in _SOUNDS.split("\n"):
        syllable, *tones = line.split() or [""]
        for tone in tones:
            for char in tone:
                found.setdefault(char, (syllable, tone))
    return found


def _groups(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for group in text.split():
        for char in group:
            found[char] = found.get(char, "") + "".join(other for other in group if other != char)
    return found


_SOUND = _sounds()
_SURNAME_SOUND = _groups(_SURNAME_SOUNDS)
_LOOKALIKE = _groups(_LOOKALIKES)
TRADITIONAL = {plain: full for plain, full in zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True) if plain != full}
GIVEN = "".join(_SOUND)


def homophones(char: str) -> str:
    """Return the characters of given names with the same syllable and tone."""
    return "".join(other for other in _SOUND.get(char, ("", ""))[1] if other != char)


def near_homophones(char: str) -> str:
    """Return those with the same syllable in another tone, or with one that many dialects do not tell apart."""
    syllable, tone = _SOUND.get(char, ("", ""))
    if not syllable:
        return ""
    near = {syllable, *_accents(syllable)}
    return "".join(other for other, (its, group) in _SOUND.items() if its in near and group != tone)


def _accents(syllable: str) -> set[str]:
    found: set[str] = set()
    for short, long in _ACCENTS:
        if syllable.endswith(long):
            found.add(syllable[: -len(long)] + short)
        elif syllable.endswith(short):
            found.add(syllable + "g")
    for curled, flat in _ACCENT_HEADS:
        if syllable.startswith(curled):
            found.add(flat + syllable[2:])
        elif syllable.startswith(flat):
            found.add(curled + syllable[1:])
    return found


def surname_homophones(char: str) -> str:
    """Return family names that sound like ``char``, or nearly so."""
    return _SURNAME_SOUND.get(char, "")


def lookalikes(char: str) -> str:
    """Return the characters that a bad hand or a machine makes of ``char``."""
    return "".join(sorted(set(_LOOKALIKE.get(char, "")) - {char}))


def in_full(text: str) -> str:
    """Return ``text`` in traditional characters, as far as they are written down here."""
    return "".join(TRADITIONAL.get(char, char) for char in text)
