"""Work on hostile input ends: what grows with the square of its input takes many minutes on what these tests give it, and is cut after one.

No test asserts how long anything takes (`make bench` measures that): a machine with something else to do would refute it.
"""

from __future__ import annotations

import pytest

linear = pytest.mark.timeout(60)
