"""The Chinese words for what the indexer keeps: page gates, outcomes of a visit, genres."""

from __future__ import annotations

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
