"""Plans: what to visit, how politely, as whom. Knows neither scrapy nor twisted, so that the indexer and alerts may use it too."""

from __future__ import annotations

from crawler.plans.authority import Authority, load_authority
from crawler.plans.load import Plans, load_plan, load_plans
from crawler.plans.orders import check_zero_delay, overridden, plan_for_sites
from crawler.plans.plan import Plan, Problem
from crawler.plans.siteplan import SitePlan
from crawler.plans.urls import typed_address

__all__ = [
    "Authority", "Plan", "Plans", "Problem", "SitePlan", "check_zero_delay", "load_authority", "load_plan", "load_plans", "overridden",
    "plan_for_sites", "typed_address",
]
