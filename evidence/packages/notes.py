"""核验说明.txt: how a stranger verifies the package with common tools, and how with verify.py. A line that begins with four blanks and ``$`` is a
command as it is to be typed in the unpacked folder: a test types them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from evidence.packages.model import Authority, Facts, Missing, Sealed

NAME = "核验说明.txt"
_BEIJING = timezone(timedelta(hours=8))
PROMPT = "    $ "


def notes(facts: Facts, manifest_stamps: Sequence[str] | None) -> str:
    """``manifest_stamps``: the authorities that stamped the manifest; None on paper, which is made before it is known."""
    parts = [
        ["电子数据证据包　核验说明", "", f"包号：{facts.id}", f"事项：{_line(facts.subject.title)}（{_line(facts.subject.number)}）",
         f"取证单位：{_line(facts.office) or '（未登记）'}", f"导出：{_line(facts.who)}，{beijing(facts.made)}（北京时间）",
         f"系统法制审核、技术审核文件：{_line(facts.review) or '（未登记）'}", "",
         "本包可以不依赖导出它的系统核验。先把包解压到一个空文件夹，在该文件夹中打开终端，依次执行下列以 $ 开头的命令（不含 $）。",
         "所需的 sha256sum、openssl（3.0 以上）是通用工具，Linux 系统自带；回放用 ReplayWeb.page。"],
        _files(), _signature(facts.key), _stamps(facts.authorities, manifest_stamps), _roots(facts), _replay(), _program(facts.verifier),
        _repeat(), _missing(facts.missing, facts.sealed), _limits(),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def beijing(when: datetime) -> str:
    local = when.astimezone(_BEIJING)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}"


def _files() -> list[str]:
    return ["一、文件有无改动", "SHA256SUMS 列出包内每个文件（它自己和它的签名除外）的 SHA-256。全部显示“成功”或 OK 即为相符：", f"{PROMPT}sha256sum -c SHA256SUMS",
            "国家商用密码算法 SM3 的摘要在 SM3SUMS 中，可逐个计算后对照，例如：", f"{PROMPT}openssl dgst -sm3 evidence.wacz"]


def _signature(key: str) -> list[str]:
    return ["二、签名是否成立", "SHA256SUMS 由取证单位的密钥签名（Ed25519）。显示 Signature Verified Successfully 即为成立：",
            f"{PROMPT}openssl pkeyutl -verify -pubin -inkey ledger/public-key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig",
            "公钥是否属于取证单位，以纸质文书上印的公钥指纹为准。下面命令的结果应当与之相同：",
            f"{PROMPT}openssl pkey -pubin -in ledger/public-key.pem -outform DER | tail -c 32 | sha256sum", f"公钥指纹：{key}"]


def _stamps(authorities: Sequence[Authority], names: Sequence[str] | None) -> list[str]:
    prints = ["机构根证书的指纹（SHA-256），以机构公布的和纸质文书上印的为准：", *(f"{one.name}：{one.root_sha256}" for one in authorities)] if authorities else []
    if names is None:
        return ["三、时间戳", "本包清单（manifest.json）的时间戳，在包内名为 manifest.json.机构名.tsr；核验命令见包内的 核验说明.txt。没有这样的文件，即导出时没有机构答复。", *prints]
    if not names:
        return ["三、时间戳", "本包清单（manifest.json）没有时间戳：导出时没有时间戳机构答复。包的形成时间只有取证单位自己的记录。"]
    found = ["三、时间戳", "manifest.json 列出全部文件的摘要，由第三方时间戳机构按 RFC 3161 加盖。显示 Verification: OK 即为成立："]
    found += [f"{PROMPT}openssl ts -verify -data manifest.json -in manifest.json.{name}.tsr -CAfile authorities/{name}.pem" for name in names]
    found.append("看时间戳上的时间（UTC，北京时间加 8 小时）：")
    found += [f"{PROMPT}openssl ts -reply -in manifest.json.{name}.tsr -text" for name in names]
    return found + prints


def _roots(facts: Facts) -> list[str]:
    found = ["四、取证当时的存证根", "每条记录在存证后不久就汇入一个签名的“存证根”（ledger/roots/），并由时间戳机构加盖：这证明记录在那个时间已经存在、其后没有改动。"]
    known = {one.name for one in facts.authorities}
    for number in facts.root_numbers:
        name = f"ledger/roots/{number:08d}.json"
        signed = json.loads(facts.read(name))["key"]
        key = "ledger/public-key.pem" if signed == facts.key else f"ledger/roots/key-{signed}.pem"
        found.append(f"{PROMPT}openssl base64 -d -A -in {name}.sig -out root.sig && openssl pkeyutl -verify -pubin -inkey {key} -rawin -in {name} -sigfile root.sig")
        found += [f"{PROMPT}openssl ts -verify -data {name} -in {name}.{one.authority}.tsr -CAfile authorities/{one.authority}.pem"
                  for one in facts.stamps if one.root == number and one.authority in known]
    if not facts.stamps:
        found.append("上列存证根还没有时间戳（时间戳待补）。")
    return [*found, "每条记录到存证根的证明路径（RFC 6962 默克尔树）在 ledger/entries.jsonl，由 verify.py 逐条验算。"]


def _replay() -> list[str]:
    return ["五、看网页原貌", "用浏览器打开 ReplayWeb.page（https://replayweb.page/，也有可以离线使用的桌面程序），选取 evidence.wacz，即可回放存证时的网页。",
            "该文件是国际通用格式 WACZ 1.1.1：其中 archive 文件夹内是 WARC 1.1（ISO 28500）文件，存证的记录原样在内，任何支持 WARC 的程序都能读取。"]


def _program(verifier: bool) -> list[str]:
    if not verifier:
        return []
    return ["六、一次全部核验", "verify.py 是单个文件的核验程序，只用 Python 3 自带的库，不联网，源代码可以通读。把本包（.zip 文件，不必解压）作为参数：",
            "  python3 verify.py 证据包.zip", "它逐字节核对上面各项，并核对记录、证明路径、时间戳和内容是否齐全，用中文说明查了什么、哪里不符。"]


def _repeat() -> list[str]:
    return ["七、取证的方法与重复", "每个快照怎样取得，写在 evidence.wacz 中该快照的记录里：urn:x-adpatrol:visit: 是访问事实，urn:x-adpatrol:evidence: 是逐步过程、工具版本、环境自检和时钟比对。",
            "以同样的浏览器版本和窗口打开同一网址、静候页面加载、自上而下滚动到底后截图，即为重复；网页此后可能已被其主办者改动，故以存证时的记录为准。"]


def _missing(missing: Sequence[Missing], sealed: Sealed | None) -> list[str]:
    if not missing:
        return ["八、要素齐全情况", "经机器逐项检查，证据要素齐全，没有缺项。"]
    found = ["八、要素齐全情况", f"经机器逐项检查，缺少下列 {len(missing)} 项："]
    found += [f"  {number}. {one.label}：{_line(one.why)}" for number, one in enumerate(missing, 1)]
    if sealed is not None:
        found.append(f"缺项封存：由 {_line(sealed.who)} 于 {beijing(sealed.time)}（北京时间）决定，理由：{_line(sealed.reason)}")
    return found


def _limits() -> list[str]:
    return ["九、本包不能证明什么", "自动监测的记录是技术监测资料，没有执法人员在场；有无违法由有权机关认定。签名和时间戳证明记录在某一时间已存在、此后未改动，不证明网页所述属实。",
            "浏览器取得的内容按解码后的形式保存，不是网络上传输的原始字节；响应头如实保留。"]


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:500]


def commands(text: str) -> Iterable[str]:
    """The commands of the text, as they are to be typed."""
    return [line.removeprefix(PROMPT) for line in text.splitlines() if line.startswith(PROMPT)]


def utc(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
