"""A new or changed rule run over all that is stored, shown before it is applied: real archives, the shipped rules, rules of our own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from archived import BLOCKED, PLAIN, html, visit, write

from adpatrol.home import SHIPPED
from classifiers.errors import ConfigError
from classifiers.knowledge import Knowledge, load_knowledge
from indexer.ingest import catch_up
from indexer.models import Excused, Finding, IngestPosition, Page
from indexer.rebuild import digest, rebuild
from indexer.retrohunt import apply, hunt, rulesets
from indexer.retrohunt.proposed import Given, propose
from indexer.retrohunt.tables import Hunt, HuntCount, HuntSample
from tests.shipped import shipped as load_shipped

pytestmark = pytest.mark.django_db(transaction=True)
NEW = {
    "id": "local-steady", "code": "guarantee.return", "level": "orange", "suggestion": "责令暂停发布", "provisions": ["adlaw-2021-art25-1"], "heads": ["稳稳当当"],
    "patterns": ["稳稳当当(?:地)?(?:赚钱|生息|到账)"], "reason": "“{span}”暗示收益没有风险", "confidence": 0.9,
    "flag": ["跟着我们稳稳当当赚钱", "每月稳稳当当到账", "钱放这里稳稳当当生息", "稳稳当当地赚钱，人人可投", "存进来稳稳当当生息"],
    "excuse": [{"text": text, "because": "否定"} for text in ("没有稳稳当当赚钱的理财", "不可能稳稳当当赚钱", "投资不会稳稳当当赚钱", "谁也不能保证稳稳当当赚钱", "世上没有稳稳当当赚钱的事")],
}
STEADY = html("跟着我们稳稳当当赚钱，立即投资，注册即送红包。市场有风险，投资需谨慎。")  # or the page lacked a warning as well
DENIED = html("请注意，没有稳稳当当赚钱的理财，投资需谨慎。", title="示例财富网络借贷平台")
PROMISE = html("平台承诺100%本息保障，立即投资。")


def text_of(**changes: Any) -> str:
    return yaml.safe_dump(NEW | changes, allow_unicode=True)


@pytest.fixture
def shipped() -> Knowledge:
    return load_shipped()


@pytest.fixture
def home(tmp_path: Path, no_documents: None, shipped: Knowledge) -> Path:
    bodies = [STEADY, PLAIN, PROMISE, BLOCKED, DENIED]
    write(tmp_path, [visit(n, bodies[n % 5], site=f"https://p{n % 3}.test") for n in range(45)])
    catch_up(tmp_path / "archive", shipped, ask=False)
    return tmp_path


def begun(*texts: str) -> Hunt:
    given = [Given("新规则", text) for text in texts]
    return hunt.begin(propose(given, [SHIPPED], old=load_shipped()), given, "analyst")


def run(one: Hunt, home: Path, **more: Any) -> Hunt:
    return hunt.go_on(one, home / "archive", [SHIPPED], **more)


def counted(one: Hunt) -> dict[str, int]:
    counts: dict[str, int] = {}
    for change, n in one.counts.values_list("change", "n"):
        counts[change] = counts.get(change, 0) + n
    return counts


def test_a_new_rule_is_shown_with_what_it_finds_and_changes_nothing(home: Path) -> None:
    before = digest()
    one = run(begun(text_of()), home)
    assert (one.state, one.looked, one.judged, one.pages.count()) == ("done", 45, 18, 18)
    assert counted(one) == {"new": 9, "excused": 9}
    assert set(one.counts.filter(change="new").values_list("platform", "code", "n")) == {(f"p{n}.test", "guarantee.return", 3) for n in range(3)}
    (sample,) = one.samples.filter(change="new")
    assert (sample.span, sample.now, sample.rule, sample.was) == ("稳稳当当赚钱", 3, "local-steady", None)
    assert sample.before.endswith("跟着我们") and sample.after.startswith("，立即投资")
    assert "暗示收益没有风险" in sample.reasons[0]
    assert one.wrong == []
    assert digest() == before


def test_a_rule_that_finds_nothing_says_so_and_judges_nothing(home: Path) -> None:
    one = run(begun(text_of(heads=["岁月静好"], patterns=["岁月静好(?:躺赚)"])), home)
    assert (one.state, one.looked, one.judged, counted(one)) == ("done", 45, 0, {})
    assert one.wrong, "its own examples do not come out: that is told"


def shipped_rule(name: str) -> dict[str, Any]:
    rule: dict[str, Any] = yaml.safe_load((SHIPPED / "rules" / f"{name}.yaml").read_text(encoding="utf-8"))
    return rule


def test_a_changed_rule_tells_what_changes(home: Path) -> None:
    rule = shipped_rule("guarantee-principal")
    changed = run(begun(yaml.safe_dump(rule | {"suggestion": "提请认定"}, allow_unicode=True)), home)
    assert counted(changed) == {"changed": 9}
    (sample,) = changed.samples.all()
    assert sample.was == sample.now == 4 and any("处置建议" in reason for reason in sample.reasons)


def test_a_narrower_rule_tells_what_is_gone_and_why(tmp_path: Path, no_documents: None) -> None:
    write(tmp_path, [visit(n, STEADY) for n in range(3)])
    catch_up(tmp_path / "archive", propose([Given("旧", text_of())], [SHIPPED]).new, ask=False)
    one = run(begun(text_of(patterns=["稳稳当当(?:地)?(?:生息|到账)"])), tmp_path)
    assert counted(one) == {"gone": 3}
    (sample,) = one.samples.all()
    assert (sample.was, sample.now, sample.reasons) == (3, None, ["规则不再认为这是广告语"])
    assert [wrong["want"] for wrong in one.wrong] == ["flag", "flag"]


@pytest.mark.parametrize("text, said", [
    ("id: [", "不是有效的 YAML"), (text_of(levle="red"), "是否想写 level"), (text_of(patterns=["("]), "表达式写错"), (text_of(provisions=["no-such"]), "no-such 不存在"),
    (text_of(id="../../etc"), "id 只能用"), (text_of(flag=["一条"]), "至少要写 5 条"), ("- 1", "新规则"), ("", "新规则"),
], ids=["yaml", "field", "pattern", "provision", "id", "examples", "list", "empty"])
def test_a_broken_rule_is_refused_with_the_loaders_own_words(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match="新规则") as refused:
        propose([Given("新规则", text)], [SHIPPED])
    assert said in str(refused.value)
    assert "/tmp" not in str(refused.value)


def test_the_sieve_leaves_out_nothing_that_would_change(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from indexer.retrohunt.sieve import Sieve

    sifted = run(begun(text_of()), home)
    monkeypatch.setattr(Sieve, "sift", lambda self, pages: list(pages))
    whole = run(begun(text_of()), home)
    assert (sifted.judged, whole.judged) == (18, 45)
    assert counted(sifted) == counted(whole)
    assert list(sifted.pages.values_list("seq", flat=True)) == list(whole.pages.values_list("seq", flat=True))


def test_stopped_it_keeps_what_it_has_and_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunt, "BATCH", 7)
    one = run(begun(text_of()), home, told=hunt.ask_stop)
    assert (one.state, one.looked) == ("stopped", 7)
    assert hunt.ask_on(one)
    one.refresh_from_db()
    done = run(one, home)
    assert (done.state, done.looked, counted(done)) == ("done", 45, {"new": 9, "excused": 9})
    assert not hunt.ask_stop(done)


def test_one_trial_at_a_time(home: Path) -> None:
    with hunt.only_hunt(home), pytest.raises(hunt.HuntBusy):
        run(begun(text_of()), home)


def test_rules_that_changed_meanwhile_are_measured_anew(home: Path) -> None:
    one = begun(text_of())
    Hunt.objects.filter(pk=one.pk).update(old_ruleset="sha256:other", seq=20, looked=20)
    one.refresh_from_db()
    done = run(one, home)
    assert (done.looked, counted(done), done.old_ruleset) == (45, {"new": 9, "excused": 9}, load_shipped().digest)


class Audit:
    def __init__(self) -> None:
        self.entries: list[int] = []

    def __call__(self, one: Hunt) -> None:
        self.entries.append(one.pk)


def test_applying_stores_the_rule_judges_anew_and_leaves_the_rest_alone(home: Path, tmp_path: Path, shipped: Knowledge) -> None:
    office, audit, ends = tmp_path / "office", Audit(), []
    one = run(begun(text_of()), home)
    old = dict(Page.objects.values_list("capture_id", "ruleset"))
    said = set(Finding.objects.values_list("key", "ruleset"))
    one = apply.begin(one, office, [SHIPPED], "analyst", audit)
    done = apply.finish(one, home / "archive", office, [office, SHIPPED], at_end=lambda: ends.append(1))
    assert (done.state, audit.entries, ends) == ("applied", [one.pk], [1])
    assert (office / "rules" / "local-steady.yaml").read_text(encoding="utf-8") == text_of()
    new = load_knowledge([office, SHIPPED])
    assert new.digest == one.new_ruleset
    assert set(Finding.objects.filter(rule="local-steady").values_list("ruleset", flat=True)) == {new.digest}
    assert said <= set(Finding.objects.values_list("key", "ruleset")), "what was said before keeps its version"
    touched = set(one.pages.values_list("capture_id", flat=True))
    assert {id: ruleset for id, ruleset in Page.objects.values_list("capture_id", "ruleset") if id not in touched} == {i: r for i, r in old.items() if i not in touched}
    assert IngestPosition.objects.get(name="archive").seq == 45
    facts = set(Finding.objects.values_list("key", "level"))
    rebuild(home / "archive", new)
    assert set(Finding.objects.values_list("key", "level")) == facts, "a rebuild by the new rules says the same"
    for knowledge in (shipped, new):
        kept = json.loads(gzip.decompress((home / "rulesets" / f"{knowledge.digest[7:]}.json.gz").read_bytes()))
        assert kept["digest"] == knowledge.digest
    assert "稳稳当当" in kept["rules"]["local-steady.yaml"]


def test_captures_that_came_in_meanwhile_are_judged_too(home: Path, tmp_path: Path, shipped: Knowledge) -> None:
    office = tmp_path / "office"
    one = run(begun(text_of()), home)
    write(home, [visit(100, STEADY)])
    catch_up(home / "archive", shipped, ask=False)
    apply.finish(apply.begin(one, office, [SHIPPED], "analyst", Audit()), home / "archive", office, [office, SHIPPED], at_end=lambda: None)
    assert Finding.objects.filter(rule="local-steady", page__capture_id="run-1-000100").count() == 1


def test_a_rule_the_office_has_already_is_replaced_in_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "ours.yaml").write_text(text_of(), encoding="utf-8")
    assert apply.put(tmp_path, "local-steady", text_of(level="red")).name == "ours.yaml"
    assert [file.name for file in (tmp_path / "rules").iterdir()] == ["ours.yaml"]


def test_nothing_is_applied_where_it_may_not_be(home: Path, tmp_path: Path) -> None:
    audit, office = Audit(), tmp_path / "office"
    one = begun(text_of())
    with pytest.raises(hunt.HuntRefused, match="完成以后"):
        apply.begin(one, office, [SHIPPED], "analyst", audit)
    one = run(one, home)
    with pytest.raises(hunt.HuntRefused, match="ADPATROL_CONFIG"):
        apply.begin(one, None, [SHIPPED], "analyst", audit)
    Hunt.objects.filter(pk=one.pk).update(wrong=[{"rule": "x", "text": "y", "want": "flag"}])
    one.refresh_from_db()
    with pytest.raises(hunt.HuntRefused, match="例句有 1 条不符"):
        apply.begin(one, office, [SHIPPED], "analyst", audit)
    Hunt.objects.filter(pk=one.pk).update(wrong=[], old_ruleset="sha256:other")
    one.refresh_from_db()
    with pytest.raises(hunt.HuntRefused, match="预览不再作数"):
        apply.begin(one, office, [SHIPPED], "analyst", audit)
    assert audit.entries == [] and not office.exists()


def test_samples_are_bounded_however_much_is_found(home: Path, shipped: Knowledge) -> None:
    write(home, [visit(200 + n, html(f"跟着我们稳稳当当赚钱，第{n}期，稳稳当当{'到账' if n % 2 else '生息'}。立即投资。市场有风险，投资需谨慎。")) for n in range(40)])
    catch_up(home / "archive", shipped, ask=False)
    one = run(begun(text_of(patterns=["稳稳当当(?:地)?(?:赚钱|生息|到账)[^。]{0,12}"])), home)
    assert HuntSample.objects.filter(hunt=one).count() <= 2 * hunt.MOST_SAMPLES
    assert sum(HuntCount.objects.filter(hunt=one, change="new").values_list("n", flat=True)) >= 40
    assert Excused.objects.count() >= 0


def test_a_rule_set_is_kept_once(tmp_path: Path, shipped: Knowledge) -> None:
    first = rulesets.keep(tmp_path, [SHIPPED], shipped)
    stamp = first.stat().st_mtime_ns
    assert rulesets.keep(tmp_path, [SHIPPED], shipped) == first
    assert first.stat().st_mtime_ns == stamp
