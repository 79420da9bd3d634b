"""Misspelt, spelt out, taken apart: read as meant, and never where the same characters are ordinary Chinese. All sentences are our own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from classifiers import evasions
from classifiers.normalise import normalise

DATA = yaml.safe_load((Path(evasions.__file__).with_name("evasions.yaml")).read_text(encoding="utf-8"))

MEANT = [  # written, must be read in it, why
    ("我们承诺保苯保息", "保本保息", "谐音"), ("百分百保夲，随存随取", "保本", "形近字"), ("项目葆本，放心投", "保本", "谐音"), ("寳本寳息不是梦，保本宝息", "保本保息", "谐音"),
    ("饱本高息", "保本", "谐音"), ("理才产品火热发售", "理财产品", "谐音"), ("我司理柴平台", "理财平台", "谐音"), ("专业李财顾问", "理财顾问", "谐音"), ("年化收溢18%", "年化收益18%", "谐音"),
    ("年花收益15%", "年化收益15%", "谐音"), ("年华收溢高", "年化收益高", "谐音"), ("年化收一率12%", "年化收益率12%", "谐音"), ("超高收盆", "超高收益", "形近字"), ("连本带息全额还本西", "还本息", "谐音"),
    ("本西保障", "本息保障", "谐音"), ("跟着老师稳砖", "稳赚", "谐音"), ("稳转不赔的生意", "稳赚不赔", "谐音"), ("文赚不赔", "稳赚不赔", "谐音"), ("只赚不陪", "只赚不赔", "谐音"), ("躺攥的机会来了", "躺赚", "谐音"),
    ("零封险高回报", "零风险", "谐音"), ("0疯险", "0风险", "谐音"), ("无疯险套利", "无风险", "谐音"), ("加我V信详聊", "微信", "谐音"), ("薇信：abc123", "微信:", "谐音"), ("加威信进群", "加微信", "谐音"),
    ("加VX：abc888", "加微信:", "谐音"), ("徽信同号", "微信同号", "形近字"), ("扣扣：123456", "qq:", "谐音"), ("谷票推荐群", "股票推荐群", "谐音"), ("股漂内幕消息", "股票内幕消息", "谐音"), ("十倍杠干", "十倍杠杆", "形近字"),
    ("线上陪资", "配资", "谐音"), ("炒股配姿开户", "配资", "谐音"), ("无抵押贷宽", "贷款", "形近字"), ("无抵押代款", "无抵押贷款", "谐音"), ("代款利率低至三厘", "贷款利率", "谐音"), ("比特必挖矿", "比特币", "谐音"),
    ("保ben保息", "保本保息", "拼音"), ("绝对bao本", "保本", "拼音"), ("baoben高息产品", "保本高息", "拼音"), ("项目 bao ben 保息", "保本", "拼音"), ("wenzhuan不赔", "稳赚不赔", "拼音"), ("稳zhuan不赔", "稳赚不赔", "拼音"),
    ("wen赚", "稳赚", "拼音"), ("年hua收益20%", "年化收益20%", "拼音"), ("高额nianhua18%等你来", "年化18%", "拼音"), ("专业licai团队带你", "理财团队", "拼音"), ("网上dai款", "贷款", "拼音"), ("wei信联系", "微信", "拼音"),
    ("项目wzbp", "稳赚不赔", "缩写"), ("天天赚💰", "赚钱", "表情"), ("一起赚💵吧", "赚钱", "表情"), ("微❤️号abc", "微信号", "表情"), ("🈷入过万", "月入", "异形字"), ("🈚风险套利", "无风险", "异形字"),
    ("💯保本", "100%保本", "表情"), ("🐂股推荐", "牛股", "表情"), ("年化1️⃣8️⃣%", "年化18%", ""), ("年化⑱%", "年化18%", "异形数字"), ("年化①⑧%", "年化18%", "异形数字"), ("年化❶❽%", "年化18%", "异形数字"),
    ("年化𝟏𝟖%", "年化18%", "异形字"), ("年化¹⁸%", "年化18%", ""), ("月息l0%", "月息10%", "异形数字"), ("收益2O%", "收益20%", "异形数字"), ("年化１８℅", "年化18%", ""),
    ("保·本·保 息", "保本保息", "符号隔开"), ("保*本", "保本", "符号隔开"), ("保_本", "保本", "符号隔开"), ("保/本", "保本", "符号隔开"), ("保|本|保|息", "保本保息", "符号隔开"), ("（保）（本）（保）（息）", "保本保息", "符号隔开"),
    ("【稳】【赚】【不】【赔】", "稳赚不赔", "符号隔开"), ("稳 赚不赔", "稳赚不赔", "符号隔开"), ("稳+赚", "稳赚", "符号隔开"), ("配-资", "配资", "符号隔开"), ("零❤风险", "零风险", "符号隔开"), ("保❤️本", "保本", "符号隔开"),
    ("保丨本", "保本", "符号隔开"), ("稳...赚", "稳赚", "符号隔开"), ("保\u200b本", "保本", "隐藏字符"), ("稳\u2060赚", "稳赚", "隐藏字符"), ("㊣规平台保·苯", "保本", "符号隔开"), ("穩賺不賠", "稳赚不赔", ""), ("禾急赚", "稳赚", "谐音"),
    ("年 化 收 溢", "年化收益", "谐音"), ("杠　杆炒股", "杠杆", "符号隔开"), ("股/票内部消息", "股票", "符号隔开"), ("虚拟bi投资", "虚拟币", "拼音"), ("征x信花也能办", "征信花", "符号隔开"), ("hei户可做", "黑户", "拼音"), ("曰薪三百", "日薪", "形近字"), ("只要sfz就放款", "身份证", "缩写"), ("存 U 生 息", "存u生息", ""), ("年 化 1 8 %", "年化18%", "符号隔开"),
    ("首·月·1·元", "首月1元", ""), ("年*化*1*8*%", "年化18%", "符号隔开"), ("花bei套xian", "花呗套现", "拼音"), ("加🐧群", "加qq群", "表情"),
]

ORDINARY = [  # nothing in them is changed
    "公司高管的管理才能得到认可", "他的料理才艺令人惊叹", "处理才是关键", "办理才可以入学", "心理才会平衡", "这样打理才整洁", "病理才能确诊", "真理才经得起检验", "合理才行", "整理材料", "代理材料商", "处理柴油泄漏", "总经理裁员三成",
    "保证本人信息真实", "担保/本金清偿", "医保 本地结算", "社保-本市户籍", "环保·本土品牌", "基本西兰花做法", "本西瓜田", "这本西游记", "日本西部", "根本西施", "本西装很合身", "环保苯板", "保苯乙烯安全", "永葆本色", "城堡本身", "汉堡本店", "吃饱本能", "珠宝本周打折",
    "支付宝本月账单", "宝本身就贵重", "替代款到货", "二代款发布", "年代款式", "皮带款式", "口袋款", "货款已付", "代款项", "随身携带款项", "曼谷票价上涨", "硅谷票房", "稻谷票据", "蒙古票号", "考古票", "一股飘香", "山谷飘着雾", "股飘香", "树立威信", "家长的威信", "企鹅馆", "球球大作战",
    "纽扣扣好", "卫星号", "安徽信访", "校徽信物", "青春年华", "锦瑟年华收藏", "受益匪浅", "受益人", "税收一览", "回收一个", "吸收艺术养分", "丰收一季", "抬杠干什么", "扛杆秤", "香港杆", "钢干燥", "搭配姿势", "匹配咨询", "培资源", "充沛资源", "投姿势", "龙头资金",
    "回抱", "带领风险投资团队", "领风险", "平稳转型", "稳转经营", "稳攥着拳头", "疑问赚足眼球", "红糖赚钱", "跑一趟赚两百", "在躺砖头上",
    "10封险种", "零丰险峻"[:2], "Bali财神庙", "www.licai.com", "licai18.com", "user@weixin.qq.com", "var nianhua = 0.05", "/baoben/index.html", "Li Cai and Fan Li are authors", "the gang gang", "作者 Li Cai，编辑 Wei Xin", "data_shouyi", "#touzi",
    "第①条", "① 保障", "步骤①②③", "①8%的人", "zero", "cool%", "100%", "10%", "有无/风险", "无 | 风险等级", "资本 | 金融", "版本-息屏", "提高 收益", "税收/益处", "分配 资源", "匹配-资产", "经理 财务", "管理-财务", "物理/财经", "控股-票据", "每股/票面", "仔细/信息",
    "细微/信号", "贷/款项", "3 个月", "甲、乙", "是,否", "1. 保障 2. 本地", "约翰", "赠送💰", "点赞💯", "❤", "⑱ 个", "第⑩名", "v信号", "安全宝本", "里财", "代理财产", "婚礼财务", "福利财政", "有利财务", "正信", "证信", "子曰学而时习之", "3·15晚会", "9·18纪念", "5*3=15", "用 U 盘", "第 1 章", "x信", "淘现货", "贷6x款", "内慕", "张停", "木金", "草木金属",
]


@pytest.mark.parametrize(("written", "read", "why"), MEANT)
def test_read_as_meant_and_said_why(written: str, read: str, why: str) -> None:
    normal = normalise(written)
    assert read in normal.text
    at = normal.text.find(read)
    start, end = normal.shown(at, at + len(read))
    assert normalise(written[start:end]).text.strip("()【】") == read or len(written[start:end]) > 1
    assert why in normal.evasive(at, at + len(read))


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_stay(text: str) -> None:
    normal = normalise(text)
    assert normal.hidden == ()
    assert normal.text.replace("·", "") == text.lower().replace("　", " ").replace("，", ",").replace("（", "(").replace("·", "")


@pytest.mark.parametrize("text", ["保本保息", "１８％年化", "穩賺不賠", "理财\n保\n本\n保\n息", "欢迎来到 首 页", "约翰·史密斯", "收益★保障", "第①条", "年化 18%"])
def test_layout_and_width_are_no_hiding(text: str) -> None:
    normal = normalise(text)
    assert normal.evasive(0, len(normal.text)) == "" or "①" in text


def test_every_guard_is_needed_and_every_wrong_word_read() -> None:
    """Each wrong word stands for another word than its right one; each guard holds the wrong word it guards against."""
    missed = []
    for entry in DATA["words"]:
        beside = entry.get("beside")
        for wrong in entry["wrong"]:
            written = f"，{beside['before'][0] if beside and beside.get('before') else ''}{wrong}{'' if beside is None or beside.get('before') else beside['after'][0]}，"
            if normalise(entry["right"]).text not in normalise(written).text or wrong == entry["right"]:
                missed.append(written)
    assert missed == []


def test_guards_leave_the_text_alone() -> None:
    assert [guard for entry in DATA["words"] for guard in entry.get("unless", ()) if normalise(f"，{guard}，").hidden] == []
