"""Rules are data: what is wrong in a file is said with file, line, field and the nearest right word."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from classifiers.errors import ConfigError
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import load_knowledge
from classifiers.model import Document

ROOT = Path(__file__).resolve().parents[2]
SEVEN = {"guarantee.principal", "guarantee.return", "yield.promise", "yield.excessive", "endorse.state", "p2p.self_guarantee", "brand.unlicensed"}
RULE = """id: ours
code: guarantee.principal
level: red
suggestion: 立案
provisions: [adlaw-2021-art25-1]
heads: [稳当当]
patterns: ['稳当当']
reason: “{span}”暗示保本
confidence: 0.9
flag: [稳当当理财, 稳当当一号, 稳当当二号, 稳当当三号, 稳当当四号]
excuse:
  - {text: 不稳当当, because: 否定}
  - {text: 警惕稳当当, because: 警示}
  - {text: 谨防稳当当, because: 警示}
  - {text: 骗子说稳当当, because: 转述}
  - {text: 稳当当吗, because: 疑问}
"""


def overlay(folder: Path, text: str) -> list[Path]:
    (folder / "rules").mkdir()
    (folder / "rules" / "ours.yaml").write_text(text, encoding="utf-8")
    return [folder, ROOT / "config"]


def test_the_shipped_rules_hold_the_seven_codes_and_cite_verified_articles() -> None:
    knowledge = load_knowledge([ROOT / "config"])
    assert {rule.code for rule in knowledge.rules} >= SEVEN
    assert all(knowledge.provisions[p].verified for rule in knowledge.rules for p in rule.provisions)
    assert knowledge.digest == load_knowledge([ROOT / "config"]).digest


def test_an_analyst_adds_a_rule_without_programming(tmp_path: Path) -> None:
    knowledge = load_knowledge(overlay(tmp_path, RULE))
    verdict = judge(extract(Document(body="稳当当理财，年年有余，投资有风险".encode(), plain=True)), knowledge)
    assert [(f.rule, f.claim.span) for f in verdict.findings] == [("ours", "稳当当")]
    assert knowledge.digest != load_knowledge([ROOT / "config"]).digest


@pytest.mark.parametrize(("change", "line", "field", "words"), [
    (("suggestion:", "sugestion:"), 4, "sugestion", "是否想写 suggestion"), (("level: red", "level: purple"), 3, "level", "只能写"),
    (("patterns: ['稳当当']", "patterns: ['稳(当']"), 7, "patterns", "表达式写错"), (("confidence: 0.9", "confidence: 9"), 9, "confidence", ""),
    (("heads: [稳当当]\n", ""), 1, "", "heads"), (("flag: [稳当当理财, 稳当当一号,", "flag: ["), 10, "flag", "至少要写 5 条"),
    (("provisions: [adlaw-2021-art25-1]", "provisions: [nowhere-art1]"), 5, "provisions", "不存在"),
])
def test_a_mistake_is_named_with_its_line(tmp_path: Path, change: tuple[str, str], line: int, field: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_knowledge(overlay(tmp_path, RULE.replace(*change)))
    assert (caught.value.line, caught.value.field) == (line, field)
    assert words in caught.value.message


def test_an_article_is_cited_from_the_day_it_is_in_force() -> None:
    knowledge = load_knowledge([ROOT / "config"])
    page = extract(Document(body="保本保息，安心投资".encode(), plain=True))
    old = judge(page, knowledge, on=datetime.date(2016, 1, 1))
    new = judge(page, knowledge, on=datetime.date(2026, 1, 1))
    assert "p2p-2016-art10-3" not in next(f for f in old.findings if f.code == "guarantee.principal").provisions
    assert "p2p-2016-art10-3" in next(f for f in new.findings if f.code == "guarantee.principal").provisions


def test_a_look_alike_is_seen_by_title_and_domain(tmp_path: Path) -> None:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "ours.csv").write_text("name,short_names,kind,domains\n某城商业银行股份有限公司,某城商业银行,bank_city,bank.example\n", encoding="utf-8")
    knowledge = load_knowledge([tmp_path, ROOT / "config"])
    body = "<html><head><title>某城商业银行-官方网站</title></head><body><p>某城商业银行欢迎您</p><p>登录 网上银行</p></body></html>".encode()
    false = judge(extract(Document(body=body, url="https://other.example/", content_type="text/html")), knowledge)
    true = judge(extract(Document(body=body, url="https://www.bank.example/", content_type="text/html")), knowledge)
    assert [f.code for f in false.findings] == ["brand.impersonation"]
    assert "bank.example" in " ".join(false.findings[0].reasons)
    assert not [f for f in true.findings if f.code.startswith("brand.")]


def test_who_imitates_a_bank_is_not_excused_as_one(tmp_path: Path) -> None:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "ours.csv").write_text("name,short_names,kind,domains\n某城清河银行股份有限公司,某城清河银行,bank_city,bank.example\n", encoding="utf-8")
    knowledge = load_knowledge([tmp_path, ROOT / "config"])
    body = "<title>定期存款-某城清禾银行</title><p>本行手机银行已开通定期存款，存单查询请登录网上银行。</p><p>资金由国家信用背书。</p>".encode()
    verdict = judge(extract(Document(body=body, url="https://other.example/", content_type="text/html; charset=utf-8")), knowledge)
    assert {f.code for f in verdict.findings} == {"brand.unlicensed", "endorse.state"}
    assert any("一字之差" in reason for f in verdict.findings for reason in f.reasons)


@pytest.mark.parametrize(("title", "code", "level"), [
    ("某城商业银行-官方网站", "brand.impersonation", "orange"), ("某诚商业银行尊享财富", "brand.unlicensed", "orange"), ("远方商业银行-官网", "brand.unlicensed", "yellow")])
def test_a_name_the_registers_do_not_know_is_put_forward_on_a_page_that_offers(tmp_path: Path, title: str, code: str, level: str) -> None:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "ours.csv").write_text("name,short_names,kind,domains\n某城商业银行股份有限公司,某城商业银行,bank_city,bank.example\n", encoding="utf-8")
    knowledge = load_knowledge([tmp_path, ROOT / "config"])
    name = title.partition("-")[0].removesuffix("尊享财富")
    body = f"<html><head><title>{title}</title></head><body><p>{name}欢迎您</p><p>登录</p><p>立即购买 立即注册 我要理财</p></body></html>".encode()
    page = extract(Document(body=body, url="https://other.example/", content_type="text/html"))
    assert [(f.code, f.claim.span, f.level.key) for f in judge(page, knowledge).findings] == [(code, name, level)]
    assert not judge(page, load_knowledge([ROOT / "config"])).findings  # without registers nothing can be said
