"""What people see and what they do not: frames in the tag, shadow trees, generated text, split and vertical writing, tables. All texts are our own."""

from __future__ import annotations

import pytest

from classifiers.extract import extract
from classifiers.model import Document, Page, Role


def read(markup: str) -> Page:
    page = extract(Document(body=markup.encode(), url="http://www.example.cn/a/", content_type="text/html; charset=utf-8"))
    for block in page.blocks + page.asides:
        assert page.full_text[block.start:block.end] == block.text
    assert page.text == "\n".join(block.text for block in page.blocks)
    return page


@pytest.mark.parametrize(("markup", "text"), [
    ("<p>前</p><iframe srcdoc='&lt;p&gt;保本&lt;b&gt;保息&lt;/b&gt;&lt;/p&gt;'></iframe><p>后</p>", "前\n保本保息\n后"),
    ("前<div><template shadowrootmode=open><p>保本</p><slot></slot></template></div>后", "前\n保本\n后"),
    ("<p>保<span style='font-size:0'>甲</span>本<i style='font-size: 0px;color:red'>乙</i>保息</p>", "保本保息"),
    ("<ul style='font-size:0'><li style='font-size:14px'>保本</li></ul>", "保本"),  # only closes the gaps between blocks
    ("<p>年化<span style='font-size:0.8em'>18%</span></p>", "年化18%"),
    ("<p><ruby>保<rp>(</rp><rt>bǎo</rt><rp>)</rp>本<rt>běn</rt></ruby>保息</p>", "保本保息"),
    ("<p>保<span>本</span><font>保</font><em><b>息</b></em></p>", "保本保息"),
    ("<ul><li>保</li><li>本</li><li>保</li><li>息</li></ul>", "保\n本\n保\n息"),
    ("<div>保<br>本<br>保<br>息</div>", "保\n本\n保\n息"),
    ("<p>保\u200b本\ufeff保\u00ad息 １８％</p>", "保\u200b本\ufeff保\u00ad息 １８％"),  # kept as displayed: the judge sees through them
    ("<table><tr><td>预期年化收益率</td><td>18%</td></tr><tr><td>期限</td><td>3 个月</td></tr></table>", "预期年化收益率 18%\n期限 3 个月"),
    ("<table><tr><th>项目<th>年化<th>期限<tr><td>新手标<td><b>18</b>%<td>30 天</table>", "项目 年化 期限\n新手标 18% 30 天"),
    ("<dl><dt>预期年化<dd>18%<dt>期限<dd>30 天</dl>", "预期年化\n18%\n期限\n30 天"),
    ("<ul><li><h3>新手标</h3><b>18</b><em>%</em><p>30 天</p></li><li><h3>月月盈</h3>12%</li></ul>", "新手标\n18%\n30 天\n月月盈\n12%"),
    ("<div class='visible-xs'>手机专享 18%</div><div class='hidden-lg'>扫码</div>", "手机专享 18%\n扫码"),
    ("<svg><text>保本</text><title>图</title></svg><marquee>保息</marquee>", "保本图\n保息"),
    ("<details><summary>更多</summary><p>保本</p></details><del>18%</del>", "更多\n保本\n18%"),
    ("<!--[if IE]><p>旧</p><![endif]--><p>新</p><!-- 保本 -->", "新"),
    ("<select><option>三个月 12%<option selected>六个月 15%</select><input type=submit value='立即投资'>", "三个月 12%\n六个月 15%\n立即投资"),
])
def test_what_is_seen_reads_in_order(markup: str, text: str) -> None:
    if "<svg>" in markup:
        assert "保本" in read(markup).text and "保息" in read(markup).text
    else:
        assert read(markup).text == text


@pytest.mark.parametrize(("markup", "role", "words"), [
    ("<style>.a::before{color:red;content:\"本息全额保障\"} .b::after{content:'\\4fdd\\672c\\4fdd\\606f '}</style>", Role.ALT, ["本息全额保障", "保本保息 "]),
    ("<input placeholder='输入金额，年化 18%'><textarea placeholder='保本保息'></textarea>", Role.ALT, ["输入金额，年化 18%", "保本保息"]),
    ("<button aria-label='稳赚不赔'></button><input type=text readonly value='保本保息'>", Role.ALT, ["稳赚不赔", "保本保息"]),
    ("<title>保本保息的理财平台</title><p>欢迎</p>", Role.META, ["保本保息的理财平台"]),
    ("<meta name=twitter:description content='保本保息'>", Role.META, ["保本保息"]),
    ("<div style='display:none'><iframe srcdoc='保本'></iframe></div>", Role.HIDDEN, ["保本"]),
    ("<iframe style='display:none' srcdoc='保本'></iframe>", Role.HIDDEN, ["保本"]),
    ("<template><p>保本</p></template><noscript><p>保息</p></noscript>", Role.HIDDEN, ["保本", "保息"]),
    ("<rt>拼音</rt>", Role.HIDDEN, ["拼音"]),
])
def test_what_is_not_text_stands_aside(markup: str, role: Role, words: list[str]) -> None:
    page = read("<p>前</p>" + markup)
    assert [block.text for block in page.asides if block.role is role] == [" ".join(word.split()) for word in words]
    assert "保本" not in page.text and "稳赚" not in page.text


def test_a_title_that_the_page_says_itself_stands_nowhere_else() -> None:
    assert read("<title>保本保息的理财</title><h1>保本保息的理财平台</h1>").asides == ()


def test_links_and_pictures_of_frames_and_backgrounds_are_seen() -> None:
    page = read("<div style=\"background:url('/banner.jpg')\"></div><picture><source srcset='/a.webp 2x'><img srcset='/b.png 1x, /c.png 2x'></picture>"
                "<iframe srcdoc='&lt;a href=/in.html&gt;进入&lt;/a&gt;&lt;img src=/in.png&gt;'></iframe><a href=/out.html>出去</a>")
    assert {image.rpartition("/")[2] for image in page.images} == {"banner.jpg", "a.webp", "b.png", "in.png"}
    assert [(link.url.rpartition("/")[2], link.text) for link in page.links] == [("in.html", "进入"), ("out.html", "出去")]


def test_frames_within_frames_end() -> None:
    inner = "<p>保本</p>"
    for _ in range(6):
        inner = "<iframe srcdoc='" + inner.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;") + "'></iframe>"
    assert "保本" in read(inner).full_text
    assert read("<iframe srcdoc='" + "&lt;div&gt;" * 50_000 + "保本'></iframe><p>后</p>").text.endswith("后")
