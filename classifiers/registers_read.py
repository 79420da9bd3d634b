"""An office's lists read row by row: CSV (UTF-8 or GB18030) and XLSX, with English headings or the usual Chinese ones.

A list needs a column of names (or, for filings, of numbers); everything else is optional. The kind of institution comes from a column, else from
the name of the file (``支付机构.csv``), else it is ``other``: a licence of some kind, which clears a name and no more.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifiers.errors import ConfigError

MOST_BYTES = 1 << 30  # of one file
MOST_CELL = 2_000  # characters of a cell that are kept
# Not lists of licences: what stands in them is known, not allowed.
UNLICENSED_KINDS = frozenset({"enterprise", "filing", "p2p", "p2p_operator", "online_loan", "online_wealth", "platform"})

_HEADINGS: dict[str, tuple[str, ...]] = {
    "name": ("name", "名称", "机构名称", "公司名称", "企业名称", "机构全称", "全称", "单位名称", "金融机构名称", "法人名称", "中文名称", "银行名称", "公司全称", "主体名称"),
    "short_names": ("short_names", "简称", "机构简称", "公司简称", "别名", "曾用名", "品牌", "品牌名称", "公司名称简称", "中文简称"),
    "kind": ("kind", "类型", "类别", "机构类型", "机构类别", "机构种类", "业务类型", "公司类型", "牌照类型", "许可类型"),
    "licence_kind": ("licence_kind", "许可证种类", "许可证名称", "许可证类型", "资格名称"),
    "licence_number": ("licence_number", "许可证号", "许可证编号", "许可证流水号", "机构编码", "金融机构编码", "机构代码", "登记编号", "备案编号", "业务许可证编号", "许可证编码", "证书编号", "牌照编号"),
    "uscc": ("uscc", "统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码"),
    "domains": ("domains", "域名", "网站域名", "网址", "官网", "官方网站", "网站", "网站地址", "官网地址", "互联网地址", "网站首页网址"),
    "icp": ("icp_number", "icp", "icp备案号", "网站备案号", "网站备案/许可证号", "备案/许可证号", "备案号", "icp备案/许可证号", "备案许可证号"),
    "region": ("region", "地区", "所在地", "注册地", "注册地址", "住所", "省份", "所在地区", "辖区", "行政区划"),
    "status": ("status", "状态", "机构状态", "许可证状态", "营业状态", "许可状态"),
    "valid_to": ("valid_to", "有效期至", "有效期截止", "有效期", "到期日期", "许可证有效期至"),
    "as_of": ("as_of", "截至日期", "截止日期", "数据日期", "名录日期", "更新日期"),
    "company": ("company", "主办单位", "主办单位名称", "备案主体", "网站主办者", "主办者名称"),
}
_BY_HEADING = {heading: column for column, headings in _HEADINGS.items() for heading in headings}
# Words of a kind column or of a file's name -> kind; the first that stands in it counts, so the narrower come first.
_KINDS: tuple[tuple[str, str], ...] = (
    ("村镇银行", "bank_rural"), ("农村商业银行", "bank_rural"), ("农商", "bank_rural"), ("农村信用", "bank_rural"), ("农信", "bank_rural"), ("城市商业银行", "bank_city"), ("城商行", "bank_city"),
    ("国有", "bank_state"), ("股份制", "bank_joint_stock"), ("民营银行", "bank_private"), ("外资银行", "bank_foreign"), ("政策性", "bank_policy"), ("开发性", "bank_policy"),
    ("理财公司", "wealth"), ("理财子公司", "wealth"), ("银行理财", "wealth"), ("银行", "bank"), ("私募", "fund_private"), ("基金销售", "fund_sales"), ("基金代销", "fund_sales"), ("公募基金", "fund"),
    ("基金", "fund"), ("证券投资咨询", "securities_advice"), ("投资咨询", "securities_advice"), ("证券", "securities"), ("券商", "securities"), ("期货", "futures"), ("信托", "trust"),
    ("保险经纪", "insurance_agency"), ("保险代理", "insurance_agency"), ("保险中介", "insurance_agency"), ("保险公估", "insurance_agency"), ("财产保险", "insurance_property"), ("财险", "insurance_property"),
    ("人身保险", "insurance_life"), ("寿险", "insurance_life"), ("人寿", "insurance_life"), ("保险", "insurance"), ("非银行支付", "payment"), ("支付", "payment"), ("个人征信", "credit_rating"), ("征信", "credit_rating"),
    ("小额贷款", "micro_loan"), ("小贷", "micro_loan"), ("融资担保", "guarantee"), ("融资性担保", "guarantee"), ("担保", "guarantee"), ("消费金融", "consumer_finance"), ("汽车金融", "auto_finance"),
    ("金融租赁", "leasing"), ("典当", "pawn"), ("金融控股", "holding"), ("金控", "holding"), ("资产管理", "asset_management"), ("交易场所", "trading_venue"), ("交易所", "trading_venue"), ("交易中心", "trading_venue"),
    ("网络借贷", "p2p"), ("网贷", "p2p"), ("p2p", "p2p"), ("备案", "filing"), ("icp", "filing"), ("工商", "enterprise"), ("企业名录", "enterprise"), ("市场主体", "enterprise"), ("企业登记", "enterprise"),
)
_SPLIT = re.compile(r"[|;；、\n]+")
_HOST = re.compile(r"^(?:[a-z]+://)?(?:www\.)?([a-z0-9\u4e00-\u9fff][a-z0-9.\u4e00-\u9fff-]*\.[a-z\u4e00-\u9fff]{2,}|\d{1,3}(?:\.\d{1,3}){3})(?:[:/?#].*)?$")
_LISTED = ("", "listed", "正常", "有效", "存续", "在业", "开业", "营业", "存续（在营、开业、在册）", "已备案", "已登记")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a register. ``status`` and ``as_of`` as the list says; ``source``: the file. What the list does not say is empty."""

    name: str
    kind: str = "other"
    short_names: tuple[str, ...] = ()
    licence_kind: str = ""
    licence_number: str = ""
    uscc: str = ""
    domains: tuple[str, ...] = ()  # its own, lower case, without www
    icp: str = ""
    region: str = ""
    status: str = ""
    as_of: str = ""
    source: str = ""

    @property
    def licensed(self) -> bool:
        """Is the row a licence that its list calls in force? Doubtful ones (revoked, lists of long ago) clear nothing and accuse nobody."""
        return self.kind not in UNLICENSED_KINDS and (self.status in _LISTED or self.status.startswith("renewed"))


