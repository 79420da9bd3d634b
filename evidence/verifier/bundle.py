"""Puts the verifier's modules into one readable file, ``verify.py``, that runs alone: its code as it stands, in the order of need."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

HOME = Path(__file__).resolve().parent
TITLES = {
    "result": "结果", "digests": "摘要：SHA-256 与 SM3", "der": "读 DER 编码", "rsa": "RSA 签名", "edwards": "Ed25519 签名", "ecdsa": "ECDSA 签名",
    "certificates": "证书与证书链", "tokens": "时间戳（RFC 3161）", "stamping": "按机构汇总时间戳", "trees": "散列链、Merkle 树、规范 JSON", "statements": "存证根",
    "records": "网页记录（WARC）", "revisits": "相同正文的引用（重访记录）", "ledgerfile": "读存证账", "chains": "存证账的三条链", "rootchain": "存证根与存证账相符", "archive": "核验一个存档",
    "container": "压缩包的规范写法", "sums": "包里的清单与签名", "entries": "包里的存证登记", "wacz": "包里的 WACZ", "package": "核验一个证据包", "main": "命令",
}  # in the order of need
_PREFACE = '''#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""证据核验程序（单个文件，只用 Python 标准库，3.8 以上即可运行；不联网，不改动任何文件）

用法
    python3 verify.py 证据包.zip                     核验一个证据包
    python3 verify.py 解开后的目录                   核验已经解开的证据包
    python3 verify.py --archive 存档目录             核验一个完整的存档
    python3 verify.py 证据包.zip --key-fingerprint 指纹 --root-fingerprint 指纹
                                                     同时与纸面文书上所印的指纹核对
    python3 verify.py --help                         全部选项

读者
    本程序写给需要独立核实电子证据的人：法官、检察官、对方当事人的律师、鉴定人。它不信任制作证据包的系统，也不需要那套系统。
    您可以逐行阅读它，或请懂 Python 的人代读；也可以按照包里的《核验说明》，只用 sha256sum 和 openssl 重做其中的关键步骤。

它回答什么
    一、包里的文件是否与制作时逐字节相同，有没有缺少、多出、调换（压缩包的写法、SHA-256、SM3、签名）。
    二、每条网页记录是否就是抓取当时登记的那一条（存证登记、散列链、Merkle 路径、签名的存证根）。
    三、登记最迟在什么时候已经存在（可信时间戳，RFC 3161），由哪个机构证明（根证书的指纹请与纸面核对）。
    四、每个快照的记录是否齐全，回放用的索引是否指向这些记录。
    五、正文与此前存过的完全相同、因而只存一份的应答（重访记录），所引用的原记录是否在、是否就是所写的那一条、正文的 SHA-256 是否相符。

它怎样回答
    已核验    查过，相符。
    不符      查过，不相符，并指明是哪个文件、哪条记录。只要有一处，程序以 1 结束。
    须知      证据包自己说明的事项，例如缺少哪些要素、谁决定缺项封存。
    未核验    这里查不了（例如证书是否曾被吊销、国密 SM2 签名），并给出可以运行的命令。未核验不是通过，也不是不符。

它不能回答什么
    签名只说明“由持有这把密钥的单位制作”。密钥是否属于该单位，请以纸面文书上所印的指纹为准。
    网页内容是否违法，由人判断。

各部分按先后排列：结果、摘要、编码、签名算法、证书、时间戳、散列链与 Merkle 树、存证根、网页记录、重访记录、存证账、压缩包、清单、登记、WACZ、证据包、命令。
"""
'''


@lru_cache(maxsize=1)
def bundle() -> str:
    """The text of verify.py. Raises ValueError where a module breaks the rules that make this possible: each name is used once, and only
    the standard library and one another are imported."""
    imports: set[tuple[str, str]] = set()  # (module, name in it; "" for the module itself)
    names: dict[str, str] = {}
    bodies = []
    for module, title in TITLES.items():
        text = (HOME / f"{module}.py").read_text(encoding="utf-8")
        tree = ast.parse(text, feature_version=(3, 8))
        cut: set[int] = set()
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                cut.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
                imports.update(_kept(node, names, module))
            for name in _defined(node):
                if names.setdefault(name, module) != module:
                    raise ValueError(f"{name} is in {names[name]} and in {module}")
        doc = tree.body[0]
        cut.update(range(1, (doc.end_lineno or 1) + 1))
        lines = [line for number, line in enumerate(text.splitlines(), 1) if number not in cut]
        told = (ast.get_docstring(tree) or "").replace("\n", "\n# ")
        bodies.append(f"# {'=' * 118}\n# {title}（{module}）\n#\n# {told}\n# {'=' * 118}\n\n" + "\n".join(lines).strip() + "\n")
    taken: dict[str, list[str]] = {}
    for source, name in sorted(imports):
        taken.setdefault(source, []).append(name)
    head = "\n".join(["from __future__ import annotations", "", *(f"import {source}" for source, found in taken.items() if "" in found),
                      *(f"from {source} import {', '.join(filter(None, found))}" for source, found in taken.items() if any(found))])
    return _PREFACE + "\n" + head + "\n\n\n" + "\n\n".join(bodies) + '\n\nif __name__ == "__main__":\n    sys.exit(main())\n'


def _kept(node: ast.Import | ast.ImportFrom, names: dict[str, str], module: str) -> list[tuple[str, str]]:
    """The imports of the standard library; one another's must be there already, under their own names."""
    if any(one.asname for one in node.names):
        raise ValueError(f"{module} takes something under another name")
    if isinstance(node, ast.Import):
        return [(one.name, "") for one in node.names]
    if node.module == "__future__":
        return []
    if (node.module or "").startswith("evidence.verifier."):
        for one in node.names:
            if names.get(one.name) != (node.module or "").rpartition(".")[2]:
                raise ValueError(f"{module} takes {one.name} from {node.module}")
        return []
    return [(node.module or "", one.name) for one in node.names]


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
