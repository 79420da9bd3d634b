"""How the words around a claim speak: a model learnt from labelled texts moves a claim one step or confirms common words, says why, and never finds
or clears by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from classifiers.common_words import common_words
from classifiers.errors import ConfigError
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import Knowledge
from classifiers.manner import FILE, OFFER, SIZE, STEP, Manner, Voice, chance, load_manner, telling, windows, written
from classifiers.manner_training import Example, TooFew, examples_of, train
from classifiers.model import Document, Level, Verdict
from classifiers.rules import MannerTest
from tests.shipped import shipped

CONFIG = Path(__file__).resolve().parents[2] / "config"
# Own words: sentences are put together from these, so that a source shares no sentence with another.
SUBJECTS = ("本项目", "新一期计划", "养老专案", "稳健账户", "合伙份额", "秋季专场", "社区共建", "农庄认养", "海外账户", "智能账户")
HELD_OUT = ("现在{}就送好礼，马上加客服微信领取名额，手慢无。", "我们为您准备了{}，立即注册，今天就能到账，快来加入我们。", "{}火热招募中，扫码进群，轻松增值，名额有限。", "选择{}，让您的钱每天为您工作，点击立即参与。")
TOLD = ("法院认为，{}属于向社会公众吸收资金，被告人应当退赔。", "本章介绍{}的定义、特点以及监管要求，请读者思考其风险。", "记者从警方获悉，以{}为名的案件已有多人被判刑。", "在会计上，{}应当按照公允价值计量，并在附注中披露。")


def records() -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    for number, subject in enumerate(SUBJECTS * 12):
        for offer, forms in ((True, HELD_OUT), (False, TOLD)):
            text = "".join(forms[(number + n) % len(forms)].format(subject) for n in range(2 + number % 2))
            made.append({"id": f"{number}{offer}", "source": f"s{number}", "text": text, "findings": [{"code": "inducement", "span": text[:6]}] if offer else [], "violating": offer})
    return made


def read(knowledge: Knowledge, text: str) -> Verdict:
    return judge(extract(Document(body=text.encode(), plain=True)), knowledge)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return shipped()


@pytest.fixture(scope="module")
def learnt() -> Manner:
    return train([example for record in records() for example in examples_of(record)]).manner


def heard(text: str, manner: Manner, code: str = OFFER) -> float:
    found = chance(text, 0, len(text), manner, code)
    assert found is not None
    return found


def test_it_learns_who_holds_out_and_who_tells(learnt: Manner) -> None:
    offer = "我们为您准备了乡村民宿，立即注册，马上加客服微信领取名额。"
    lesson = "记者从法院获悉，以乡村民宿为名吸收资金的被告人被判刑，本章介绍监管要求。"
    assert heard(offer, learnt) > 0.8 > 0.2 > heard(lesson, learnt)
    assert heard(offer, learnt, "inducement") > 0.8
    assert set(learnt.voices) == {OFFER, "inducement"}, "a code that no text speaks of has no voice"
    assert chance(offer, 0, 4, learnt, "yield.promise") is None
    words = telling(lesson, 0, len(lesson), learnt, OFFER, -1)
    assert words and all(len(word) == 2 for word in words.split("”“"))


def test_the_same_texts_give_the_same_bytes(learnt: Manner, tmp_path: Path) -> None:
    examples = [example for record in records() for example in examples_of(record)]
    assert written(train(list(reversed(examples))).manner) == written(learnt)
    (tmp_path / FILE).write_bytes(written(learnt))
    again = load_manner([tmp_path])
    assert again is not None
    assert (again.voices, again.texts) == (learnt.voices, learnt.texts)
    for text in ("立即注册，马上加客服微信领取名额，手慢无，我们为您准备了。", "法院认为，被告人应当退赔，在会计上应当按照公允价值计量。"):
        assert heard(text, again) == pytest.approx(heard(text, learnt), abs=0.01)


def test_too_few_texts_teach_nothing() -> None:
    with pytest.raises(TooFew, match="样本太少"):
        train([Example("a", "a1", "立即注册，马上领取" * 4, frozenset({"inducement"}))])


def test_a_claim_among_words_that_tell_is_a_hint_and_says_why(knowledge: Knowledge, learnt: Manner) -> None:
    text = "今年上半年区内各社区陆续举办活动，新计划保本保息，年化收益18%。会后大家在院子里合影留念。"
    strict = replace(learnt, voices={code: replace(voice, least=1.0) for code, voice in learnt.voices.items()})
    plain, moved = read(replace(knowledge, manner=None), text), read(replace(knowledge, manner=strict), text)
    assert any(finding.level > Level.BLUE for finding in plain.findings)
    places = {(f.code, f.claim.start): f for f in moved.findings}
    for before in (one for one in plain.findings if one.code != "risk.no_warning"):  # nothing is cleared; that one rests on the others
        after = places[before.code, before.claim.start]
        if before.level > Level.BLUE:
            assert after.level is Level.BLUE
            assert after.confidence <= before.confidence
            assert "降为提示" in after.reasons[-1]
    assert len(plain.excused) == len(moved.excused)


def test_a_claim_among_words_that_hold_out_stays(knowledge: Knowledge) -> None:
    text = "新一期计划火热招募中，保本保息，年化收益18%，扫码进群，立即注册，名额有限，我们为您保驾护航。"
    plain, moved = read(replace(knowledge, manner=None), text), read(knowledge, text)
    assert knowledge.manner is not None
    assert plain.findings and {f.claim.span: f.level for f in plain.findings}.items() <= {f.claim.span: f.level for f in moved.findings}.items()


def test_nothing_is_found_where_no_rule_finds(knowledge: Knowledge) -> None:
    assert knowledge.manner is not None
    assert read(knowledge, "我们为您准备了社区读书会，立即报名，扫码进群，名额有限，快来加入我们，免费茶点等您来领。" * 3).findings == ()


SCHEME = "动态奖：直推3人拿三层奖励，直推8人拿十二层奖励，团队业绩越大加速越快，伞下小区业绩达标升级节点，享受级差奖和平级奖"


def test_common_words_count_only_where_their_voice_agrees(knowledge: Knowledge) -> None:
    rules = tuple(rule for rule in knowledge.rules if rule.id == "ponzi-referral-manner")
    alone = replace(knowledge, rules=rules)
    found = [f for f in read(alone, SCHEME).findings if f.code == "ponzi.referral"]
    assert found and "语气" in found[0].reasons[-1] and found[0].rule == "ponzi-referral-manner"
    assert not [f for f in read(alone, "本店团队成员每月评选一次优秀，奖金由公司发放，推荐阅读本周新书").findings if f.level > Level.BLUE]
    assert read(replace(alone, manner=None), SCHEME).findings == ()
    assert knowledge.manner is not None
    deaf = replace(knowledge.manner, voices={code: replace(voice, maybe=1.0, sure=1.0) for code, voice in knowledge.manner.voices.items()})
    assert read(replace(alone, manner=deaf), SCHEME).findings == ()


def test_common_words_are_silent_beside_what_a_rule_found(knowledge: Knowledge) -> None:
    found = [f.rule for f in read(knowledge, "发展下线拿提成，直推奖10%，二代5%，团队业绩越大分红越多").findings if f.code == "ponzi.referral" and f.level > Level.BLUE]
    assert found and "ponzi-referral-manner" not in found


@pytest.mark.parametrize(("text", "pairs"), [
    ("邀请好友得奖金", ["邀请好友得奖"]),
    ("奖金归邀请人", ["奖金归邀请"]),
    ("不得邀请他人并给予奖金", []),
    ("邀请函已发出。奖金另行通知", []),
    ("邀请\n好友\n列表\n奖金", []),
    ("邀请" + "人" * 60 + "奖", []),
])
def test_common_words_stand_in_one_sentence(text: str, pairs: list[str]) -> None:
    test = MannerTest(words=("邀请",), beside=("奖",))

    def places(word: str) -> list[int]:
        return [at for at in range(len(text)) if text.startswith(word, at)]

    assert [text[low:high] for low, high in common_words(test, text, places("邀请"), places("奖"))] == pairs


def test_windows_begin_where_a_neighbour_s_do() -> None:
    text = "".join(chr(0x4E00 + n % 500) for n in range(4_000))
    assert list(windows(text, 1_000, 1_004)) == list(windows(text, 1_010, 1_013))
    assert all(text[1_000:1_004] in around and len(around) == SIZE for around in windows(text, 1_000, 1_004))
    assert list(windows("短", 0, 1)) == ["短"]
    numbered = "".join(f"{n:04}" for n in range(1_000))
    assert [numbered.index(around) % STEP for around in windows(numbered, 2_222, 2_230)] == [0, 0]


@pytest.mark.parametrize("body", [
    "{", '{"format": 9}', '{"format": 2, "voices": {"*": [0, NaN, 1, 1]}, "texts": 1, "pairs": {"a": [1, 1]}}',
    '{"format": 2, "voices": {"*": [0, 0, 1, 1]}, "texts": 1, "pairs": {"a": [1]}}', '{"format": 2, "voices": {}, "texts": 1, "pairs": {"a": [1]}}',
])
def test_a_damaged_model_is_refused_by_name(tmp_path: Path, body: str) -> None:
    (tmp_path / FILE).write_text(body, encoding="utf-8")
    with pytest.raises(ConfigError, match="语气模型"):
        load_manner([tmp_path])


def test_the_model_of_the_product_holds_no_one_s_text_and_a_voice_for_each_rule_that_asks(knowledge: Knowledge) -> None:
    data = json.loads((CONFIG / FILE).read_bytes())
    assert data["texts"] > 5_000
    assert all(len(pair) <= 2 for pair in data["pairs"])
    assert knowledge.manner is not None
    assert {rule.code for rule in knowledge.rules if rule.manner} <= set(knowledge.manner.voices)
    assert all(0 <= voice.least <= 0.3 <= 1 and voice.maybe <= voice.sure for voice in knowledge.manner.voices.values())
    assert isinstance(knowledge.manner.voices[OFFER], Voice)
