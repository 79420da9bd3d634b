"""The kinds of excuse: each has a key, by which false alarms are counted, and a Chinese label, with which every reason begins."""

from __future__ import annotations

from typing import NamedTuple

KINDS: dict[str, str] = {
    "negation": "否定", "disclaimer": "免责声明", "question": "疑问", "quotation": "提及用语", "conditional": "假设与提醒", "report": "转述他人", "law": "法规禁止",
    "warning": "警示", "court": "裁判或处罚文书", "complaint": "投诉求助", "education": "科普教学", "academic": "学术研究", "definition": "释义", "fiction": "小说或游戏",
    "job": "招聘", "code": "程序文本", "contract": "合同条款", "licensed": "持牌机构", "deposit": "存款、国债、保险合同", "disclosure": "法定披露", "survey": "风险测评",
    "statistics": "行业或行情数据", "other": "其他",
}
_KEYS = {label: kind for kind, label in KINDS.items()}


class Excuse(NamedTuple):
    """Why words are no claim of the page itself. ``kind`` is a key of ``KINDS``; ``detail`` is Chinese, may be empty."""

    kind: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{KINDS[self.kind]}：{self.detail}" if self.detail else KINDS[self.kind]


def kind_of(because: str) -> str:
    """The key of the kind that a reason names; ``other`` for reasons that were not written here (registers, thresholds)."""
    return _KEYS.get(because.partition("：")[0], "other")
