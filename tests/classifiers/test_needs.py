"""Which pages a browser must open, and why; and which must be spared, since it costs hundreds of static pages. All pages are our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.extract import extract, outline
from classifiers.model import Document
from classifiers.needs import needs_browser

SITES = Path(__file__).resolve().parents[3] / "shared" / "sites"
STORY = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。"
MENU = "<nav><a href=/>首页</a><a href=/p>我要出借</a><a href=/s>安全保障</a><a href=/a>关于我们</a></nav>"
FOOT = "<footer>版权所有 示例（云麓）网络科技有限公司 京ICP备00000000号</footer>"
JQUERY = "<script src=/js/jquery-3.6.0.min.js></script><script src=/js/bootstrap.min.js></script><script src=//hm.baidu.com/hm.js?1></script>"


def why(body: str, head: str = "") -> str:
    return needs_browser(extract(Document(body=f"<html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>".encode(), url="http://a.example/")))


@pytest.mark.parametrize(("body", "says"), [
    ("<noscript>We're sorry but this app doesn't work properly without JavaScript enabled.</noscript><div id=app></div><script src=/js/app.8f3.js></script>", "#app"),
    ("<div id='root'><!-- mount --></div><script type=module src=/assets/index.js></script>", "#root"),
    ("<div id=__nuxt></div><script>window.__NUXT__={}</script>", "#__nuxt"), ("<app-root></app-root><script src=main.js></script>", "<app-root>"),
    ("<div id=umi class=x></div><script src=/umi.js></script>", "#umi"),
    (f"{MENU}<div id=app></div>{FOOT}<script src=/js/app.js></script>", "#app"),
    ("<noscript>您的浏览器不支持 JavaScript，请启用后访问。</noscript><div class=page></div><script>start()</script>", "启用 JavaScript"),
    (f"{MENU}<ul id=list></ul>{FOOT}<script>$.ajax({{url:'/api/list',success:function(d){{$('#list').html(d)}}}})</script>", "脚本"),
    ("<script>location.href='/m/index.html'</script>", "跳转"), ("<p>正在跳转</p><script>window.location.replace('/home')</script>", "跳转"),
    ("<p>页面加载中，请稍候...</p><script src=a.js></script>", "脚本"), ("<div id=wrap></div><script>document.write(unescape('%u4fdd%u672c'))</script>", "脚本"),
    ("<div id=page>加载中</div><script>window.__INITIAL_STATE__={\"list\":[\"" + STORY * 3 + "\"]}</script>", "未显示"),
    ("<div v-for='p in list'><h3>{{ p.name }}</h3><b>{{ p.rate }}%</b><p>" + STORY * 8 + "</p></div><script src=vue.js></script>", "模板"),
    ("<div id=c></div><script src=/static/js/2.chunk.js></script><script src=/static/js/main.chunk.js></script>", "脚本"),
    ("<script data-main='js/main' src='js/require.js'></script>", "脚本生成"), ("<script src=js/sea.js></script><script>seajs.use('main')</script>", "脚本生成"),
    ("<div></div><script src=/js/jquery.min.js></script><script>$(init)</script>", "脚本生成"),
    ("<noscript>抱歉，本站须启用 JavaScript 才能显示内容，请在浏览器设置中打开后再试</noscript><p></p><script src=/js/jquery.js></script>", "启用 JavaScript"),
    ("", ""),
])
def test_a_page_that_scripts_write_is_opened(body: str, says: str) -> None:
    reason = why(body)
    assert says in reason and bool(reason) == bool(says), reason
    assert any("\u4e00" <= c <= "\u9fff" for c in reason) or not reason


def test_the_promise_kept_as_data_is_told_beforehand() -> None:
    reason = why("<div id=app></div><script id=__NEXT_DATA__ type=application/json>{\"p\":[{\"t\":\"新手标 年化18%\"},{\"t\":\"保本保息\"}]}</script><script src=a.js></script>")
    assert "#app" in reason and "年化18%" in reason


@pytest.mark.parametrize("body", [
    f"{JQUERY}{MENU}<h1>安全保障</h1><p>{STORY * 4}</p>{FOOT}", f"<p>{STORY}</p>{JQUERY}", "<h1>保本保息 年化18%</h1>", f"<p>{STORY * 3}</p><script src=a.js></script>",
    f"<div id=app><h1>安全保障</h1><p>{STORY * 2}</p></div><script src=app.js></script>",  # rendered on the server
    f"{MENU}<p>{STORY * 4}</p><script>function f(){{document.getElementById('x').innerHTML='ok'}}</script>",
    f"<p>{STORY * 5}</p><noscript>请启用 JavaScript 以获得更好的体验</noscript><script src=a.js></script><script src=b.js></script>",
    f"<p>{STORY * 8}</p><script type=application/json>{{\"state\":\"{STORY * 20}\"}}</script>",
    "<h1>404 Not Found</h1>", "<p>您的访问被拦截</p>", f"<p>模板语法如 {{{{ name }}}}，说明如下。{STORY * 15}</p><script src=a.js></script>",
    f"<div id=root></div><p>{STORY * 15}</p><script src=a.js></script>",
])
def test_an_ordinary_page_is_not(body: str) -> None:
    assert why(body) == ""


@pytest.mark.shared
@pytest.mark.skipif(not SITES.is_dir(), reason="../shared is not here")
def test_hardly_a_page_of_real_static_sites_is_sent_to_the_browser() -> None:
    pages = list(SITES.rglob("*.html"))
    sent = [path for path in pages if needs_browser(extract(Document(body=path.read_bytes(), url="http://x.cn/")))]
    assert len(sent) <= 0.05 * len(pages), sent


@pytest.mark.parametrize("words", ["保本保息" * n for n in (0, 5, 149, 150, 374, 375, 376, 2000)])
@pytest.mark.parametrize("more", ["", '<div id="app"></div>', "<script>fetch('/a').then(r=>document.write(r))</script>" * 60, "{{ rate }} {{ name }}"])
def test_an_outline_says_what_the_whole_page_says(words: str, more: str) -> None:
    body = f"<html><head><meta charset=utf-8><title>t</title></head><body><p>{words}</p>{more}<a href='/x'>看 <b>这里</b></a><table><tr><td>年化</td><td>18%</td></tr></table></body></html>"
    document = Document(body=body.encode(), url="http://a.example/")
    short, whole = outline(document), extract(document)
    assert (short.text, short.links, short.refused, short.browser) == (whole.text, whole.links, whole.refused, needs_browser(whole))


@pytest.mark.shared
@pytest.mark.skipif(not SITES.is_dir(), reason="../shared is not here")
def test_an_outline_of_real_pages_says_what_the_whole_page_says() -> None:
    for path in sorted(SITES.rglob("*.html"))[::3]:
        document = Document(body=path.read_bytes(), url="http://x.cn/a/")
        short, whole = outline(document), extract(document)
        assert (short.text, short.links, short.refused, short.browser) == (whole.text, whole.links, whole.refused, needs_browser(whole)), path.name
