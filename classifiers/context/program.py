"""Do the words stand in lines of program text: a comment, a column of a table, a case of a test, an entry of a list of words?

Nobody sells in such lines. What a program shows to people (a title, a text to share, a notice) is theirs, and is left to the other readings.
"""

from __future__ import annotations

from functools import lru_cache

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse

REACH = 500  # characters of neighbouring lines read on either side
BUILT, BUILT_RETURNS = 4, 5  # cues of those who build; where a return is spoken of
LEAST, SHARE = 3, 0.4  # lines of program that make a piece of program text, and their share of all
_LETTERS = bounded("[a-z;{}()\\[\\]=&:\"'/]")  # no line of a program is without
_TEMPLATE = bounded("[{<%][^{}\\n]{0,80}[}>%]")
_LINE = bounded(
    "^\\s*(?:def|class|import|from [a-z_.]+ import|return|if [a-z(!\"']|if\\(|elif|else:?\\s*\\{?$|for [a-z(]|for\\(|while|try\\b|except|with open|const|let|var|function|func|public|private|protected|static|package|struct|async|await|export|assert|raise|@[a-z]|#include|"
    "select\\b|insert into|update\\b|create table|alter table|namespace|using|require|console\\.|mapping\\(|event\\b|impl\\b|pub\\b|use [a-z])|"
    "[a-z0-9_\"')\\]}>] ?[;{}\\[(,]+\\s*$|^\\s*[\\]})]+[;,]?\\s*$|\\b[a-z_][\\w.\\]\\[]* ?(?:=|:=|\\+=|==|!=|=>|->) ?[\\w\"'\\[{(!-]|\\b[a-z_]\\w{2,}\\([\\w\"'\\[{)]|\\bself\\.|::|&&|"
    "^\\s*[a-z]\\w* ?-{1,2}>{1,2} ?[a-z]\\w* ?:|^\\s*(?:note over|participant|sequencediagram|flowchart|subgraph|stateDiagram)\\b|"
    "^\\s*(?://|/\\*|\\*/|\\* @|<!--)|\\b(?:varchar|bigint|tinyint|decimal|int) ?\\(\\d|\\bcomment '|^\\s*[\"'][a-z_]\\w*[\"'] ?:|"
    "\\b(?:int|u?int256|uint8|string|bool|double|bigdecimal|long|private|integer|number|boolean|address) [a-z_]\\w*"
)
_COMMENT = bounded("^\\s*(?://|/\\*|\\*|#|--|<!--)|[;,{)] ?(?://|#|--) ?[^\"']*$|\\b(?:comment|description|value|name|notes|cn|label) ?[=:]? ?[\"'][^\"'\n]{0,40}$")
# What people will see: a line that holds one of these and no word of tests or tables is their text.
_SHOWN = bounded("\\b[a-z_.]*(?:title|desc|content|share|alert|toast|slogan|banner|notice|qraddress|keywords|placeholder|summary|intro|push|sms)[a-z_]*[\"']? ?(?:[=:]|\\()|insert into|^\\s*\\(?\\d+, ?'|<[a-z]+[ >]|</")
_TESTED = bounded("\\b(?:assert|expect|test|check|verify|validate|match|detect|filter|blacklist|blocked|block_?words|red_?words|warn_?words|keywords?|words|patterns?|regex|cases?|samples?|prompt|rules?|fixtures?|mock|example)[a-z_]*\\b|@schema|@api|comment '|\\bre\\.|_kw\\b|_words\\b|测试|用例|词表|词库|审核|检测|拦截|提示词")
# A list in brackets, or after a colon, of what is called false or forbidden: 虚假承诺（百分百、稳赚不赔）.
_BLAMED = bounded("(?:虚假|违规|违法|夸大|绝对化|不当|误导性?|诱导|欺诈|敏感|禁止|禁用|违禁|不合规|夸张)(?:性|的|、|/|或|和|与|及| )*(?:虚假|违规|夸大|绝对化|不当|误导)?(?:承诺|宣传|用语|表述|词汇?|话术|说法|广告|推广|营销)[^。\n(:,]{0,6}[(:][^。\n)]{0,60}$")
_DENIED = bounded("(?:拒绝|杜绝|没有|绝无|远离|告别|不做|不搞|不含|无)[^,。\n]{0,4}$")
# A field of a form that somebody fills in, its label and no more.
_FORM = bounded("<el-|v-model|<input|<label|<form|<select|<textarea|type=\"text\"|placeholder=|el-form")
_TAGS = bounded("<[^<>\\n]{0,200}>?")
LABEL = 16  # characters of the longest label
_PAIR = bounded("^\\s*[\"']?[a-z_][\\w.-]*[\"']? ?: ?[\"'`][^\"'`]*[\"'`],?\\s*$|^\\s*[\\[{}\\],;]*\\s*$")
_ASSIGNED = bounded("[a-z_\"\'] ?(?:=|:|\\(|=>) ?[@f]?[\"\'`]")  # a name is given a text
_ADDRESSED = bounded("尊敬的|亲爱的|[您你](?!是|的职责)|快来|赶快|立即|马上|邀请好友|[哦啦吧]!")


