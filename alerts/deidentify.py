"""Takes persons out of texts that leave the office as examples: names beside a title or a label, numbers, addresses, our own people.

Every character taken out is replaced by one ＊, so that places in the text stay. A name that stands bare in running text, with neither title
nor label, is not recognised: who exports reads before passing on.
"""

from __future__ import annotations

from collections.abc import Iterable

import re2

MASK = "＊"
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华魏陶姜戚谢邹喻苏潘葛范彭鲁韦马苗凤俞任袁柳鲍史唐费廉薛雷贺倪汤滕殷罗毕郝邬安乐傅皮卞康伍余顾孟"
    "黄穆萧尹姚邵汪祁毛狄米贝臧戴宋庞熊纪舒屈项祝董梁杜阮蓝闵席季麻贾路娄江童颜郭梅盛林钟徐邱骆高夏蔡田樊胡凌霍虞万卢莫丁邓洪包左石崔龚程裴陆翁段侯武刘詹龙叶白蒲赖乔谭"
)
_HAN = r"\x{4e00}-\x{9fff}"
_PERSONS = (
    rf"[{_SURNAMES}](?:经理|老师|教授|博士|律师|警官|主任|总监|导师|助理|会计|顾问)",
    rf"[{_SURNAMES}][{_HAN}]{{0,2}}(?:先生|女士|小姐|阿姨|大爷|同志)",
    rf"(?:联系人|负责人|法定代表人|法人代表|收款人|户名|开户人|姓名|举报人|投诉人|受害人|当事人|经办人|承办人|主讲人|讲师|客服)[:： ]{{1,3}}[{_HAN}·]{{2,4}}",
)
_NUMBERS = (
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}",
    r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}", r"\b0\d{2,3}[- )）]{0,2}\d{7,8}\b", r"\b[48]00[- ]?\d{3,4}[- ]?\d{3,4}\b",
    r"\b\d{17}[\dXx]\b", r"\b\d{4}(?: ?\d{4}){3}(?: ?\d{1,3})?\b",
    r"(?i)(?:微信号?|加v|加微|v信|vx|wx|wechat|qq|扣扣|电报|telegram|飞机|whatsapp)[号群]{0,2}[:： ]{0,3}@?[A-Za-z0-9_-]{5,24}",
)
_ALL = re2.compile("|".join(f"(?:{pattern})" for pattern in (*_PERSONS, *_NUMBERS)))


def masked(text: str, people: Iterable[str] = ()) -> str:
    """The text with persons taken out, of the same length. ``people``: names and account names of our own, wherever they stand."""
    kept = list(text)
    for found in _ALL.finditer(text):
        kept[found.start():found.end()] = MASK * (found.end() - found.start())
    for name in people:
        if len(name) < (3 if name.isascii() else 2):
            continue
        at = text.find(name)
        while at >= 0:
            end = at + len(name)
            if not name.isascii() or not (_word(text[at - 1:at]) or _word(text[end:end + 1])):
                kept[at:end] = MASK * len(name)
            at = text.find(name, end)
    return "".join(kept)


def _word(character: str) -> bool:
    return character.isascii() and character.isalnum()
