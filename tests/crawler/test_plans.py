"""Plans: what is written, inherited, overridden, refused; and where each value comes from."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from classifiers.errors import ConfigError
from crawler.plans import Plan, SitePlan, check_zero_delay, load_plans, overridden, plan_for_sites
from crawler.plans.sitelist import read_sites

TODAY = date(2026, 11, 21)
WRITTEN = """\
title: 每周巡查
defaults:
  crawl_delay_s: 2
  max_pages: 300
  contact: https://example.org/patrol
regions:
  - name: 甲市
    depth: 3
    groups:
      - name: 网贷平台
        max_pages: 100
        cadence: {every_h: 6}
        sites:
          - https://one.example
          - name: 二号
            start: https://two.example/index.html
            seeds: [https://www.two.example/about]
            max_pages: 50
            max_bytes: 20MB
            clients: [desktop, phone]
            identity: browser
            robots: ignore
            expect_pages: {min: 10}
  - name: 乙市
    jurisdiction: "330200"
    sites: [http://three.example:8080/]
sites:
  - ｈｔｔｐ：／／four.example
"""


def office(folder: Path, text: str = WRITTEN, *, name: str = "weekly", authority: str = "") -> Path:
    (folder / "patrols").mkdir(parents=True, exist_ok=True)
    (folder / "patrols" / f"{name}.yaml").write_text(text, encoding="utf-8")
    if authority:
        (folder / "authority.yaml").write_text(authority, encoding="utf-8")
    return folder


def paper(scope: str = "[甲市]", start: str = "2026-01-01", end: str = "2026-12-31") -> str:
    return f"number: 示例授〔2026〕1号\nissuer: 示例工作组\nscope: {scope}\nvalid_from: {start}\nvalid_until: {end}\n"


def weekly(folder: Path, **more: str) -> Plan:
    return load_plans([office(folder, **more)], on=TODAY).get("weekly")


def site(plan: Plan, name: str) -> SitePlan:
    found = plan.find(name)
    assert found is not None, name
    return found


def test_settings_inherit_from_the_nearest_level(tmp_path: Path) -> None:
    plan = weekly(tmp_path)
    assert [s.site for s in plan.sites] == ["http://four.example", "https://one.example", "https://two.example", "http://three.example:8080"]
    one, two, three, four = (site(plan, n) for n in ("https://one.example", "二号", "three.example:8080", "four.example"))
    assert [s.max_pages for s in (one, two, three, four)] == [100, 50, 300, 300]
    assert [s.depth for s in (one, two, three, four)] == [3, 3, 5, 5]
    assert [s.jurisdiction for s in (one, two, three, four)] == ["甲市", "甲市", "330200", ""]
    assert one.delay_s == 2 and one.cadence_h == 6 and four.cadence_h == 168
    assert two.seeds == ("https://two.example/index.html", "https://www.two.example/about")
    assert two.hosts == ("two.example", "www.two.example") and two.max_bytes == 20 << 20 and two.clients == ("desktop", "phone")
    assert two.expect_min == 10 and (two.region, two.group) == ("甲市", "网贷平台")


def test_explain_names_file_and_line_of_each_value(tmp_path: Path) -> None:
    rows = {name: (value, where) for name, value, where in site(weekly(tmp_path), "二号").explain()}
    file = tmp_path / "patrols" / "weekly.yaml"
    lines = WRITTEN.splitlines()
    for name, text in (("crawl_delay_s", "crawl_delay_s: 2"), ("depth", "depth: 3"), ("max_pages", "            max_pages: 50"),
                       ("cadence", "cadence: {"), ("seeds", "start: https://two"), ("jurisdiction", "- name: 甲市"), ("expect_pages.min", "expect_pages:")):
        number = next(n for n, line in enumerate(lines, 1) if text in line)
        assert rows[name][1] == f"{file}:{number}", name
    assert rows["render"] == ("auto", "内置默认值") and rows["clients"][0] == "desktop、phone"


@pytest.mark.parametrize(("authority", "says"), [
    ("", "没有授权书"), (paper(end="2026-06-30"), "到期"), (paper(start="2026-12-01"), "才有效"), (paper(scope="[丙市]"), "范围"),
])
def test_without_a_valid_authority_the_patrol_says_who_it_is(tmp_path: Path, authority: str, says: str) -> None:
    two = site(weekly(tmp_path, authority=authority), "二号")
    assert (two.identity, two.robots, two.authority) == ("public", "obey", "")
    why = {name: where for name, _, where in two.explain()}
    assert weekly(tmp_path).facts() == {"authority": None} and two.facts()["authority_number"] == ""
    assert says in why["identity"] and "browser 不生效" in why["identity"] and "weekly.yaml:" in why["identity"] and says in why["robots"]


@pytest.mark.parametrize("scope", ["[甲市]", "[全部]", "[two.example]"])
def test_a_valid_authority_lets_the_settings_stand(tmp_path: Path, scope: str) -> None:
    plan = weekly(tmp_path, authority=paper(scope=scope))
    two = site(plan, "二号")
    assert (two.identity, two.robots, two.authority) == ("browser", "ignore", "示例授〔2026〕1号")
    assert two.facts() == {"identity": "browser", "robots": "ignore", "jurisdiction": "甲市", "authority_number": "示例授〔2026〕1号"}
    facts = plan.facts()["authority"]
    assert facts["number"] == "示例授〔2026〕1号" and facts["valid_until"] == "2026-12-31"


@pytest.mark.parametrize(("wrong", "line", "field", "says"), [
    ("defaults:\n  max_page: 3\n", 2, "defaults.max_page", "是否想写 max_pages"),
    ("sites:\n  - https://a.example\n  - start: b.example\n    rendr: auto\n", 4, "sites.1.rendr", "是否想写 render"),
    ("regions:\n  - name: 甲\n    groups:\n      - dept: 3\n", 4, "regions.0.groups.0.dept", "是否想写 depth"),
    ("defaults:\n  depth: 三\n", 2, "defaults.depth", "应为整数"),
    ("defaults:\n  depth: yes\n", 2, "defaults.depth", "应为整数"),
    ("defaults:\n  robots: never\n", 2, "defaults.robots", "应为 obey、ignore"),
    ("defaults:\n\n  crawl_delay_s: -1\n", 3, "defaults.crawl_delay_s", "不小于 0"),
    ("defaults:\n  cadence: often\n", 2, "defaults.cadence", "daily"),
    ("defaults:\n  allow: [10.0.0.0/99]\n", 2, "defaults.allow.0", "不是网段"),
    ("defaults:\n  hosts: [http://a.example]\n", 2, "defaults.hosts", "不是主机名"),
    ("defaults:\n  depth: 1\n  depth: 2\n", 3, "defaults.depth", "写了两次"),
    ("sites:\n  - name: 甲\n", 2, "sites.0", "没有起始页"),
    ("sites:\n  - a.example\n  - 'javascript:alert(1)'\n", 3, "sites.1.start", "不是网页地址"),
    ("sites:\n  - a.example\n  - http://A.example/x\n", 3, "sites.1", "已写在"),
    ("a: &x 1\nb: *x\n", 0, "", "锚点"),
    ("sites: [\n", 2, "", "YAML"),
])
def test_an_error_names_file_line_and_field(tmp_path: Path, wrong: str, line: int, field: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_plans([office(tmp_path, wrong)])
    error = caught.value
    assert (error.line, error.field) == (line, field) and says in error.message and error.file.endswith("weekly.yaml"), str(error)


def test_the_overlay_wins_by_name_and_empty_files_are_nothing(tmp_path: Path) -> None:
    overlay, shipped = office(tmp_path / "a", "sites: [a.example]", name="default"), office(tmp_path / "b", "sites: [b.example]", name="default")
    office(tmp_path / "b", "# 只有注释\n", name="empty")
    plans = load_plans([overlay, shipped, tmp_path / "none"])
    assert [p.name for p in plans] == ["default"] and plans.get("default").sites[0].site == "http://a.example"
    with pytest.raises(ConfigError, match="是否想写 default"):
        plans.get("defualt")
    assert [plan.name for plan, _ in plans.find("a.example")] == ["default"]


def test_the_shipped_plan_is_an_example_in_comments_that_loads_once_they_are_taken_off(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[2] / "config"
    assert list(load_plans([shipped])) == []
    lines = (shipped / "patrols" / "default.yaml").read_text("utf-8").splitlines()
    example = [line.removeprefix("# ") for line in lines[lines.index("# title: 每周巡查"):lines.index("# 授权书写在设置目录的 authority.yaml：") - 1]]
    (tmp_path / "patrols").mkdir()
    (tmp_path / "patrols" / "default.yaml").write_text("\n".join(line for line in example if "sites_file" not in line), "utf-8")
    plan = load_plans([tmp_path]).get("default")
    assert [site.site for site in plan.sites] == ["https://www.example.org", "https://www.example.com"]
    assert (plan.sites[0].jurisdiction, plan.sites[0].max_pages, plan.sites[1].max_pages) == ("某市", 500, 2000)


def test_a_run_keeps_its_plan_as_json(tmp_path: Path) -> None:
    for one in overridden(weekly(tmp_path), allow=["10.0.0.0/8", "fd00::/8"]).sites:
        assert SitePlan.from_json(json.loads(json.dumps(one.to_json(), ensure_ascii=False))) == one


def test_addresses_of_one_origin_are_one_site() -> None:
    plan = plan_for_sites(["http://127.0.0.2:8100/b", "HTTP://127.0.0.2:8100", "b.example", "http://b.example:80/x", "https://b.example/"],
                          max_pages=7, depth=2, delay=1.5, allow=["127.0.0.0/8"])
    assert [(s.site, len(s.seeds)) for s in plan.sites] == [("http://127.0.0.2:8100", 2), ("http://b.example", 2), ("https://b.example", 1)]
    first = plan.sites[0]
    assert (first.max_pages, first.depth, first.delay_s, first.autothrottle) == (7, 2, 1.5, True)
    assert [str(n) for n in first.allow] == ["127.0.0.0/8"] and first.seeds == ("http://127.0.0.2:8100/b", "http://127.0.0.2:8100/")
    assert {name: where for name, _, where in first.explain()}["max_pages"] == "命令行 --max-pages"


def test_a_plan_lends_its_settings_to_sites_of_the_command_line(tmp_path: Path) -> None:
    plan = plan_for_sites(["https://two.example/new", "https://new.example"], base=weekly(tmp_path, authority=paper(scope="[全部]")), on=TODAY, max_pages=9)
    two, new = plan.sites
    assert two.seeds == ("https://two.example/new",) and two.identity == "browser" and two.max_pages == 9
    assert (new.delay_s, new.depth, new.contact, new.identity) == (2, 5, "https://example.org/patrol", "public")


def test_no_pause_is_for_this_machine_only() -> None:
    quick = plan_for_sites(["http://127.0.0.2:8100", "http://localhost:9", "http://[::1]/"], delay=0)
    assert all(s.delay_s == 0 and not s.autothrottle for s in quick.sites)
    for outside in ("https://a.example", "http://10.0.0.1", "http://127.0.0.1.a.example"):
        with pytest.raises(ConfigError, match="只用于本机"):
            plan_for_sites(["http://127.0.0.2", outside], delay=0)
    slow = plan_for_sites(["https://a.example"])
    check_zero_delay(slow.sites)


@pytest.mark.parametrize("bad", ["", "ftp://a.example", "javascript:1", "http://", "http://a.example:99999", "http://u:p@a.example", "a b", "http://1.2.3.999"])
def test_what_is_no_address_is_refused_with_a_reason(bad: str) -> None:
    with pytest.raises(ConfigError):
        plan_for_sites([bad])


def test_plans_import_no_framework() -> None:
    code = "import sys, crawler.plans; print([m for m in ('scrapy', 'twisted', 'django', 'playwright') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[2])
    assert done.stdout.strip() == "[]"


def test_the_example_in_the_shipped_file_is_valid_and_complete(tmp_path: Path) -> None:
    """Whoever takes the # away gets a plan that loads."""
    text = (Path(__file__).resolve().parents[2] / "config" / "patrols" / "default.yaml").read_text(encoding="utf-8")
    _, _, example = text.partition("# title:")
    plan, _, authority = example.partition("#\n# 授权书")
    bare = ["title:" + line if n == 0 else line.removeprefix("# ") for n, line in enumerate(plan.splitlines())]
    paper_lines = [line.removeprefix("# ") for line in authority.splitlines()[1:]]
    office(tmp_path, "\n".join(bare), authority="\n".join(paper_lines))
    (tmp_path / "patrols" / "名单.xlsx").write_text("third.example\nhttps://www.example.org/new\n不是网址\n", encoding="utf-8")
    plan_read = load_plans([tmp_path], on=TODAY).get("weekly")
    assert [s.site for s in plan_read.sites] == ["https://www.example.org", "https://www.example.com", "http://third.example"]
    assert plan_read.sites[0].authority == "文号" and plan_read.sites[2].cadence == "daily"
    assert [(p.row, p.reason[:5]) for p in plan_read.problems] == [(3, "不是网址 "), (2, "网站 ht")]


def test_a_list_with_regions_gives_each_site_its_jurisdiction(tmp_path: Path) -> None:
    file = tmp_path / "名单.csv"
    file.write_text("平台名称,网址,地区\n甲,https://a.example,甲市\n甲,https://a.example/x,\n乙,https://b.example,\n", encoding="utf-8")
    first, second = plan_for_sites(read_sites(file), base=weekly(tmp_path)).sites
    assert (first.name, first.jurisdiction, len(first.seeds), first.delay_s) == ("甲", "甲市", 2, 2) and second.jurisdiction == ""
    assert {name: where for name, _, where in first.explain()}["jurisdiction"] == f"{file}:2"
