"""A million names: how long an index takes to make and to open, what a page costs, what a worker holds. `python -m benchmarks.registers [names]`.

Each part runs in a process of its own, so that its peak memory (VmHWM) is its own. Names are drawn at random from a fixed seed, each of them a
licence row with a short name: the dearest case, for rows of filings and of the enterprise register have no likeness keys.
"""

from __future__ import annotations

import csv
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("北京", "上海", "深圳市", "广州市", "杭州", "成都市", "江苏", "山东省", "湖北", "安徽省", "重庆", "厦门")
CHARACTERS = "清河远山云帆安和东岭旧港南坪北岗金大有春芽明德信诚汇通鼎盛恒泰瑞丰嘉禾宏图锦绣华夏中原长江黄河松柏青竹梅兰海天星辰日月光辉永兴广源聚宝富贵吉祥如意平顺昌隆万象千里百川"
TRADES = ("投资管理", "基金管理", "资产管理", "金融信息服务", "小额贷款", "融资担保", "保险代理", "信息技术", "财富管理", "商务咨询", "支付服务", "商业银行")
FORMS = ("有限公司", "股份有限公司", "有限责任公司")
KINDS = ("fund", "micro_loan", "guarantee", "payment", "insurance_agency", "bank_rural", "fund_private")


def names(count: int) -> Iterator[tuple[str, str]]:
    """Full name and short name, each once."""
    draw = random.Random(20261121)
    seen: set[str] = set()
    while len(seen) < count:
        proper = "".join(draw.choice(CHARACTERS) for _ in range(draw.choice((2, 3, 3, 4))))
        trade = draw.choice(TRADES)
        name = f"{draw.choice(PLACES)}{proper}{trade}{draw.choice(FORMS)}"
        if name not in seen:
            seen.add(name)
            yield name, proper + trade


def make(folder: Path, count: int) -> None:
    (folder / "registers").mkdir()
    draw = random.Random(1)
    with (folder / "registers" / "licensed.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("name", "short_names", "kind", "licence_number", "domains", "status", "as_of"))
        for number, (name, short) in enumerate(names(count)):
            writer.writerow((name, short if number % 4 == 0 else "", draw.choice(KINDS), f"B{number:015d}", f"site{number}.example" if number % 3 == 0 else "", "listed", "2025-12-31"))


def _pages(count: int) -> list[tuple[str, str]]:
    """(title, body): half of them by firms of the register, half by firms that are not; each names four companies."""
    draw = random.Random(7)
    known = [name for name, _ in names(4 * count)]
    made = []
    for number in range(count):
        four = [draw.choice(known) if draw.random() < 0.5 else "杭州" + "".join(draw.choice(CHARACTERS) for _ in range(3)) + draw.choice(TRADES) + "有限公司" for _ in range(4)]
        title = f"{four[0].removesuffix('有限公司')}官网-理财 投资 {number}"
        text = "".join(f"<p>{'我要理财，立即投资，项目介绍与风险提示。' * 8}</p>" for _ in range(10))
        made.append((title, f"{text}<p>合作机构：{four[1]}、{four[2]}</p><footer>© {four[0]} {four[3]} 版权所有 京ICP备{10000000 + number}号-1 统一社会信用代码：91100000100003962T "
                            f"支付业务许可证 Z2{number:012d}</footer>"))
    return made


def _memory(word: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(word)), 0.0)


def build(folder: Path) -> None:
    from classifiers.registers import load_registers

    began = time.perf_counter()
    registers = load_registers([folder])
    file = next((folder / "registers" / ".cache").glob("*.names"), folder)  # few names are not kept
    print(f"建索引 {time.perf_counter() - began:.1f} 秒，峰值内存 {_memory('VmHWM'):.0f} MB，索引文件 {file.stat().st_size / 1e6:.0f} MB，类别 {len(registers.kinds)}")


def use(folder: Path, pages: int = 400) -> None:
    from classifiers.extract import extract
    from classifiers.judge import judge
    from classifiers.knowledge import load_knowledge
    from classifiers.model import Document
    from classifiers.normalise import normalise
    from classifiers.registers import operator
    from classifiers.registers_checks import contradictions

    began = time.perf_counter()
    bare = load_knowledge([ROOT / "config"])
    middle = time.perf_counter()
    before = _memory("VmRSS")
    knowledge = load_knowledge([folder, ROOT / "config"])
    opened = time.perf_counter() - middle - (middle - began)
    read = [extract(Document(body=f"<title>{title}</title>{body}".encode(), url=f"https://s{n}.example/", content_type="text/html; charset=utf-8")) for n, (title, body) in enumerate(_pages(pages))]
    for page in read[:20]:
        judge(page, bare), judge(page, knowledge)
    times = {}
    for name, known in (("without", bare), ("with", knowledge)):
        began = time.process_time()
        found = [judge(page, known) for page in read[20:]]
        times[name] = (time.process_time() - began) / len(found) * 1000
    rules = [rule for rule in knowledge.rules if rule.names is not None]
    plain = [(page, normalise(page.full_text).text, judge(page, knowledge).genre) for page in read]
    fresh = load_knowledge([folder, ROOT / "config"]).registers  # nothing remembered of these pages
    began = time.process_time()
    for page, text, genre in plain:
        contradictions(page, text, genre, fresh, rules)
    alone = (time.process_time() - began) / len(plain) * 1000
    began = time.process_time()
    for page in read:
        operator(page, knowledge.registers)
    asked = (time.process_time() - began) / len(read) * 1000
    looked = list(dict.fromkeys(name for page in read for name in page.identity.companies))
    began = time.process_time()
    for name in looked:
        knowledge.registers.find(name + "厂")
    each = (time.process_time() - began) / len(looked) * 1e6
    brands = sum(f.code.startswith("brand.") for verdict in found for f in verdict.findings)
    print(f"打开索引 {max(opened, 0):.2f} 秒；每页对照 {alone:.2f} 毫秒 CPU（整页研判 {times['without']:.2f} → {times['with']:.2f}，含写出涉嫌违法点），认运营者 {asked:.3f} 毫秒，查一个生名 {each:.0f} 微秒；{brands} 处")
    print(f"常驻内存 {_memory('VmRSS'):.0f} MB（载入前 {before:.0f}），峰值 {_memory('VmHWM'):.0f} MB")


def main(count: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make(folder, count)
        print(f"{count} 个名称，CSV {(folder / 'registers' / 'licensed.csv').stat().st_size / 1e6:.0f} MB")
        for part in ("build", "use"):
            subprocess.run([sys.executable, "-m", "benchmarks.registers", part, place], cwd=ROOT, check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["use"]:
        use(Path(sys.argv[2]))
    else:
        main(*(int(word) for word in sys.argv[1:2]))
