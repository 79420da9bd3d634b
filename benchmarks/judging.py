"""G3–G6: what judging costs: matching ÷ a naive loop over ``re``, the chain as rules grow, the chain ÷ bare parsing, and the text that is kept.

"Bare" is lexbor's parse and text; "naive" the same rules tried one after another by ``re``. Finding sets are compared first: a faster wrong
answer is void. Pages: F = the platforms of ../shared/sites, N = its news, laws and bank pages; dense = twelve sentences of ours added.
"""

from __future__ import annotations

import itertools
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import trafilatura
from bs4 import BeautifulSoup
from selectolax.lexbor import LexborHTMLParser

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import Knowledge, load_knowledge
from classifiers.matching import Engine, matches
from classifiers.model import Document
from classifiers.normalise import normalise
from classifiers.rules import Rule

SETTINGS = Path(__file__).resolve().parent.parent / "config"
INNOCENT_SITES = {"webank", "pingan", "adlaws", "news-finance"}
SUBJECTS = ("理财", "投资", "出借", "存款", "基金", "项目", "资金", "平台", "计划", "产品", "标的", "债权", "账户", "会员", "代理", "股权", "期货", "数字货币", "养老", "合约")
SAYINGS = ("保本", "保息", "稳赚", "高收益", "零风险", "日返", "翻倍", "无忧", "兜底", "包赔", "秒提现", "返现", "加息", "刚兑", "躺赚", "回购", "分红", "增值", "送礼", "担保")
DENSE = tuple(f"我们的{a}{b}，{c}{d}不用愁，名额有限。" for a, b, c, d in zip(SUBJECTS, SAYINGS, SUBJECTS[3:] + SUBJECTS[:3], SAYINGS[5:] + SAYINGS[:5], strict=True))[:12]


