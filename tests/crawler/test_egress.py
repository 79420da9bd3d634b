"""Addresses inside the office's network are refused in every spelling, unless the plan allows them."""

from __future__ import annotations

import ipaddress

import pytest

from crawler.guards.egress import EgressPolicy

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.1.1", "224.0.0.1", "::1", "::",
    "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "not an address", "fe80::1%eth0",
]


@pytest.mark.parametrize("address", INSIDE)
def test_inside_addresses_are_refused_with_a_reason(address: str) -> None:
    assert EgressPolicy().check(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "114.114.114.114", "2001:4860:4860::8888"])
def test_public_addresses_pass(address: str) -> None:
    assert EgressPolicy().check(address) == ""


def test_the_plan_may_allow_a_network_and_no_more() -> None:
    policy = EgressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
    assert policy.check("127.0.0.2") == ""
    assert policy.check("::ffff:127.0.0.2") == ""
    assert policy.check("10.0.0.1")
    assert policy.check("::1")
