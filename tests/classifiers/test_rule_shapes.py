"""What a rule may ask for beyond its words: what stands near, what may not, the topic, the kind of page, and what ought to be there."""

from __future__ import annotations

from pathlib import Path

import pytest
import re2
import yaml

from classifiers.errors import ConfigError
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import load_knowledge
from classifiers.model import Document, Verdict
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
RULE = """id: ours
code: superlative
level: yellow
suggestion: 提醒
provisions: [adlaw-2021-art25-1]
heads: [稳当当]
patterns: ['稳当当']
{more}
reason: “{{span}}”
confidence: 0.9
flag: [稳当当一, 稳当当二, 稳当当三, 稳当当四, 稳当当五]
excuse:
  - {{text: 不稳当当, because: 否定}}
  - {{text: 警惕稳当当, because: 警示}}
  - {{text: 谨防稳当当, because: 警示}}
  - {{text: 骗子说稳当当, because: 转述}}
  - {{text: 稳当当吗, because: 疑问}}
"""
TOPIC = "id: gardens\nwords: [花园, '果树(?:苗)?']\nwithin: 20\npage_words: [园艺, 浇水]\n"


def verdict(folder: Path, more: str, text: str, *, plain: bool = True) -> Verdict:
    for name, body in (("rules", RULE.format(more=more)), ("topics", TOPIC)):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "ours.yaml").write_text(body, encoding="utf-8")
    return judge(extract(Document(body=text.encode(), plain=plain)), load_knowledge([folder, ROOT / "config"]))


def found(folder: Path, more: str, text: str, *, plain: bool = True) -> bool:
    return any(f.rule == "ours" for f in verdict(folder, more, text, plain=plain).findings)


def test_what_must_stand_near_and_what_must_not(tmp_path: Path) -> None:
    more = "near: ['花(?:园|店)']\nnot_near: [茶园]\nwithin: 10"
    assert found(tmp_path, more, "我们的花店稳当当")
    assert not found(tmp_path, more, "我们的书店稳当当")
    assert not found(tmp_path, more, "我们的花店稳当当，茶园也是")
    assert found(tmp_path, more, "我们的花店稳当当，这里再说上十来个字凑够距离，茶园也是")


def test_a_topic_is_a_file_of_the_office(tmp_path: Path) -> None:
    assert found(tmp_path, "topic: gardens", "果树苗，稳当当")
    assert not found(tmp_path, "topic: gardens", "买卖，稳当当")
    assert found(tmp_path, "topic: gardens", "买卖，稳当当。" + "说些别的事情" * 20 + "。园艺与浇水")
    with pytest.raises(ConfigError, match="没有主题 garden，是否想写 gardens") as caught:
        found(tmp_path, "topic: garden", "买卖")
    assert (caught.value.line, caught.value.field) == (8, "topic")


def test_a_rule_may_be_for_some_kinds_of_page(tmp_path: Path) -> None:
    assert found(tmp_path, "", "稳当当")
    assert not found(tmp_path, "genres: [job]", "稳当当")
    with pytest.raises(ConfigError, match="genres"):
        found(tmp_path, "genres: [jobs]", "稳当当")


MISSING = RULE.replace("heads: [稳当当]\npatterns: ['稳当当']\n", "").replace("{more}", "absence:\n  of: ['投资有?风险', '风险(?:自担|提示)']\n  beside: [guarantee.principal]")


@pytest.mark.parametrize(("body", "missing", "reason"), [
    ("<p>保本保息，人人可投</p>", True, ""),
    ("<p>保本保息，人人可投</p><footer>投资有风险</footer>", False, ""),
    ("<p>保本保息，人人可投</p><p style='display:none'>投资有风险</p>", True, "看不见"),
    ("<p>本产品不保本</p>", False, ""),
])
def test_what_ought_to_be_said_and_is_not(tmp_path: Path, body: str, missing: bool, reason: str) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "ours.yaml").write_text(MISSING.format(), encoding="utf-8")
    page = extract(Document(body=f"<html><body>{body}</body></html>".encode(), content_type="text/html; charset=utf-8"))
    got = [f for f in judge(page, load_knowledge([tmp_path, ROOT / "config"])).findings if f.rule == "ours"]
    assert bool(got) is missing
    assert not missing or page.full_text[got[0].claim.start:got[0].claim.end] == got[0].claim.span
    assert not reason or reason in " ".join(got[0].reasons)


@pytest.mark.timeout(60)
def test_many_claims_far_apart_cost_no_more_than_their_number(tmp_path: Path) -> None:
    """Each in a stretch of its own, half of them of another meaning: none is held against all the others."""
    apart = "街道办事处今天组织居民参观新图书馆。" * 12
    pairs = 6_000
    text = "".join(f"稳当当理财{apart}稳当当车票{apart}\n" for _ in range(pairs))
    got = [f for f in verdict(tmp_path, "unless: ['稳当当车票']", text).findings if f.rule == "ours"]
    assert len(got) == 1_000
    assert all(text[f.claim.end:f.claim.end + 2] == "理财" for f in got)


@pytest.mark.parametrize("line", ["topic: gardens", "unless: [很稳]", "near: [花店]", "not_near: [茶园]"])
def test_what_a_rule_of_another_kind_would_not_read_is_refused(tmp_path: Path, line: str) -> None:
    manner = "manner: {words: [稳当当], beside: [花店], within: 20}"
    with pytest.raises(ConfigError, match="写了 manner 的规则不看 heads"):
        found(tmp_path, manner, "花店")
    words, _, rest = RULE.partition("heads: ")
    without_heads = words + rest.partition("\n")[2].partition("\n")[2]
    (tmp_path / "rules" / "ours.yaml").write_text(without_heads.format(more=f"{manner}\n{line}"), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"写了 manner 的规则不看 {line.partition(':')[0]}"):
        load_knowledge([tmp_path, ROOT / "config"])


@pytest.mark.parametrize("pattern", ["保本(", "保本{1001}", r"(?:\p{L}{900}){1}(?:\p{L}{900})", "(?:[^,。]{0,99}[^,。]{0,99}){0,10}" * 40])
def test_an_expression_that_cannot_be_read_or_grows_too_large_is_refused_with_its_rule(tmp_path: Path, pattern: str) -> None:
    """Small ones are only parsed on loading, large ones compiled: no way past it leads to a rule that fails on a page."""
    with pytest.raises(re2.error):
        re2.compile(pattern)
    rule = yaml.safe_load((ROOT / "config" / "rules" / "guarantee-principal.yaml").read_text(encoding="utf-8"))
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "ours.yaml").write_text(yaml.safe_dump(rule | {"patterns": [pattern]}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError, match="表达式写错"):
        load_knowledge([tmp_path, ROOT / "config"])


def test_every_shipped_expression_compiles() -> None:
    for rule in shipped().rules:
        for pattern in (*rule.patterns, *rule.unless, *rule.near, *rule.not_near):
            re2.compile(pattern)
