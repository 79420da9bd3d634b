"""Two officers decide one lead at the same moment, in two processes on one database file: one decides, the other is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPENED = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from alerts import leads
from tests.alerts.conftest import sighting
leads.register([sighting()])
"""
DECIDE = """
import sys, django; django.setup()
from alerts import leads
from alerts.errors import WrongState
print("ready", flush=True)
sys.stdin.readline()
try:
    print(getattr(leads, sys.argv[1])(1, sys.argv[1], "理由").state)
except WrongState:
    print("told")
"""
COUNTS = """
import django; django.setup()
import json
from alerts.models import AuditEntry, Lead
lead = Lead.objects.get()
print(json.dumps([lead.state, lead.events.count(), AuditEntry.objects.filter(subject=f"lead:{lead.number}").count()]))
"""


def test_of_two_officers_at_once_one_decides_and_the_other_is_told(tmp_path: Path) -> None:
    env = os.environ | {"ADPATROL_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}

    def python(code: str, *args: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", code, *args], env=env, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)

    assert python(OPENED).wait(timeout=60) == 0
    both = [python(DECIDE, act) for act in ("confirm", "dismiss")]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in both:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60)[0].strip() for one in both]
    assert said.count("told") == 1
    state, events, audited = json.loads(python(COUNTS).communicate(timeout=60)[0])
    assert state in said
    assert (events, audited) == (2, 2)