def page_sets(folder: Path) -> dict[str, list[bytes]]:
    """The pages of each set, 4 to 200 kB, twenty at most, spread evenly."""
    sets: dict[str, list[bytes]] = {"F": [], "N": []}
    for file in sorted(folder.rglob("*.html")):
        if 4_000 < file.stat().st_size < 200_000:
            sets["N" if file.relative_to(folder).parts[0] in INNOCENT_SITES else "F"].append(file.read_bytes())
    return {name: pages[::max(1, len(pages) // 20)][:20] for name, pages in sets.items()}


def _dense(body: bytes) -> bytes:
    before, end, after = body.rpartition(b"</body>")
    added = "".join(f"<p>{sentence}</p>" for sentence in DENSE).encode()
    return before + added + end + after if end else body + added


def _rule(number: int, pattern: str, head: str) -> Rule:
    return Rule.model_construct(id=f"bench-{number:05}", code="superlative", level="blue", suggestion="", provisions=("adlaw-2021-art25-1",), heads=(head,), patterns=(pattern,),
                                unless=(), near=(), not_near=(), topic="", genres=(), yields=None, names=None, absence=None, reason="", confidence=0.5)


def rules(literals: int, gaps: int) -> list[Rule]:
    """So many literal rules and gap rules in the trade's words, always the same. A gap rule is as people write them: a lead that may be missing, a
    word, up to twelve characters, one of three words."""
    rng = random.Random(7)
    fill = [chr(c) for c in range(0x4E00, 0x4E00 + 3000)]
    words = [a + b for a, b in itertools.product(SUBJECTS, SAYINGS)]
    words += ["".join(rng.sample(fill, 2)) + rng.choice(SAYINGS) for _ in range(max(0, literals - len(words)))]
    rng.shuffle(words)
    made = [_rule(n, word, word) for n, word in enumerate(words[:literals])]
    firsts = [*SUBJECTS, *("".join(rng.sample(fill, 2)) for _ in range(gaps))]
    for n in range(gaps):
        lasts = "|".join(rng.sample(SAYINGS, 3))
        made.append(_rule(literals + n, f"(?:承诺|保证|绝对|全程)?{firsts[n]}[^，。；\n]{{0,12}}(?:{lasts})", firsts[n]))
    return made


def _least(*sides: Callable[[], object], rounds: int = 3) -> list[float]:
    """The least CPU seconds of each side, taken in turn."""
    best = [float("inf")] * len(sides)
    for _ in range(rounds):
        for at, side in enumerate(sides):
            began = time.process_time()
            side()
            best[at] = min(best[at], time.process_time() - began)
    return best


def _matching(texts: Sequence[str], literals: int, gaps: int) -> tuple[float, float, int]:
    """Ours and naive seconds over ``texts``, and the pairs (page, rule) that both found."""
    made = rules(literals, gaps)
    engine = Engine(Knowledge(tuple(made), {}, f"bench-{literals}"))
    naive = [re.compile(rule.patterns[0]) for rule in made]

    def ours() -> set[tuple[int, int]]:
        found = set()
        for page, text in enumerate(texts):
            reading = engine.read(text)
            for index in reading.possible:
                if next(matches(engine.compiled[index], index, text, reading), None):
                    found.add((page, index))
        return found

    def loop() -> set[tuple[int, int]]:
        return {(page, index) for page, text in enumerate(texts) for index, pattern in enumerate(naive) if pattern.search(text)}

    both, alone = ours(), loop()
    if both != alone:
        raise SystemExit(f"G3：两边找到的不同：只有本系统 {len(both - alone)}，只有逐条 {len(alone - both)}")
    mine, theirs = _least(ours, loop)
    return mine, theirs, len(both)


def _chain(bodies: Sequence[bytes], knowledge: Knowledge) -> int:
    return sum(len(judge(extract(Document(body=body)), knowledge).findings) for body in bodies)


def run(folder: Path | None) -> dict[str, float]:
    if folder is None:
        print("G3–G6：没有 ../shared/sites，未测")
        return {}
    knowledge = load_knowledge([SETTINGS])
    ratios: dict[str, float] = {}
    for name, bodies in page_sets(folder).items():
        ratios |= {f"{key} {name}": value for key, value in _of_set(name, bodies, knowledge).items()}
    return ratios


def _of_set(name: str, bodies: list[bytes], knowledge: Knowledge) -> dict[str, float]:
    dense = [_dense(body) for body in bodies]
    texts = [normalise(extract(Document(body=body)).full_text).text for body in dense]
    small, small_naive, pairs = _matching(texts, 300, 100)
    large, large_naive, more = _matching(texts, 3_000, 1_000)
    print(f"{name}：{len(bodies)} 页，{sum(map(len, bodies)) / 1e6:.2f} MB，{len(knowledge.rules)} 条规则；400 条 {pairs} 处，4000 条 {more} 处，两边一致")
    base, grown = (replace(knowledge, rules=(*knowledge.rules, *rules(*count)), digest=str(count)) for count in ((300, 100), (3_000, 1_000)))
    naive = [re.compile(rule.patterns[0]) for rule in rules(300, 100)]

    def bare() -> None:
        for body in bodies:
            root = LexborHTMLParser(body).body
            _ = root.text() if root is not None else ""

    def soup() -> None:
        for body in bodies:
            text = BeautifulSoup(body, "html.parser").get_text()
            _ = [pattern.search(text) for pattern in naive]

    def article() -> None:
        for body in bodies:
            text = trafilatura.extract(body) or ""
            _ = [pattern.search(text) for pattern in naive]

    plain, parse, with_soup, with_article, full, some, many = _least(
        lambda: _chain(bodies, knowledge), bare, soup, article, lambda: _chain(dense, knowledge), lambda: _chain(dense, base), lambda: _chain(dense, grown))
    print(f"{name}：判 {plain / len(bodies) * 1e3:.2f} ms/页（密 {full / len(bodies) * 1e3:.2f}），只解析 {parse / len(bodies) * 1e3:.2f} ms/页")
    return {
        "G3": small_naive / small, "G3b": large_naive / large, "G4": large / small, "G4b": many / some, "G5": parse / plain,
        "G5b bs4": with_soup / plain, "G5b traf": with_article / plain, "G5c": full / plain, "G6": _kept(bodies),
    }


def _kept(bodies: Sequence[bytes]) -> float:
    """Of the claim words in the text that lexbor gives as visible, the share that our extraction keeps."""
    words = re.compile("|".join((*SAYINGS, "收益", "本金", "本息", "年化", "理财", "保障", "%")))
    whole = ours = 0
    for body in bodies:
        tree = LexborHTMLParser(body)
        tree.strip_tags(["script", "style", "noscript", "template"])
        seen = len(words.findall("".join(tree.body.text().split()))) if tree.body is not None else 0
        page = extract(Document(body=body))
        whole += seen
        ours += min(seen, len(words.findall("".join(page.full_text.split()))))
    return ours / whole if whole else 1.0