@dataclass(slots=True)
class _Sheet:
    file: Path
    columns: dict[str, int]
    default_kind: str
    source: str
    kinds: dict[str, str] = field(default_factory=dict)


def register_files(folder: Path) -> list[Path]:
    """The lists of ``folder``: CSV and XLSX, without brand_pictures.csv and what a spreadsheet program leaves behind."""
    files = [file for pattern in ("*.csv", "*.xlsx") for file in folder.glob(pattern)]
    return sorted(f for f in files if f.stem != "brand_pictures" and not f.name.startswith(("~", ".")))


def read_register(file: Path) -> Iterator[Entry]:
    """The rows of one list, in order. Raises ConfigError, which says in Chinese what to mend."""
    if file.stat().st_size > MOST_BYTES:
        raise ConfigError(str(file), "文件超过 1 GB，请分成几份")
    rows = _xlsx(file) if file.suffix.lower() == ".xlsx" else _csv(file)
    sheet: _Sheet | None = None
    for number, cells in enumerate(rows, 1):
        if sheet is None:
            sheet = _heading(file, cells)
            if sheet is None and number >= 10:  # a title and a note may stand above the headings
                break
            continue
        entry = _entry(sheet, cells)
        if entry is not None:
            yield entry
    if sheet is None:
        raise ConfigError(str(file), "前 10 行没有表头：名录须有“名称”（或 name）一列，备案表须有“备案号”和“主办单位名称”", line=1)


def _heading(file: Path, cells: Sequence[str]) -> _Sheet | None:
    columns: dict[str, int] = {}
    for at, cell in enumerate(cells):
        column = _BY_HEADING.get(re.sub(r"[\s*（(].*", "", cell.strip().lower()) or cell) or _BY_HEADING.get(cell.strip().lower())
        if column is not None:
            columns.setdefault(column, at)
    filing = "icp" in columns and "company" in columns
    if filing:
        columns["name"] = columns["company"]
    if "name" not in columns:
        return None
    default = "filing" if filing else kind_of(file.stem)
    if default == "other" and "uscc" in columns and not {"kind", "licence_kind", "licence_number"} & set(columns):
        default = "enterprise"  # names with credit codes and no word of a licence
    return _Sheet(file, columns, default, file.name)


def _entry(sheet: _Sheet, cells: Sequence[str]) -> Entry | None:
    width = len(cells)
    row = {column: cells[at].strip()[:MOST_CELL] for column, at in sheet.columns.items() if at < width}
    name = row.get("name", "")
    if not name:
        return None
    said = row.get("kind", "")
    if sheet.default_kind == "filing":
        kind = "filing"
    else:
        kind = sheet.kinds.get(said, "")
        if not kind:
            kind = sheet.kinds.setdefault(said, said if re.fullmatch("[a-z][a-z0-9_]*", said) else kind_of(said, sheet.default_kind))
    say = row.get
    return Entry(
        name, kind, _list(say("short_names", "")), say("licence_kind", ""), say("licence_number", ""), say("uscc", "").upper(), domains_of(say("domains", "")), say("icp", ""),
        say("region", ""), say("status", ""), say("as_of", ""), sheet.source,
    )


def kind_of(words: str, default: str = "other") -> str:
    """Our kind for an office's word (``城市商业银行`` -> ``bank_city``)."""
    lower = words.lower()
    return next((kind for word, kind in _KINDS if word in lower), default)


def domains_of(cell: str) -> tuple[str, ...]:
    """Domains in a cell: addresses are cut down to the host, without www; a host may be a number (an inner network, a demonstration)."""
    if not cell:
        return ()
    found = []
    for part in re.split(r"[|;；、,，\s]+", cell.lower()):
        match = _HOST.match(part)
        if match:
            found.append(match.group(1))
    return tuple(dict.fromkeys(found))


def _list(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in _SPLIT.split(cell) if part.strip())) if cell else ()


def _csv(file: Path) -> Iterator[Sequence[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with file.open(encoding=encoding, newline="") as handle:
                while handle.read(1 << 20):
                    pass
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ConfigError(str(file), "不是有效的 CSV（UTF-8 或 GB18030）")
    try:
        with file.open(encoding=encoding, newline="") as handle:
            yield from csv.reader(handle)
    except csv.Error as error:
        raise ConfigError(str(file), f"不是有效的 CSV：{error}") from error


def _xlsx(file: Path) -> Iterable[Sequence[str]]:
    import python_calamine  # only where a workbook is read

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file.read_bytes()))
        rows = book.get_sheet_by_index(0).to_python() if book.sheet_names else []
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise ConfigError(str(file), f"不是可读的 XLSX（{error}）") from error
    return [[_text(value) for value in row] for row in rows]


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
