"""Pictures by their look: the same logo at other sizes and qualities, others apart, and bytes that mean harm."""

from __future__ import annotations

import io
import random
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from linear import linear
from PIL import Image, ImageDraw

from classifiers.errors import ConfigError
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import load_knowledge
from classifiers.model import Document, Page, Picture
from classifiers.pictures import (
    NEAR,
    SAME,
    BrandPicture,
    distance,
    hash_folder,
    hashed,
    nearest,
    phash,
    read_brand_pictures,
    write_brand_pictures,
)

ROOT = Path(__file__).resolve().parents[2]


def logo(seed: int, size: int = 128, ground: tuple[int, ...] = (255, 255, 255)) -> Image.Image:
    """A mark of our own: some shapes in two colours, drawn from ``seed``."""
    draw = random.Random(seed)
    picture = Image.new("RGB", (512, 512), ground)
    pen = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y = draw.randrange(40, 360), draw.randrange(40, 360)
        shape = draw.choice((pen.ellipse, pen.rectangle))
        shape((x, y, x + draw.randrange(60, 150), y + draw.randrange(60, 150)), fill=draw.choice([(200, 20, 30), (10, 40, 160), (20, 20, 20)]))
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def saved(picture: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("seed", range(8))
def test_the_same_mark_is_known_at_another_size_and_quality(seed: int) -> None:
    own = phash(saved(logo(seed)))
    padded = Image.new("RGB", (300, 300), "white")
    padded.paste(logo(seed, 200), (50, 50))
    clear = logo(seed, 128).convert("RGBA")
    for other in (saved(logo(seed, 64)), saved(logo(seed, 256), "JPEG", quality=60), saved(logo(seed, 96), "WEBP", quality=70), saved(logo(seed, 64), "ICO"), saved(padded), saved(clear),
                  saved(logo(seed, 128).convert("P"), "GIF")):
        assert distance(own, phash(other)) <= SAME


def test_an_icon_of_any_size_is_known_by_the_mark_it_was_made_of() -> None:
    known = {size: sum(distance(phash(saved(logo(seed, 512))), phash(saved(logo(seed, size), "ICO"))) <= SAME for seed in range(40)) for size in (16, 32, 48, 64)}
    assert all(count == 40 for size, count in known.items() if size >= 32) and known[16] >= 37, known


def test_different_marks_are_apart() -> None:
    hashes = [phash(saved(logo(seed))) for seed in range(60)]
    near = sum(distance(a, b) <= SAME for n, a in enumerate(hashes) for b in hashes[:n])
    assert near == 0
    assert sum(distance(a, b) <= NEAR for n, a in enumerate(hashes) for b in hashes[:n]) <= 4


def png(width: int, height: int) -> bytes:
    """A picture of few bytes that claims a size."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@linear
@pytest.mark.parametrize("data", [
    b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", png(60_000, 60_000), png(2**31 - 1, 2**31 - 1), png(1, 1), png(4000, 2), b"\0\0\1\0\xff\xff" + b"\0" * 64,
    saved(Image.new("RGB", (64, 64), "red")), saved(logo(1))[:300], b"BM" + b"\xff" * 100, b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"\0" * 40, b"\x89PNG\r\n\x1a\n" * 1000, saved(logo(1)) + b"\0" * (9 << 20),
], ids=range(15))
def test_what_means_harm_or_says_nothing_has_no_hash(data: bytes) -> None:
    found = hashed(data)
    assert found.phash == "" and found.refused, "and it says why"


def test_an_icon_that_hides_a_larger_picture_is_not_unfolded() -> None:
    within = png(60_000, 60_000)
    icon = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 64, 64, 0, 0, 1, 32, len(within), 22) + within
    assert "像素过多" in hashed(icon).refused


def test_any_damage_is_borne() -> None:
    whole = saved(logo(3, 48))
    hurt = random.Random(1)
    for _ in range(400):
        body = bytearray(whole)
        for _ in range(hurt.randrange(1, 6)):
            body[hurt.randrange(len(body))] = hurt.randrange(256)
        assert len(phash(bytes(body))) in (0, 16)


def test_a_folder_of_the_office_becomes_a_list(tmp_path: Path) -> None:
    own = tmp_path / "某城清河银行股份有限公司@bank.example"
    own.mkdir()
    (own / "favicon.png").write_bytes(saved(logo(1)))
    (own / "标识.jpg").write_bytes(saved(logo(2), "JPEG"))
    (own / "说明.txt").write_text("不是图片", encoding="utf-8")
    rows, refused = hash_folder(tmp_path)
    assert [(row.name, row.kind, row.domain) for row in rows] == [("某城清河银行股份有限公司", "favicon", "bank.example"), ("某城清河银行股份有限公司", "logo", "bank.example")]
    assert refused == ["某城清河银行股份有限公司@bank.example/说明.txt"]
    file = tmp_path / "brand_pictures.csv"
    write_brand_pictures(file, rows)
    assert read_brand_pictures(file) == rows


@pytest.mark.parametrize(("text", "line", "field", "words"), [
    ("name,kind,phash\n甲,logo,xyz\n", 2, "phash", "16 位"),
    ("name,kind,phash,domian\n甲,logo,ffff0000ffff0000,bank.example\n", 1, "domian", "是否想写 domain"),
    ("name,kind\n甲,logo\n", 1, "", "phash 两列"),
    ("name,phash\n甲,ffff0000ffff0000\n,ffff0000ffff0000\n", 3, "name", "全称"),
    ("name,kind,phash\n甲,标志,ffff0000ffff0000\n", 2, "kind", "favicon"),
    ("name,phash,domain\n甲,ffff0000ffff0000,甲银行官网\n", 2, "domain", "bank.example"),
])
def test_a_list_written_wrong_is_refused_with_its_place(tmp_path: Path, text: str, line: int, field: str, words: str) -> None:
    file = tmp_path / "brand_pictures.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as refused:
        read_brand_pictures(file)
    assert (refused.value.line, refused.value.field) == (line, field)


def test_an_institution_may_have_several_domains(tmp_path: Path) -> None:
    file = tmp_path / "brand_pictures.csv"
    file.write_text("name,phash,domains,备注\n甲,ffff0000ffff0000,https://www.bank.example/；pay.example|127.0.0.9,客服提供\n", encoding="utf-8")
    row = read_brand_pictures(file)[0]
    assert row.domain == "bank.example|pay.example|127.0.0.9"
    assert [row.own(host) for host in ("bank.example", "m.bank.example", "127.0.0.9", "notbank.example", "")] == [True, True, True, False, False]


def test_pictures_within_the_text_are_not_compared() -> None:
    brand = BrandPicture("甲", "logo", "ffff0000ffff0000")
    assert nearest([Picture("image", brand.phash)], [brand]) == []
    assert nearest([Picture("favicon", "ffff0000ffff0001")], [brand])[0][2] == 1
    assert distance("", brand.phash) == 64


def test_the_mark_of_a_bank_on_another_domain(tmp_path: Path) -> None:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "ours.csv").write_text("name,short_names,kind,domains\n某城清河银行股份有限公司,清河银行,bank_city,bank.example\n", encoding="utf-8")
    write_brand_pictures(tmp_path / "registers" / "brand_pictures.csv", [BrandPicture("某城清河银行股份有限公司", "favicon", phash(saved(logo(5))), "bank.example")])
    knowledge = load_knowledge([tmp_path, ROOT / "config"])
    mark = (Picture("favicon", phash(saved(logo(5, 32), "ICO"))),)

    def found(title: str, text: str, url: str, pictures: tuple[Picture, ...] = mark) -> list[tuple[str, str]]:
        page = extract(Document(body=f"<title>{title}</title><p>{text}</p><form><input type=password></form>".encode(), url=url, content_type="text/html; charset=utf-8"))
        shown = Page(**{name: getattr(page, name) for name in page.__slots__} | {"pictures": pictures})
        return [(f.code, f.level.key) for f in judge(shown, knowledge).findings if f.code.startswith("brand")]

    assert found("登录", "清河银行 积分兑换 立即领取", "https://other.example/") == [("brand.impersonation", "yellow")]
    assert found("积分兑换", "登录领取礼品", "https://other.example/") == [("brand.impersonation", "blue")]
    assert found("清禾银行尊享中心", "清禾银行 积分兑换", "https://other.example/") == [("brand.impersonation", "yellow")]
    assert found("清河银行", "清河银行 积分兑换", "https://www.bank.example/") == []
    assert found("登录", "积分兑换", "https://other.example/", ()) == []


def test_an_institution_of_no_register_is_known_by_its_mark_and_its_own_domain(tmp_path: Path) -> None:
    (tmp_path / "registers").mkdir()
    write_brand_pictures(tmp_path / "registers" / "brand_pictures.csv", [BrandPicture("某城清河银行股份有限公司", "logo", phash(saved(logo(5))), "bank.example")])
    knowledge = load_knowledge([tmp_path, ROOT / "config"])
    mark = (Picture("logo", phash(saved(logo(5, 200), "JPEG", quality=50)), "https://other.example/logo.jpg"),)

    def reasons(url: str) -> list[str]:
        page = extract(Document(body="<title>登录</title><p>积分兑换</p>".encode(), url=url, content_type="text/html; charset=utf-8"))
        return [reason for f in judge(replace(page, pictures=mark), knowledge).findings if f.code == "brand.impersonation" for reason in f.reasons]

    told = "".join(reasons("https://other.example/"))
    assert all(words in told for words in ("某城清河银行股份有限公司", "other.example", "bank.example", "标识图片", "logo.jpg")), "both sides are named"
    assert reasons("https://m.bank.example/") == []
