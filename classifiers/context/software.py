"""Is the paragraph about a program that its reader installs, runs or builds, or about the roles that a program plays?

A library that trades, a team of agents that analyse shares, a robot whose source lies open: none offers anything to the public. A machine that
earns money is sold in the same words, so what is sold (a contact, a membership, a gain, a code that invites) takes the excuse away.
"""

from __future__ import annotations

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse

AROUND = 600  # characters read on either side
# Who reads this runs the program himself.
_RUN = bounded(
    "pip3? install|git clone|npm (?:install|run)|docker|localhost|requirements\\.txt|readme|python3? [\\w./-]+\\.py|node(?:js)? [\\w./-]+\\.js|\\bmake [a-z]+\\b|import [a-z_]+|from [a-z_.]+ import|"
    "\\bconfig\\.[a-z]{2,5}\\b|\\b[a-z_]{3,}\\.(?:py|js|ts|go|java|cpp|md|json|yaml|yml|toml|ipynb|db)\\b|\\bgo get\\b|\\bmvn\\b|\\bpytest\\b|[a-z]+_[a-z_]+ ?[(=]|api[ _-]?key|api ?密钥|触发词|\\bdef |\\bconst |\\bselect \\*|\\bsdk\\b|"
    "\"\"\"|\\b[a-z]{2,}\\.[a-z_]{3,}\\(|目录说明|目录结构|项目结构|环境要求|运行环境|安装依赖|依赖安装|环境变量|命令行|源代码|本仓库|克隆|编译|二次开发|开源|单元测试|接口文档|接入文档|对接文档|接口封装|输入参数|输出参数|返回值|定时任务|爬虫|代码仓"
)
# Of parts of a program.
_PARTS = bounded(
    "多?智能体|\\bagents?\\b|\\bllm\\b|大(?:语言)?模型|提示词|prompt|工作流|流水线|状态机|框架|架构|模块|组件|回测|因子|数据源|数据采集|引擎|编排|工具调用|知识库|\\brag\\b|\\bmcp\\b|\\bcli\\b|web ?ui|streamlit|sqlite|redis|mysql|"
    "\\bk线数据|技术栈|前端|后端|字段|配置项|参数|日志|缓存|封装|接口|单机|部署|脚本|渲染|交互式|数据库|skill|macd|\\brsi\\b|\\bboll\\b|夏普|sharpe|\\bjson\\b|\\bapi\\b|路线图|需求文档|非目标|本期不做|更新日志|webhook|回调地址|验签|\\bmvp\\b|\\bbeta\\b|看板|产品定位|里程碑|竞品"
)
# Somebody sells: of such a text nothing is cleared.
_SOLD = bounded(
    "(?:加|添加|扫码?加)(?:我|老师|客服|助理|助手)?(?:的)?(?:微信|vx|v信|qq|企鹅|tg|飞机|电报)|微信号?[:：]|客服(?:微信|qq)|\\bvx\\b|会员(?:费|群|价|专享|套餐|权益)|vip(?:群|会员|专享)|进群|入群|私聊|私信|限时|名额|躺赚|躺着|睡后|月入|日入|"
    "每[天日月][^,。\n]{0,6}(?:收益|盈利|赚|分红|返)|(?:日|月|年)化?收益[^,。\n]{0,6}\\d|稳赚|稳定(?:收益|盈利)|高收益|保本|胜率(?:高达|\\d)|实盘(?:收益|盈利|战绩)|邀请码|推荐码|邀请好友|返佣|返现|推广(?:奖励|收益|佣金)|代理(?:商|加盟|招募)|招商|加盟|激活码|授权码|"
    "购买|付费|售价|优惠|免费(?:领|试用|体验)|立即(?:注册|下载|体验|加入|开户|购买)|开户|入金|锁仓|质押|空投|挖矿|矿机|代币|白皮书|公链|节点收益"
)
# What only a text of programs that its reader runs is cleared of: whoever sells a token calls it an engine and a framework too.
_NEEDS_RUN = ("crypto.", "guarantee.", "yield.", "ponzi.", "inducement", "fundraising.", "brand.unlicensed", "project.", "asset.")


def software(text: str, start: int, end: int, code: str) -> Excuse | None:
    """Words at [start, end) of normalised ``text`` stand in a text of programs."""
    around = text[max(0, start - AROUND):end + AROUND].replace("开源节流", "")  # no open source
    if _SOLD.search(around):  # most pages sell, and say so soon
        return None
    run = {match.group(0) for match in _RUN.finditer(around)}
    if not run and code.startswith(_NEEDS_RUN):
        return None
    parts = {match.group(0) for match in _PARTS.finditer(around)}
    if 2 * len(run) + len(parts) < 3:
        return None
    return Excuse("code", f"说的是程序：{'、'.join(sorted(run | parts)[:4])}")