def shown(line: str) -> bool:
    """Does a line of a program hold what it will say to people: the text of a message, of a page to share?"""
    return _SHOWN.search(line) is not None and not _TESTED.search(line) and _ADDRESSED.search(line) is not None


def speaks(text: str, start: int, end: int) -> bool:
    """Words at [start, end) of normalised ``text`` stand in such a line."""
    low, high = text.rfind("\n", max(0, start - REACH), start) + 1, text.find("\n", end, end + REACH)
    line = text[max(low, start - REACH, 0):high if high >= 0 else end + REACH]
    return any(mark in line for mark in ("=", "(", ":")) and _ASSIGNED.search(line) is not None and shown(line)


def programmed(text: str, start: int, end: int) -> Excuse | None:
    """Words at [start, end) of normalised ``text`` stand in program text, and nothing there shows them to people."""
    low, high = max(0, start - REACH), min(len(text), end + REACH)
    line_start = max(low, text.rfind("\n", low, start) + 1)
    base = max(line_start, start - 100)
    blamed = _BLAMED.search(text[base:start])
    if blamed is not None and not _DENIED.search(text[line_start:base + blamed.start()]):
        return Excuse("quotation", f"列为“{blamed.group(0)[:8]}”")
    line_end = text.find("\n", end, high)
    line_end = high if line_end < 0 else line_end
    around = text[low:high]
    if "<" in around and _FORM.search(text[max(low, start - 160):end + 160]) and len(_TAGS.sub("", text[line_start:line_end]).strip()) <= LABEL:
        return Excuse("code", "表单或表格的栏目名")
    if not any(mark in around for mark in ("=", "(", ";", "{", '"', "'", "/*")):
        return None
    lines = [line for line in _TEMPLATE.sub(" ", around).split("\n") if line.strip()]
    starred = "/*" in around
    likely = [line for line in lines if _LETTERS.search(line) or (starred and line.lstrip().startswith("*"))]
    if len(likely) < max(LEAST, SHARE * len(lines)):
        return None
    program = _programs(likely, max(LEAST, SHARE * len(lines)), starred=starred)
    if not program:
        return None
    line = text[line_start:line_end]
    if _PAIR.search(line) and not _TESTED.search(around) and program - sum(1 for other in likely if _PAIR.search(other)) < LEAST:
        return None  # a file of the texts that a site shows, in pairs of a name and a text
    if _COMMENT.search(text[line_start:start]):
        return Excuse("code", "程序注释或数据表说明")
    if _SHOWN.search(line) and not _TESTED.search(line):
        return None
    return Excuse("code", f"程序文本（前后 {program} 行代码）")


def _programs(lines: list[str], least: float, *, starred: bool) -> int:
    """How many of the lines are of a program; 0 where they are fewer than ``least``. ``starred``: lines that begin with a star are comments."""
    count = 0
    for left, line in zip(range(len(lines), 0, -1), lines, strict=True):
        if count + left < least:
            return 0
        count += _is_program(line[:200]) or (starred and line.lstrip().startswith("*"))
    return count if count >= least else 0


