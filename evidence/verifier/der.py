"""Reading DER (ITU-T X.690): strictly, as signed structures must be written. Nothing is repaired."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import List, NamedTuple, Optional

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OBJECT_ID, SEQUENCE, SET = 0x01, 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18


class BadDer(ValueError):
    """The bytes are not DER, or not of the shape expected. The message is Chinese."""


class Node(NamedTuple):
    """One value: its ``tag`` byte, its ``content``, and ``raw``: tag, length and content as they stand."""

    tag: int
    content: bytes
    raw: bytes


def der_next(data: bytes, at: int) -> Node:
    """The value that begins at ``at``. Raises BadDer."""
    if at + 2 > len(data):
        raise BadDer("DER 编码不完整")
    tag, size, body = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise BadDer("DER 标签无法识别")
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or body + count > len(data):
            raise BadDer("DER 长度无效")
        size = int.from_bytes(data[body : body + count], "big")
        if size < 0x80 or size >> (8 * (count - 1)) == 0:
            raise BadDer("DER 长度不是最短写法")
        body += count
    if body + size > len(data):
        raise BadDer("DER 编码不完整")
    return Node(tag, data[body : body + size], data[at : body + size])


def der_all(content: bytes) -> List[Node]:
    """The values that follow one another in ``content``. Raises BadDer."""
    found, at = [], 0
    while at < len(content):
        node = der_next(content, at)
        found.append(node)
        at += len(node.raw)
    return found


def der_one(data: bytes, tag: int) -> Node:
    """The one value that ``data`` is, of this tag. Raises BadDer."""
    nodes = der_all(data)
    if len(nodes) != 1 or nodes[0].tag != tag:
        raise BadDer("DER 结构与所应有的不同")
    return nodes[0]


def der_some(content: bytes, count: int) -> List[Node]:
    """The values in ``content``, at least ``count`` of them. Raises BadDer."""
    nodes = der_all(content)
    if len(nodes) < count:
        raise BadDer("DER 结构与所应有的不同")
    return nodes


class Fields:
    """The members of a SEQUENCE or SET, taken in order. ``take`` raises BadDer where the next is not of the tag; ``maybe`` gives None."""

    def __init__(self, content: bytes) -> None:
        self._left = der_all(content)

    def take(self, tag: int) -> Node:
        if not self._left or self._left[0].tag != tag:
            raise BadDer("DER 结构与所应有的不同")
        return self._left.pop(0)

    def maybe(self, tag: int) -> Optional[Node]:
        return self._left.pop(0) if self._left and self._left[0].tag == tag else None

    def any(self) -> Node:
        if not self._left:
            raise BadDer("DER 结构与所应有的不同")
        return self._left.pop(0)

    def end(self) -> None:
        if self._left:
            raise BadDer("DER 结构中有多余的内容")

    def rest(self) -> List[Node]:
        left, self._left = self._left, []
        return left


def der_int(node: Node) -> int:
    data = node.content
    if node.tag != INTEGER or not data or (len(data) > 1 and data[0] in (0, 0xFF) and (data[0] ^ data[1]) < 0x80):
        raise BadDer("DER 整数无效")
    return int.from_bytes(data, "big", signed=True)


def der_oid(node: Node) -> str:
    """Dotted decimal. Raises BadDer."""
    data = node.content
    if node.tag != OBJECT_ID or not data or data[-1] & 0x80:
        raise BadDer("DER 对象标识无效")
    parts, value, fresh = [], 0, True
    for byte in data:
        if fresh and byte == 0x80:
            raise BadDer("DER 对象标识无效")
        value, fresh = value << 7 | byte & 0x7F, not byte & 0x80
        if fresh:
            parts.append(value)
            value = 0
    first = min(parts[0] // 40, 2)
    return ".".join(str(part) for part in [first, parts[0] - 40 * first, *parts[1:]])


def der_bits(node: Node) -> bytes:
    """A BIT STRING of whole bytes."""
    if node.tag != BIT_STRING or not node.content or node.content[0] != 0:
        raise BadDer("DER 位串无效")
    return node.content[1:]


def der_time(node: Node) -> datetime:
    """UTCTime or GeneralizedTime, in UTC. Raises BadDer."""
    try:
        text = node.content.decode("ascii")
        if node.tag == UTC_TIME and len(text) == 13:
            text = ("20" if text < "5" else "19") + text
        elif node.tag != GENERALIZED_TIME:
            raise BadDer("DER 时间无效")
        whole, _, part = text[:-1].partition(".")
        if text[-1:] != "Z" or len(whole) != 14 or not whole.isdigit() or (part and (not part.isdigit() or part[-1] == "0")) or (not part and "." in text):
            raise BadDer("DER 时间无效")
        year, month, day, hour, minute, second = int(whole[:4]), *(int(whole[at : at + 2]) for at in range(4, 14, 2))
        return datetime(year, month, day, hour, minute, second, int((part + "000000")[:6]), timezone.utc)
    except ValueError as error:
        raise BadDer("DER 时间无效") from error
