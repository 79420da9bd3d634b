"""The words a person reads for the values the program keeps. Unknown values are shown as they are."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from indexer.words import GATES, GENRES, OUTCOMES

BEIJING = ZoneInfo("Asia/Shanghai")
LEVELS = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
LEVEL_NUMBERS = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}
LEVEL_HINTS = {"red": "红：涉嫌情形最重", "orange": "橙：涉嫌情形较重", "yellow": "黄：涉嫌情形一般", "blue": "蓝：关注，不进线索"}
STATES = {"waiting": "待核查", "confirmed": "已确认", "dismissed": "已排除"}
ROLES = {
    "main": "正文", "nav": "导航", "ad": "广告位", "button": "按钮", "form": "表单", "table": "表格", "footer": "页脚", "image_text": "图片文字",
    "script": "脚本文字", "alt": "图片说明", "meta": "页面描述", "hidden": "隐藏文字",
}
CLIENTS = {"desktop-static": "电脑·静态", "desktop-browser": "电脑·浏览器", "phone-static": "手机·静态", "phone-browser": "手机·浏览器",
           "desktop-evidence": "电脑·取证", "phone-evidence": "手机·取证", "attended": "取证会话"}
SOURCES = {"dom": "浏览器渲染后的页面", "response": "网站应答原文", "text": "浏览器所存文字"}
FIELDS = {
    "level": "等级", "code": "涉嫌类型", "genre": "页面类型", "gate": "页面判别", "outcome": "访问结果", "site": "网站", "run": "巡查",
    "client": "访问方式", "domain": "域名", "icp": "备案号", "company": "主办者", "uscc": "信用代码", "provision": "条款", "region": "地区", "state": "线索状态",
    "since": "起", "until": "止",
}
PERIODS = {"year": "年", "month": "月", "day": "日", "total": "总计"}


def label(kind: str, value: str) -> str:
    """The Chinese word for a value of this field."""
    from alerts.names import code_name

    tables = {"level": LEVELS, "state": STATES, "gate": GATES, "outcome": OUTCOMES, "genre": GENRES, "role": ROLES, "client": CLIENTS,
              "source": SOURCES, "period": PERIODS}
    if kind == "site":
        return value.removeprefix("https://").removeprefix("http://")
    return code_name(value) if kind == "code" else tables.get(kind, {}).get(value, value)
