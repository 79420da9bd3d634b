"""Is it the page at all? Each kind with what it must know and what it must not be taken in by. All texts are our own."""

from __future__ import annotations

import pytest

from classifiers.extract import extract
from classifiers.gate import Gate, Prior, gate, weigh
from classifiers.model import Claim, Document, Finding, Genre, Level, Page, Role, Verdict

MENU = "<nav>首页 我要投资 我要借款 安全保障 新手指引 关于我们 登录 注册</nav>"
FOOT = "<footer>版权所有 示例（云麓）网络科技有限公司 市场有风险，出借需谨慎</footer>"
STORY = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。"
LOGIN_FORM = "<form><label>用户名</label><input name=u><label>密码</label><input type=password name=p><button>登录</button></form>"


def read(body: str, title: str = "") -> Page:
    return extract(Document(body=f"<html><head><meta charset=utf-8><title>{title}</title></head><body>{body}</body></html>".encode(), url="http://a.example/"))


def kind(body: str, title: str = "", prior: Prior | None = None) -> str:
    return gate(read(body, title), status=200, prior=prior).kind


@pytest.mark.parametrize(("title", "body"), [
    ("访问被阻断", "很抱歉，由于您访问的网址有可能对网站造成安全威胁，您的访问被阻断。"),
    ("网站防火墙", "您的请求带有不合法参数，已被网站管理员设置拦截！可能原因：您提交的内容包含危险的攻击请求。"),
    ("", "<h1>403 Forbidden</h1><hr><center>nginx</center>"),
    ("Access Denied", "You don't have permission to access this server. Reference #18.5a"),
    ("Attention Required!", "Sorry, you have been blocked. You are unable to access this site."),
    ("提示", "<p>当前访问疑似黑客攻击，已被网站管理员设置为拦截</p><p>事件编号 12345</p>"),
    ("", "您的IP地址不在允许访问的范围内，当前IP已被限制访问。"),
    ("", "访问过于频繁，请稍后再试。"),
    ("温馨提示", "<h2>该网站暂时无法访问</h2><p>该网站未进行备案或备案信息有误。</p>"),
    ("", "反诈中心提醒您：您访问的网址涉嫌诈骗，已被拦截。"),
    ("", "很抱歉，您提交的请求可能对网站造成威胁，请求已被管理员设置的策略阻断"), ("", "您的请求疑似攻击行为！事件ID：8c1f"), ("", "<h2>禁止访问</h2>您没有访问该页面的权限"),
    ("", "<h1>502 Bad Gateway</h1><hr>nginx"), ("提示", "系统繁忙，请稍后再试"), ("", "请在微信客户端打开链接"), ("提示", "本页仅限手机访问，请用手机扫码"),
    ("提示", MENU + "<p>您的访问请求已被系统拦截，请联系客服。</p>" + FOOT),
])
def test_a_block_page(title: str, body: str) -> None:
    assert kind(body, title) == "block"


@pytest.mark.parametrize(("title", "body"), [
    ("安全验证", "<p>请完成安全验证后继续访问</p><div>按住滑块，拖动到最右边</div>"),
    ("", "为了保障您的访问安全，请输入图中验证码后继续访问。<input name=code><button>提交</button>"),
    ("Just a moment...", "Checking your browser before accessing."),
    ("", "Verify you are human by completing the action below."),
    ("人机验证", "<div>点击按钮开始验证</div>"), ("", "系统检测到您的访问异常，为确认是正常用户行为，需要您协助验证"), ("", "请依次点击下图中的文字：财 富 安 全"),
    ("", "正在验证您的浏览器，请稍候。"),
])
def test_a_captcha(title: str, body: str) -> None:
    assert kind(body, title) == "captcha"


@pytest.mark.parametrize(("title", "body"), [
    ("", "此域名正在出售，有意者请联系经纪人。This domain is for sale."),
    ("example 域名出售", "<p>一口价出售，支持中介交易，联系方式见下方。</p>"),
    ("", "您访问的域名已过期，请联系域名注册商续费。"),
    ("", "<h1>Welcome to nginx!</h1><p>If you see this page, the web server is successfully installed.</p>"),
    ("恭喜，站点创建成功！", "<h1>恭喜, 站点创建成功！</h1><p>这是默认首页，本页面由系统自动生成</p>"),
    ("", "<h1>网站建设中</h1><p>敬请期待</p>"),
    ("没有找到站点", "<p>您的请求在服务器中没有找到对应的站点</p>"),
    ("", "本网站因主机已到期，暂停服务，请联系空间商。"),
])
def test_a_parked_domain_or_an_empty_host(title: str, body: str) -> None:
    assert kind(body, title) == "parked"


