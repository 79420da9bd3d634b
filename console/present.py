"""The words a person reads for the values the program keeps. Unknown values are shown as they are."""

from __future__ import annotations

from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
LEVELS = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
LEVEL_NUMBERS = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}
LEVEL_HINTS = {"red": "红：涉嫌情形最重", "orange": "橙：涉嫌情形较重", "yellow": "黄：涉嫌情形一般", "blue": "蓝：关注，不进线索"}
STATES = {"waiting": "待核查", "confirmed": "已确认", "dismissed": "已排除"}
GATES = {
    "page": "网页本身", "block": "拦截页", "captcha": "验证码", "login": "登录页", "near_empty": "近乎空白", "soft_404": "假 404",
    "parked": "停放域名", "shrunk": "内容骤减",
}
OUTCOMES = {
    "ok": "正常", "redirect_out": "跳出范围", "not_found": "页面不存在", "http_error": "网站出错", "rate_limited": "要求放慢",
    "robots": "robots 不允许", "refused_address": "地址被拒", "dns": "域名无法解析", "connect": "无法连接", "tls": "加密连接失败",
    "timeout": "超时", "reset": "连接中断", "too_large": "内容过大", "bomb": "压缩炸弹", "redirect_loop": "循环跳转", "empty": "空白",
    "not_html": "不是网页", "browser_crash": "浏览器崩溃", "not_archived": "未能存证",
}
GENRES = {
    "platform": "平台", "ad": "广告", "bank": "银行", "news": "新闻", "law": "法规", "regulator": "监管公告", "education": "教育宣传",
    "complaint": "投诉维权", "fiction": "文学", "job": "招聘", "technical": "技术", "other": "其他",
}
ROLES = {
    "main": "正文", "nav": "导航", "ad": "广告位", "button": "按钮", "form": "表单", "table": "表格", "footer": "页脚", "image_text": "图片文字",
    "script": "脚本文字", "alt": "图片说明", "meta": "页面描述", "hidden": "隐藏文字",
}
CLIENTS = {"desktop-static": "电脑·静态", "desktop-browser": "电脑·浏览器", "phone-static": "手机·静态", "phone-browser": "手机·浏览器"}
SOURCES = {"dom": "浏览器渲染后的页面", "response": "网站应答原文", "text": "浏览器所存文字"}
FIELDS = {
    "level": "等级", "code": "涉嫌类型", "genre": "页面类型", "gate": "页面判别", "outcome": "访问结果", "site": "网站", "run": "巡查",
    "client": "访问方式", "domain": "域名", "icp": "备案号", "company": "主办者", "since": "起", "until": "止",
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
