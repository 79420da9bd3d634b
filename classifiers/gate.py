"""Is it the page at all? No finding may rest on a block page, a captcha, a login wall, a soft 404, a parked domain or a page that has vanished.

Two ways to be wrong, and both cost savings: a page that is none carries a false accusation; a page that is one is passed over. So every
judgement here says whether it is ``sure``. Words that only such pages use, in a place where they say what the page is, are sure. What only
looks like it (hardly any text, a login form, much less text than last time) is not: ``weigh`` gives way to a claim that stands on the page for
all to see, since a short page with a promise is an advertisement, not an empty page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import re2

from classifiers.likeness import alike
from classifiers.model import Page, Role, Verdict
from classifiers.needs import needs_browser

__all__ = ["PROBE_REASON", "Gate", "Prior", "gate", "needs_browser", "weigh"]


@dataclass(frozen=True, slots=True)
class Gate:
    kind: str  # page, block, captcha, login, near_empty, soft_404, parked, shrunk
    reason: str = ""  # Chinese, quotes what was seen
    sure: bool = True  # False: a claim seen on the page outweighs it


@dataclass(frozen=True, slots=True)
class Prior:
    """What earlier visits of the same client showed: of this address, and of addresses the site does not have."""

    text_chars: int  # of the last visit that showed the page
    not_found_text: str = ""  # what the site answers where it has nothing
    shrunk_chars: int = 0  # of the last visit, where that one was called shrunk
    probe: bool = False  # the address was made up by us: whatever it shows is no page


PROBE_REASON = "这是巡查编造的网址，网站照样回答，内容不算网页"
NEAR_EMPTY_CHARS = 20
SHORT_CHARS = 600  # interstitials are short; a long page that mentions a captcha is a page
TITLED_CHARS = 2_000  # what calls itself 404 or 拦截 in its title may have a menu and a footer
HEAD_CHARS = 80  # where a page says what it is
ONCE_LONG = 400  # characters a page must have had to be called shrunk
SAME_AGAIN = 0.2  # a page as short as last time, within this share, has become short
PICTURES = 3  # so many pictures are a page, whatever the text

# The whole kind by words that only such pages use. Each: (kind, what people call it, words in the text of a short page).
_SAYS = (
    ("block", "拦截页", re2.compile(
        r"(?:访问|请求|行为|网址|网页|页面|IP|操作).{0,12}(?:被|已|遭)(?:[^。，,]{0,14})?(?:拦截|阻断|阻止|封禁|拒绝|屏蔽)|网站防火墙|Web ?应用防火墙|疑似.{0,4}攻击|禁止访问|拒绝访问|无权(?:限)?访问|没有(?:访问|查看).{0,4}权限"
        r"|请求(?:带有|包含|含有)不合法(?:的)?参数|对网站造成(?:安全)?威胁|(?:您的|你的|当前)IP.{0,10}(?:不允许|禁止|限制|无权)|访问(?:过于|太)频繁|访问频率(?:过高|过快|超)"
        r"|未(?:进行|取得|完成)?(?:ICP)?备案.{0,30}(?:无法访问|不能访问|暂停|关闭|阻断)|该?网站暂时无法(?:进行)?访问|反诈(?:骗)?(?:中心|拦截)?.{0,20}(?:拦截|预警劝阻|停止访问)"
        r"|涉嫌.{0,12}(?:已被|被).{0,12}(?:拦截|停止访问|关停)|(?i:access (?:to this (?:page|site|resource) (?:has been|is|was) )?denied|you have been blocked"
        r"|request (?:has been |was )?(?:blocked|rejected|unsuccessful)|web application firewall|you don't have permission to access|403 forbidden|incapsula incident"
        r"|error 10(?:0[5-9]|1[0-9]|20)\b|unusual traffic|too many requests)")),
    ("block", "只许某个客户端打开的页", re2.compile(
        r"请(?:在|使用|用|复制.{0,8}到).{0,6}(?:微信|QQ|支付宝|手机浏览器|移动端|手机端|客户端|APP).{0,8}(?:打开|访问|查看)|仅(?:限|支持).{0,4}(?:微信|手机|移动端).{0,8}(?:打开|访问|查看)")),
    ("block", "出错页", re2.compile(
        r"系统繁忙|服务(?:器)?(?:暂时|暂)?(?:不可用|开小差|无响应|出错)|服务器(?:内部)?错误|网络(?:环境)?(?:存在)?异常|数据库(?:连接)?(?:失败|错误|出错)"
        r"|(?i:50[234] (?:bad gateway|service (?:temporarily )?unavailable|gateway time-?out)|bad gateway|internal server error|error establishing a database connection)")),
    ("captcha", "验证码页", re2.compile(
        r"人机(?:身份)?验证|真人验证|(?:请|需|需要|须)(?:先)?(?:完成|通过|进行).{0,4}(?:安全|滑块|图形|智能|访问)验证|验证(?:通过|完成|成功)?(?:后|以|再|即可)[^。，]{0,4}继续(?:访问|浏览)|输入.{0,12}验证码.{0,12}(?:继续|访问|浏览|确认您)"
        r"|(?:拖动|滑动|按住|移动).{0,6}滑块|滑动验证|拼图验证|点击(?:按钮)?(?:完成|进行|开始)验证|(?:证明|确认|验证)(?:您|你)(?:是|不是)(?:真人|人类|机器人)|不是机器人|协助验证|访问异常.{0,16}验证|依次点击.{0,16}(?:文字|图|汉字)|检查站点连接"
        r"|正在(?:检查|检测|验证)您?的?(?:浏览器|访问|连接)|(?i:verify (?:that )?you are (?:a )?human|verifying you are human|are you (?:a )?(?:human|robot)|i'?m not a robot"
        r"|just a moment\.\.\.|checking your browser|complete the (?:security check|captcha)|enable javascript and cookies to continue)")),
    ("parked", "域名停放页或服务器默认页", re2.compile(
        r"(?:本|此|该|这个|您访问的)?域名.{0,8}(?:正在出售|出售中|可(?:以)?(?:出售|转让|交易)|待售|转让中|低价转让|一口价)|(?:买|购买)(?:此|该|这个)域名|域名停放|域名.{0,6}(?:未绑定|没有绑定|尚未绑定|未解析)"
        r"|(?:本|此|该|原|旧|您访问的|访问的)域名.{0,6}(?:已|已经)?(?:过期|到期)|(?:站点|网站)创建成功|恭喜.{0,6}站点|(?:网站|站点|本站)(?:正在)?(?:建设|维护|升级|筹备)中|(?:网站|站点|本站|主机|空间)(?:已经?被?|暂时)?(?:关闭|停止服务|停止运营|暂停服务|到期|欠费|过期)"
        r"|没有找到站点|(?i:this domain (?:name )?(?:is|may be|might be) (?:for sale|parked|available)|domain (?:name )?(?:is )?for sale|buy this domain|parked (?:free|domain)"
        r"|domain parking|welcome to (?:nginx|openresty|centos|tengine)|apache2? .{0,20}default page|test page for the|iis windows server|it works!|under construction|coming soon)")),
    ("soft_404", "名为正常、实为“未找到”的页", re2.compile(
        r"(?:页面|网页|内容|文章|信息|商品|产品|地址|网址|链接|资源|项目)(?:可能|似乎|好像)?(?:已经?|不小心|暂时)?(?:不存在|未找到|没有?找到|找不到|走丢|丢失|不见|已(?:被)?(?:删除|下架|移除)|被删除|去火星|失效)"
        r"|(?:找不到|未找到|没有?找到|无法找到)(?:您|你)?(?:要|所)?(?:访问|查找|浏览|请求|打开)?的?(?:页面|网页|内容|资源|文章|信息)"
        r"|(?:您|你)(?:要|所|想)?(?:访问|查找|浏览|请求|打开)的(?:页面|网页|内容|网址|地址|文章|链接|资源)|(?:输入|访问)的(?:网址|地址)有误"
        r"|(?i:404[ -]{0,3}(?:not found|error|错误|page)|(?:error|错误)[ :：]{0,2}404|page (?:not found|does not exist|cannot be found)|cannot be found|no longer (?:exists|available))")),
)
# The kind by the title alone: it says what the page is, so a menu and a footer around it change nothing.
_TITLED = (
    ("block", "拦截页", re2.compile(r"(?i:^\W*(?:40[35]\b|access denied|attention required|forbidden)|防火墙|访问(?:被|受限|拒绝|阻断|禁止)|拦截(?:提示|页|$)|(?:请求|访问)(?:已)?被拦截)")),
    ("captcha", "验证码页", re2.compile(r"(?i:^\W*(?:人机|安全|滑动|滑块)?验证(?:码|中心|页面)?\W*$|^\W*(?:just a moment|security check|human verification|captcha))")),
    ("parked", "域名停放页或服务器默认页", re2.compile(
        r"(?i:域名.{0,6}(?:出售|转让|停放|到期|过期)|domain.{0,20}(?:for sale|parked)|^\W*(?:welcome to (?:nginx|openresty|centos)|iis windows|apache2? .{0,20}default|站点创建成功|没有找到站点))")),
    ("soft_404", "名为正常、实为“未找到”的页", re2.compile(
        r"(?i:^\W*(?:http\W{0,2})?(?:error\W{0,2})?404\b|\b404\W*$|404.{0,4}(?:not found|错误|页面|未找到)|(?:页面|网页|内容|文章|地址|链接)(?:不存在|未找到|没有?找到|找不到|走丢|丢失)|找不到(?:页面|网页|该页)|page not found|^\W*not found)")),
)
_LOGIN_TITLE = re2.compile(r"(?i:登录|登陆|登入|\blog ?in\b|\bsign ?in\b|统一身份认证|单点登录)")
_LOGIN_SAYS = re2.compile(
    r"请先(?:登录|登陆|登入)|(?:登录|登陆)(?:后|之后)(?:才能?|方可|即?可|再)?(?:继续)?(?:查看|访问|浏览|进行|操作|继续)|(?:您|你)(?:还|尚)?(?:没有|未)(?:登录|登陆)|(?:会话|登录|登陆)(?:已|已经)?(?:超时|过期|失效)"
    r"|(?:微信|支付宝|手机).{0,6}扫码登录|(?i:please (?:log|sign) ?in)")
_HALVES = re.compile("[\ud800-\udfff]")
_OFF_MAIN = (Role.NAV, Role.FOOTER)


def gate(page: Page, *, status: int | None, prior: Prior | None = None) -> Gate:
    """``status`` of the answer, None where there was none (a file, a text). ``prior`` makes soft 404 and shrinking visible."""
    try:
        return _gate(page, status, prior)
    except UnicodeEncodeError:  # no expression of RE2 reads half a surrogate pair
        blocks = tuple(block._replace(text=_whole(block.text)) for block in page.blocks)
        return _gate(replace(page, text=_whole(page.text), title=_whole(page.title), blocks=blocks), status, prior)


def _gate(page: Page, status: int | None, prior: Prior | None) -> Gate:
    text = page.text.strip()
    main = _main(page) if len(text) > SHORT_CHARS else text
    said = _says(page, main)
    if said is not None and said.kind != "soft_404":  # a site behind a wall answers every address with the wall
        return said
    if prior is not None and prior.probe:
        return Gate("soft_404", PROBE_REASON)
    if prior is not None and alike(text, prior.not_found_text):
        return Gate("soft_404", "与该站对不存在网址的回应相同")
    if said is not None:
        return said
    login = _login(page, text, main)
    if login:
        return Gate("login", login, sure=False)
    if status is not None and len(text) < NEAR_EMPTY_CHARS and not _pictures(page):
        return Gate("near_empty", f"可见文字只有 {len(text)} 字", sure=False)
    if prior is not None and _shrunk(len(text), prior):
        return Gate("shrunk", f"可见文字由 {prior.text_chars} 字骤减为 {len(text)} 字", sure=False)
    return Gate("page")


def _whole(text: str) -> str:
    return _HALVES.sub("\ufffd", text)


def weigh(gate: Gate, verdict: Verdict) -> Gate:
    """The gate once the page is judged: a claim that people see outweighs what only looked like no page."""
    if gate.sure or gate.kind == "page":
        return gate
    seen = next((f for f in verdict.findings if f.claim.role not in (Role.SCRIPT, Role.HIDDEN, Role.META)), None)
    if seen is None:
        return gate
    return Gate("page", f"{gate.reason}，但页面上有“{seen.claim.span[:40]}”，按网页研判")


def _main(page: Page) -> str:
    """The text without menu and footer."""
    return "\n".join(block.text for block in page.blocks if block.role not in _OFF_MAIN).strip()


def _says(page: Page, main: str) -> Gate | None:
    """Block page, captcha, parked domain, soft 404, by what the page says of itself. Sure where it says so first or in the title; words
    further down a page may be said of something else (a notice that an old domain has expired), and give way to a claim."""
    title = page.title.strip()
    if title and len(main) <= TITLED_CHARS:
        for kind, name, pattern in _TITLED:
            found = pattern.search(title)
            if found:
                return Gate(kind, f"标题像{name}：“{title[:60]}”", sure=len(main) <= SHORT_CHARS)
    if len(main) <= SHORT_CHARS:
        for kind, name, pattern in _SAYS:
            found = pattern.search(main)
            if found:
                return Gate(kind, f"像{name}：“{found.group(0)}”", sure=found.start() <= HEAD_CHARS and len(main) <= SHORT_CHARS // 2)
    return None


def _login(page: Page, text: str, main: str) -> str:
    """Why it is a login wall: little beside the form, and no way further in but to sign in. A home page with a login box has more to say."""
    if len(main) > SHORT_CHARS // 2:
        return ""
    beside = sum(len(block.text) for block in page.blocks if block.role not in (*_OFF_MAIN, Role.FORM, Role.BUTTON))
    if page.has_password_field and (beside < 80 or (_LOGIN_TITLE.search(page.title) and len(main) < 200)):
        return "几乎只有登录表单"
    said = _LOGIN_SAYS.search(main)
    if said and len(text) <= SHORT_CHARS and (len(main) < 120 or _LOGIN_TITLE.search(page.title)):
        return f"要求先登录：“{said.group(0)}”"
    return ""


def _pictures(page: Page) -> bool:
    """A page of pictures: a landing page cut into slices, or one poster. An error page with a logo has a script or a word of its own."""
    return len(page.images) >= PICTURES or (bool(page.images) and not page.script_bytes)


def _shrunk(chars: int, prior: Prior) -> bool:
    if prior.text_chars < ONCE_LONG or chars * 5 >= prior.text_chars:
        return False
    return not prior.shrunk_chars or abs(chars - prior.shrunk_chars) > SAME_AGAIN * max(chars, prior.shrunk_chars)