@pytest.mark.parametrize(("title", "body"), [
    ("404 Not Found", "nothing here"), ("页面不存在 - 示例财富", MENU + "<p>5 秒后返回首页</p>" + FOOT),
    ("示例财富", MENU + "<p>抱歉，您访问的页面不存在或已被删除</p>" + FOOT), ("出错了", "<h2>页面走丢了</h2><a href=/>返回首页</a>"),
    ("示例财富", "<p>该项目已下架</p><a href=/>看看别的</a>"), ("404", MENU * 5 + FOOT * 5), ("提示信息", "没有找到您要访问的内容"),
])
def test_a_soft_404_says_so_itself(title: str, body: str) -> None:
    assert kind(body, title) == "soft_404"


@pytest.mark.parametrize(("title", "body"), [
    ("用户登录", MENU + LOGIN_FORM + FOOT), ("示例财富", LOGIN_FORM + "<a href=/r>免费注册</a> <a href=/f>忘记密码</a>"),
    ("示例财富", "<p>请先登录后查看项目详情</p>"), ("登录 - 示例财富", MENU + "<p>您还没有登录，请扫码登录</p>" + FOOT), ("提示", "会话已超时，请重新登录"),
])
def test_a_login_wall(title: str, body: str) -> None:
    assert kind(body, title) == "login"


@pytest.mark.parametrize("body", ["", "加载中", "<div id=app></div><script src=app.js></script>", "<img src=logo.png><script src=a.js></script>", "<h1>测试</h1>"])
def test_a_near_empty_page(body: str) -> None:
    found = gate(read(body), status=200)
    assert (found.kind, found.sure) == ("near_empty", False)
    assert gate(read(body), status=None).kind == "page"  # a text or a file is judged as it stands


@pytest.mark.parametrize(("title", "body"), [
    ("示例财富 - 网络借贷信息中介平台", f"{MENU}{LOGIN_FORM}<h1>新手标 12%</h1><p>{STORY * 3}</p>{FOOT}"),  # a home page with a login box
    ("示例财富", f"{MENU}<div class=login>{LOGIN_FORM}</div><h2>安全保障</h2><p>{STORY}</p><p>{STORY}</p>{FOOT}"),
    ("免费注册", f"{MENU}<form><p>手机号</p><p>图形验证码</p><p>短信验证码</p><p>我已阅读并同意服务协议</p><button>注册</button></form><p>{STORY}</p>"),
    ("安全保障", f"<p>平台采用银行级安全防护，部署网站安全加固系统，{STORY}</p>"),
    ("帮助中心", f"<p>登录时需要输入验证码。如收不到验证码，请联系客服。{STORY * 2}</p>"),
    ("充值说明", f"<p>请先进行身份验证再进行充值操作。{STORY}</p>"),
    ("防骗提示", f"<p>警方已拦截多起冒充客服的诈骗电话。{STORY * 14}</p>"),
    ("新闻", f"<h1>某论坛域名交易升温</h1><p>记者获悉，一口价成交的域名增多。此域名正在出售的字样随处可见。{STORY * 14}</p>"),
    ("项目列表", f"{MENU}<table><tr><td>第404期</td><td>12 个月</td><td>起投 100 元</td></tr></table><p>{STORY}</p>"),
    ("关于我们", f"<h1>关于我们</h1><p>{STORY}</p><p>请登录官方网站核对。</p>"),
    ("下载客户端", f"<h1>随时随地理财</h1><p>{STORY}</p><p>扫描二维码，下载手机客户端，在手机上查看您的收益。</p>"),
    ("风控体系", f"<h1>风控体系</h1><p>未经授权的操作会被系统自动识别。{STORY}</p><p>服务器部署在银行级机房，{STORY}</p>"),
])
def test_a_real_page_is_a_page(title: str, body: str) -> None:
    found = gate(read(body, title), status=200)
    assert found == Gate("page"), found


