"""The finding codes in the words an office uses. Source: the names of the legal catalogue (findings)."""

from __future__ import annotations

CODE_NAMES = {
    "guarantee.principal": "承诺保本（本金保障）", "guarantee.return": "承诺保收益、零风险", "yield.promise": "对未来收益作保证性承诺",
    "yield.excessive": "显失合理的高收益", "yield.comparison": "夸大比较收益", "risk.no_warning": "缺少风险提示",
    "endorse.academic": "学术机构、行业协会、专业人士推荐", "endorse.beneficiary": "受益者、明星推荐", "endorse.state": "使用国家机关名义",
    "brand.unlicensed": "未见牌照使用金融字样或做金融广告", "brand.impersonation": "仿冒持牌机构", "brand.false_licence": "虚假宣称持牌、备案、存管",
    "project.fictitious": "虚构标的", "p2p.self_guarantee": "平台自担保、垫付、风险备付金", "p2p.down_payment": "首付贷",
    "crowdfunding.property": "众筹买房", "crowdfunding.equity": "公开股权融资、原始股", "fund.private_public": "私募产品公开宣传",
    "insurance.misleading": "互联网保险误导", "payment.unlicensed": "无证支付", "asset.cross": "跨界资产管理、拆分转让", "crypto.token": "代币、虚拟货币",
    "ponzi.referral": "拉人头、返利", "superlative": "绝对化用语", "inducement": "送礼返现利诱", "loan.misleading": "贷款误导",
    "securities.advice": "无证荐股、带单", "fundraising.illegal": "其他非法集资宣传",
}


def code_name(code: str) -> str:
    """The Chinese name; the code itself where an office's own rule brings one we do not know."""
    return CODE_NAMES.get(code, code)