@lru_cache(maxsize=256)
def _is_program(line: str) -> bool:
    """The claims of one paragraph stand in the same lines."""
    return _LINE.search(line) is not None


# Words of those who build, mend or order a program, not of those who praise what it earns.
_BUILDS = bounded(
    "诊断结果|根因|根本原因|排查|问题分析|修复|未(?:发布|接线|实现)|尚未(?:发布|上线|进入)|待(?:开发|实现|修复|确认)|生产(?:环境|数据库|库)|测试环境|幂等|并发|单测|(?:单元|集成|回归)测试|接口|数据表|表结构|表名|建表|字段|枚举|入参|出参|返回值|"
    "回调|灰度|埋点|定时任务|快照|对账|冲正|状态机|重构|分支|提交记录|commit|pull request|版本不匹配|查询范围|事件查询|日志|异常|错误码|后台(?:管理|配置|设置|可|录入|审核)|管理后台|配置项|默认值|(?:需求|设计)(?:文档|说明|规格)|用例|用户故事|迭代|排期|"
    "验收|功能(?:清单|列表|点|模块|需求)|前端|后端|数据库|技术(?:栈|选型|要点|方案)|springboot|spring|mybatis|\\bvue|react|thinkphp|uniapp|\\bredis|mysql|mongodb|docker|substrate|\\bjava\\b|python|\\bphp\\b|编译|架构设计|工作量|实施难度|开发效率|预计完成|人天|沟通成本|维护效率|可行性|责任描述|项目描述|项目职责|项目(?:概述|背景|简介)|核心功能|低延迟|高可用|本项目(?:旨在|基于|实现|使用|采用)|负责[^,。\n]{0,10}(?:开发|实现|模块)|"
    "\\bspec\\b|\\bphase ?\\d?\\b|\\btask ?\\d|§ ?\\d|硬编码|遥测|原子写|merkle|默克尔|\\bproof\\b|叶子结点|哈希|erc-?\\d+标准|数据结构|时间复杂度|开源协议|脚手架|路由|[a-z]{4,}(?:controller|model|view|viewcell|service|manager|adapter)\\b|控制器|组件库|缓存|线程|`[a-z_./-]{3,40}`"
)
_LEARNS = bounded("教程|你现在(?:应该)?能够|下一步(?:扩展|学习)|学习目标|本(?:章|节|课|实验)|知识点|示例代码|动手|练习|作业|读者")
_SELLS = bounded(
    "(?:加|添加|扫码?加)(?:我|老师|客服|助理|助手)?(?:的)?(?:微信|vx|v信|qq)|客服微信|扫码|立即(?:注册|加入|投资|参与|购买|领取|体验)|马上|邀请码|名额|诚招|诚邀|招募|欢迎(?:加入|咨询|投资)|限时|躺赚|稳赚|月入|日入|被动收入|(?<!最)高收益|保本|财富自由|"
    "赚(?:钱|取|到)|致富|快来|我们(?:将|会|为|的)|为您|让您|您(?:将|可|只需)|白皮书"
)


def built(text: str, start: int, end: int, code: str) -> Excuse | None:
    """Words at [start, end) of normalised ``text`` stand in a document of those who build programs: a report of a fault, a plan, a record of work."""
    around = text[max(0, start - REACH):end + REACH]
    if _SELLS.search(around):  # most pages sell, and say so soon
        return None
    cues = {match.group(0) for match in _BUILDS.finditer(around)}
    learnt = len({match.group(0) for match in _LEARNS.finditer(around)})
    if len(cues) + learnt < (BUILT_RETURNS if code.startswith(("yield.", "guarantee.")) else BUILT):
        return None
    if learnt >= 2:
        return Excuse("education", "编程教学")
    return Excuse("code", f"开发文档：{'、'.join(sorted(cues)[:4])}")
