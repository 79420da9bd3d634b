"""Text as people see it: every block with its role and its exact place, nothing lost, nothing joined that stands apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers.extract import extract
from classifiers.model import Document, Page, Role

SITES = Path(__file__).resolve().parents[3] / "shared" / "sites"


def read(markup: str, url: str = "http://www.example.cn/a/b.html") -> Page:
    return extract(Document(body=markup.encode(), url=url, content_type="text/html; charset=utf-8"))


def blocks(page: Page) -> list[tuple[str, str]]:
    return [(block.text, str(block.role)) for block in page.blocks]


def asides(page: Page, role: Role) -> list[str]:
    return [block.text for block in page.asides if block.role is role]


def test_text_is_the_visible_blocks_in_order_joined_by_a_line_break_and_offsets_are_exact() -> None:
    page = read("<title> 安心 贷 </title><h1>本息  保障</h1><div>一<p>二\n\t三</p>四</div><p hidden>藏</p>")
    assert page.title == "安心 贷"
    assert page.text == "本息 保障\n一\n二 三\n四"
    assert page.full_text == page.text + "\n藏"
    for block in page.blocks + page.asides:
        assert page.full_text[block.start:block.end] == block.text


@pytest.mark.parametrize(("markup", "text"), [
    ("<p><b>保</b><i>本</i></p>", "保本"),
    ("<p>年化<span>12</span><em>%</em></p>", "年化12%"),
    ("<p>保<font color=red>本</font>保<a href=/x>息</a></p>", "保本保息"),
    ("<p>保<!-- 注释 > < -->本<wbr>保息</p>", "保本保息"),
    ("<p>保<br>本</p>", "保\n本"),
    ("<div>保<div></div>本</div>", "保\n本"),
    ("<p>&lt;保本&gt; &amp;amp; A&nbsp;B &#x4fdd;</p>", "<保本> &amp; A B 保"),
    ("<p>零\u3000一\xa0二</p>", "零 一 二"),
    ("<ul><li>一<li>二</ul>", "一\n二"),
    ("<p>保\x1e本\x1f保\x1d息\x1c</p>", "保 本 保 息"),
    ("<P STYLE='color:red'>大写<BR/>标签</P>", "大写\n标签"),
    ("<xmp>原样<b></xmp>", "原样<b>"),
])
def test_inline_tags_join_and_block_tags_end_a_line(markup: str, text: str) -> None:
    assert read(markup).text == text


def test_a_row_of_a_table_stays_on_one_line() -> None:
    page = read("<table><tr><th>年化收益率</th><td>12%</td></tr><tr><td>期限</td><td><b>3</b>个月</td></tr></table>")
    assert blocks(page) == [("年化收益率 12%", "table"), ("期限 3个月", "table")]


def test_a_layout_table_is_broken_as_its_cells_are() -> None:
    page = read("<table><tr><td><h1>标题</h1><p>正文</p></td><td>旁</td></tr></table>")
    assert page.text == "标题\n正文\n旁"


@pytest.mark.parametrize(("markup", "role"), [
    ("<p>字</p>", "main"), ("<nav>字</nav>", "nav"), ("<div class='top-nav'>字</div>", "nav"), ("<button>字</button>", "button"),
    ("<input type=submit value=字>", "button"), ("<form><p>字</p></form>", "form"), ("<footer>字</footer>", "footer"),
    ("<div id=footer><p>字</p></div>", "footer"), ("<div class='ad-box ads'>字</div>", "ad"), ("<a class=ad1 href=/>字</a>", "ad"),
    ("<select><option>字</option></select>", "form"), ("<div class=header-loading>字</div>", "main"),
    ("<footer><form>字</form></footer>", "footer"),
])
def test_the_role_of_a_block(markup: str, role: str) -> None:
    assert blocks(read(markup)) == [("字", role)]


def test_the_role_ends_where_the_element_ends() -> None:
    page = read("<nav>首页<ul><li>产品</li></ul></nav>正文<div class=copyright>版权</div>后")
    assert blocks(page) == [("首页", "nav"), ("产品", "nav"), ("正文", "main"), ("版权", "footer"), ("后", "main")]


@pytest.mark.parametrize("markup", [
    "<p style='display: none'>藏</p>", "<div style='color:red;DISPLAY:NONE;'><p><b>藏</b></p></div>", "<p hidden>藏</p>", "<template><p>藏</p></template>",
    "<noscript><p>藏</p></noscript>", "<span style='visibility:hidden'>藏</span>", "<dialog>藏</dialog>", "<input type=hidden value=藏>",
])
def test_what_is_not_displayed_is_kept_aside_and_marked(markup: str) -> None:
    page = read(f"<p>前</p>{markup}<p>后</p>")
    assert page.text == "前\n后"
    assert asides(page, Role.HIDDEN) == ["藏"]
    assert all(block.hidden for block in page.asides)


def test_alt_title_and_meta_stand_aside() -> None:
    page = read(
        "<meta name=description content='稳健理财'><meta property=og:title content='安心贷'><img src=a.png alt='保本 保息'>"
        "<a href=/ title='年化 12%'>进入</a><img src=b.png alt='保本 保息'>"
    )
    assert asides(page, Role.META) == ["稳健理财", "安心贷"]
    assert asides(page, Role.ALT) == ["保本 保息", "年化 12%"]
    assert page.text == "进入"


@pytest.mark.parametrize("script", [
    "<script type='application/ld+json'>{\"name\": \"本息全额保障\", \"url\": \"http://x\"}</script>",
    "<script>window.__INITIAL_STATE__ = {\"a\": [{\"b\": \"\\u672c\\u606f\\u5168\\u989d\\u4fdd\\u969c\"}]};</script>",
    "<script id=__NEXT_DATA__ type=application/json>{\"p\":{\"t\":\"本息全额保障\"}}</script>",
    "<script>var s = '本息全额保障', t = \"x\";</script>",
    "<script>document.write(\"<p class=\\\"x\\\">本息全额保障</p>\")</script>",
    "<script>// it's \n const s = `本息全额保障`</script>",
])
def test_chinese_strings_of_scripts_stand_aside(script: str) -> None:
    page = read(f"<p>正文</p>{script}")
    assert page.text == "正文"
    assert [text.strip() for text in asides(page, Role.SCRIPT)] == ["本息全额保障"]


def test_code_and_comments_are_no_text() -> None:
    page = read("<style>p{content:'样式'}</style><script>/* 注释 */ if (a<b) x('a')</script><p>正文</p>")
    assert page.full_text == "正文"
    assert page.script_bytes > 10


def test_headline_and_icp_footer_are_never_lost() -> None:
    page = read("<h1>安心贷</h1>" + "<p>正文</p>" * 50 + "<div>版权所有 安心（北京）网络科技有限公司 京ICP备12345678号-1</div>")
    assert page.blocks[0].text == "安心贷"
    assert page.blocks[-1].text.endswith("京ICP备12345678号-1")
    assert page.identity.icp == ("京ICP备12345678号-1",)


def test_plain_text_is_judged_as_it_stands() -> None:
    page = extract(Document(body="  一  <b>\n\n二\ud800".encode("utf-8", "surrogatepass"), plain=True))
    assert page.text == page.full_text == "  一  <b>\n\n二\ud800"
    assert [page.text[b.start:b.end] for b in page.blocks] == ["  一  <b>", "二\ud800"]


@pytest.mark.parametrize("markup", [
    "", "\0", "<", "</", "<!--", "<p", "<p a='", "<b<c>字</b<c>", "<script>", "</p></div></x>", "<a <b <c>>", "<!doctype><?php echo '<b>' ?>字",
    "<table><tr><td><tr></table></td></tr>", "<frameset><frame src=a>", "<svg><title><b></title><style><</style></svg>", "<plaintext><b>",
])
def test_broken_markup_is_read_as_far_as_it_goes(markup: str) -> None:
    page = read(markup)
    for block in page.blocks + page.asides:
        assert page.full_text[block.start:block.end] == block.text


def test_a_closing_tag_too_many_does_not_hide_what_follows() -> None:
    page = read("<div style='display:none'><b<c>藏</b<c></div></div></div>保本")
    assert page.text == "保本"
    assert asides(page, Role.HIDDEN) == ["藏"]


@pytest.mark.shared
@pytest.mark.skipif(not SITES.is_dir(), reason="../shared is not here")
def test_every_passage_read_by_hand_on_real_pages_is_in_the_text() -> None:
    for line in (SITES / "sites.jsonl").read_text("utf-8").splitlines():
        site = json.loads(line)
        for entry in site["expected"] + site.get("must_not_flag", []):
            page = extract(Document(body=(SITES / site["name"] / entry["page"]).read_bytes(), url="http://x.cn/"))
            span = " ".join(entry["span"].split())
            assert span in page.text.replace("\n", "") or span in page.text.replace("\n", " "), (site["name"], entry["page"], span)
