"""Channel files: an error names file, line and field; no secret stands in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.channels.model import load_channels, read_channel
from classifiers.errors import ConfigError

SHIPPED = Path(__file__).resolve().parents[2] / "config"
GOOD = """name: hook
kind: webhook
url_env: HOOK_URL
secret_env: HOOK_SECRET
"""


def write(folder: Path, text: str, name: str = "one.yaml") -> Path:
    (folder / "channels").mkdir(exist_ok=True)
    file = folder / "channels" / name
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_channels_are_valid_and_switched_off() -> None:
    assert len(list((SHIPPED / "channels").glob("*.yaml"))) == 2
    assert load_channels([SHIPPED]) == {}


def test_the_overlay_wins_by_name(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("hook\n", "office-webhook\n", 1))
    assert list(load_channels([tmp_path, SHIPPED])) == ["office-webhook"]


@pytest.mark.parametrize(("text", "line", "field", "says"), [
    (GOOD + "min_levle: red\n", 5, "min_levle", "min_level"),
    (GOOD + "min_level: purple\n", 5, "min_level", "yellow"),
    (GOOD.replace("HOOK_SECRET", "s3cr3t-value"), 4, "secret_env", "环境变量的名字"),
    (GOOD.replace("secret_env: HOOK_SECRET\n", ""), 1, "secret_env", "缺少"),
    (GOOD.replace("webhook", "pigeon"), 2, "kind", "smtp"),
    (GOOD.replace("kind: webhook\n", ""), 1, "kind", "kind"),
    (GOOD + "allow: [10.0.0.300/8]\n", 5, "allow", "网段"),
    (GOOD + "x: [\n", 6, "", "YAML"),
    ("- a\n", 1, "", "字段"),
])
def test_an_error_names_file_line_and_field(tmp_path: Path, text: str, line: int, field: str, says: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError, match=says) as caught:
        read_channel(file)
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(file), line, field)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "two.yaml")
    with pytest.raises(ConfigError, match=r"one\.yaml"):
        load_channels([tmp_path])
