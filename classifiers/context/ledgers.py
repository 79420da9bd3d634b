"""Is the text about how a program keeps its books: fields, settings, messages of errors, classes of an order's commission?

Every shop with agents has tables of commissions of three levels, and who reads the table is a programmer or a clerk: nothing is offered. A plan of
rewards is offered to a reader, who is spoken to or promised a gain; a white paper has rewards and no fields.
"""

from __future__ import annotations

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse

AROUND = 240  # characters read on either side
CODES = ("ponzi.referral", "inducement", "fundraising.illegal")
_TEMPLATE = bounded(r"\{\{[^{}\n]{0,120}\}\}|[\x24#]\{[^{}\n]{0,120}\}|<[%?][^<>\n]{0,160}[%?]>")
# Bits of a program: no page shows them to a customer.
_PROGRAM = bounded(
    r"\b(?:null|string|bigdecimal|double|float|boolean|decimal|varchar|bigint|tinyint|smallint|integer|uint\d*|uuid|params?|return|await|async|const|enum|void|public|private|static|require|function|struct|mapping|select|insert|comment|default|import|class|def|todo|true|false)\b|"
    r"\b[a-z]{2,}_[a-z_]{2,}\b|\b[a-z]{2,}\.[a-z]{3,}\(|\b[a-z]{4,}\(|=>|&&|[!=]==?|::|//|/\*|\*/|@[a-z]{3,}|\b[a-z]{12,}\b|\b[a-z]+\d?\[[a-z]|\b(?:get|post|put|delete) /|`[^`\n]{2,40}`|├|└|↳|\b(?:number|object|array|bool|int|long|uid)\b"
)
# Words of who builds or keeps a system.
_KEEPING = bounded(
    "字段|枚举|数据表|数据库|数据结构|数据模型|主键|外键|实体|接口|入参|出参|返回值|参数|注释|方法|函数|调用|校验|回调|配置|后台|管理端|管理员|管理后台|列表|分页|查询|导出|筛选|审核|状态机|触发器|定时任务|业务规则|业务逻辑|业务流程|需求|用例|测试|模块|组件|路由|缓存|日志|"
    "逻辑|数据迁移|部署|重构|上线计划|事务|幂等|快照|数据源|报表|权限|角色|租户|源码|脚手架|前端|后端|架构|原型|验收|优先级|工单|订单(?:金额|状态|号|完成|表|类型|退款)|商品(?:id|编号|分类|金额)|无效的|不能为空|不存在|不合法|请选择|已存在|参数错误|操作失败|保存成功|修改成功|编辑|新增|删除|上下级关系|推广关系|关系链|分销订单|分销商表|推广业绩|邀请佣金|商品佣金|返佣方式|佣金结算|提成配置|业务场景|业务代码|自定义规则|插件|微服务|统一语言|快速使用|数据对象|组织树|子节点|父节点|根节点|唯一的?(?:id|标识|编号)|结构模型|识别规则|算法|遍历|递归"
)
_ERRORS = bounded("无效的|不能为空|不存在|参数错误|操作失败|请选择|已存在|不合法|不正确")
_SPOKEN_TO = bounded(
    "您|你(?:可|将|就|能|会|的(?:收益|下级|下线|好友|团队|客户)|推荐|邀请|只|即)|立即(?:加入|注册|投资|领取|激活|购买)|马上|赶快|快来|躺赚|躺着|财富自由|月入|日入|加微信|诚招|诚邀|火热|招募|稳赚|轻松|上不封顶|赚钱|零风险|翻倍|致富|名额"
)


def ledger(text: str, start: int, end: int, code: str) -> Excuse | None:
    """Words at [start, end) of normalised ``text`` name what a program counts, and promise nobody anything."""
    if not code.startswith(CODES):
        return None
    around = _TEMPLATE.sub(" ", text[max(0, start - AROUND):end + AROUND])
    if _SPOKEN_TO.search(around):
        return None
    program = {found.group(0) for found in _PROGRAM.finditer(around)}
    keeping = {found.group(0) for found in _KEEPING.finditer(around)}
    errors = sum(1 for _ in _ERRORS.finditer(around))
    if errors >= 3 or (len(program) >= 3 and keeping) or len(program) >= 5 or (program and len(keeping) >= 2) or len(keeping) >= 4:
        return Excuse("code", f"系统的记账或者设置：{'、'.join(sorted(keeping | program)[:4])}")
    return None