def test_pictures_without_words_are_a_page() -> None:
    assert kind("<img src=1.jpg>") == "page"
    assert kind("<script src=a.js></script>" + "".join(f"<img src={i}.jpg>" for i in range(4))) == "page"


def verdict(span: str, role: Role = Role.MAIN) -> Verdict:
    claim = Claim(kind="guarantee.principal", span=span, start=0, end=len(span), role=role)
    finding = Finding(code="guarantee.principal", claim=claim, rule="r", ruleset="sha256:0", provisions=(), level=Level.RED, suggestion="立案", confidence=1,
                      reasons=())
    return Verdict(genre=Genre.PLATFORM, findings=(finding,))


@pytest.mark.parametrize(("title", "body", "prior"), [
    ("", "保本保息 年化18%", None), ("", "<p>保本保息</p>", Prior(5_000)), ("登录", LOGIN_FORM + "<p>保本保息 年化18%</p>", None),
    ("示例财富", "<p>" + "示例财富为您服务。" * 12 + "原域名已过期，请收藏新网址，保本保息。</p>", None),
])
def test_a_promise_that_people_see_is_never_swallowed_by_what_merely_looks_like_no_page(title: str, body: str, prior: Prior | None) -> None:
    found = gate(read(body, title), status=200, prior=prior)
    assert found.kind != "page" and not found.sure
    weighed = weigh(found, verdict("保本保息"))
    assert weighed.kind == "page" and "保本保息" in weighed.reason
    assert weigh(found, Verdict(genre=Genre.OTHER)) == found
    assert weigh(found, verdict("保本保息", Role.SCRIPT)) == found  # nobody sees it: the browser must look


@pytest.mark.parametrize("body", ["<h1>您的访问被拦截</h1><p>保本保息</p>", "<h1>404 Not Found</h1><p>保本保息</p>", "<h1>此域名正在出售</h1><a>保本保息的理财</a>"])
def test_what_is_surely_no_page_stays_none_whatever_stands_on_it(body: str) -> None:
    found = gate(read(body), status=200)
    assert found.sure
    assert weigh(found, verdict("保本保息")) == found


def test_what_the_site_answers_to_an_address_it_does_not_have_is_no_page() -> None:
    missing = read(f"{MENU}<p>内容搬家了，请从首页重新进入</p><p>您查的是 /a8f3.html，时间 10:22</p>{FOOT}").text
    prior = Prior(0, missing)
    assert kind(f"{MENU}<p>内容搬家了，请从首页重新进入</p><p>您查的是 /loan/88.html，时间 11:03</p>{FOOT}", prior=prior) == "soft_404"
    assert kind(f"{MENU}<h1>月月盈</h1><p>{STORY}</p>{FOOT}", prior=prior) == "page"
    assert kind("12%", prior=Prior(0, "18%")) == "near_empty"


def test_a_made_up_address_shows_no_page_whatever_it_shows() -> None:
    assert gate(read(f"<h1>保本保息</h1><p>{STORY * 5}</p>"), status=200, prior=Prior(0, probe=True)) == Gate(
        "soft_404", "这是巡查编造的网址，网站照样回答，内容不算网页")


def test_a_page_that_became_short_is_shrunk_once_and_then_a_short_page() -> None:
    page = read(f"<p>{STORY}</p>")
    assert gate(page, status=200, prior=Prior(5_000)).kind == "shrunk"
    assert gate(page, status=200, prior=Prior(5_000, shrunk_chars=len(page.text))).kind == "page"
    assert gate(page, status=200, prior=Prior(5_000, shrunk_chars=3 * len(page.text))).kind == "shrunk"
    assert gate(page, status=200, prior=Prior(300)).kind == "page"


@pytest.mark.parametrize("body", ["<p>" + "被" * 200_000, "<p>" + "请" * 100_000 + "登录", "域名" * 100_000])
def test_the_gate_is_linear(body: str) -> None:
    gate(read(body[:590]), status=200)
    assert gate(read(body), status=200, prior=Prior(10, body)).kind in ("page", "soft_404")
