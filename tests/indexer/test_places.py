"""属地: what tells where a page belongs, each place once."""

from __future__ import annotations

from classifiers.model import Identity
from classifiers.registers import NoRegister
from indexer.places import places


def test_plan_filing_number_and_credit_code_tell_the_place() -> None:
    shown = Identity(icp=("浙ICP备20230001号-1", "浙ICP备20230001号-2", "ICP备1号"), uscc=("91110000123456789X",))
    assert places(shown, "浙江省杭州市", NoRegister()) == ["浙江省杭州市", "浙江省", "北京市"]
    assert places(Identity(), "", NoRegister()) == []
