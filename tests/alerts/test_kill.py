"""`deliver` killed at random moments: no message is lost, none repeated to a receiver that knows keys. Judged by the receiver's own book."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.alerts.conftest import Receiver

ROOT = Path(__file__).resolve().parents[2]
SET_UP = """
from datetime import timedelta
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import transaction
from django.utils import timezone
from alerts import outbox
with transaction.atomic():
    for n in range(30):
        outbox.enqueue("hook", f"{n}", "b", {"kind": "test", "n": n}, now=timezone.now() - timedelta(seconds=60))
"""
LATER = """
from datetime import timedelta
import django; django.setup()
from alerts.models import OutboxMessage
from django.db.models import F
# as if the lease had run out, and the waits
OutboxMessage.objects.filter(state="sending").update(last_attempt_at=F("last_attempt_at") - timedelta(hours=1))
OutboxMessage.objects.filter(state="queued").update(next_attempt_at=F("created_at"))
"""
COUNT = """
import django; django.setup()
import json
from alerts.models import OutboxMessage
print(json.dumps(list(OutboxMessage.objects.values_list("key", "state"))))
"""


def _python(code: str, env: dict[str, str]) -> str:
    return subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.prove)])
def test_a_killed_sender_loses_and_repeats_nothing(tmp_path: Path, receiver: tuple[Receiver, str], kills: int) -> None:
    box, url = receiver
    settings = tmp_path / "settings"
    (settings / "channels").mkdir(parents=True)
    (settings / "channels" / "hook.yaml").write_text(
        "name: hook\nkind: webhook\nurl_env: HOOK_URL\nsecret_env: HOOK_SECRET\nallow: [127.0.0.0/8]\n", encoding="utf-8"
    )
    env = os.environ | {
        "ADPATROL_HOME": str(tmp_path / "home"), "ADPATROL_CONFIG": str(settings), "HOOK_URL": url, "HOOK_SECRET": Receiver.secret,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    (tmp_path / "home").mkdir()
    _python(SET_UP, env)
    chance = random.Random(kills)
    for _ in range(kills):
        before = len(box.requests)
        child = subprocess.Popen([sys.executable, "-m", "adpatrol", "deliver"], env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while len(box.requests) == before and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.03)
        child.send_signal(signal.SIGKILL)
        child.wait()
        _python(LATER, env)
    subprocess.run([sys.executable, "-m", "adpatrol", "deliver"], env=env, cwd=ROOT, check=True, capture_output=True, timeout=120)
    rows = json.loads(_python(COUNT, env))
    assert [state for _, state in rows] == ["done"] * 30
    assert set(box.kept) == {key for key, _ in rows}
    assert all(request["genuine"] for request in box.requests)
    assert len(box.requests) <= 30 + kills  # a kill can repeat at most the one message in its send window
