"""What a rule may ask for beyond its words: what stands near, what may not, the topic, the kind of page, and what ought to be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.errors import ConfigError
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import load_knowledge
from classifiers.model import Document, Verdict

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
