"""What journals and trips say, in Chinese: a pattern for each sentence of `simulator.network` and
`simulator.scenario`. Names of the specifications (messages, files, causes) stay as they are. A sentence
without a pattern stays English; a test runs all trips that come along to see that there is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from simulator.network.world import load
from simulator.web.words import Language

Fill = Callable[[str], str]

_ACTORS: Final = {
    "traveller": "旅客",
    "phone": "手机",
    "network": "网络",
    "home network": "归属网络",
    "card": "卡",
}
_WORDS: Final = {
    "voice": "语音",
    "sms": "短信",
    "data": "数据",
    "none": "无",
    "IMS": "IMS",
    "circuit-switched": "电路域",
    "CS fallback": "CS 回落",
    "no calls": "不能通话",
    "circuit switched": "经电路域",
    "over 4G or 5G": "经 4G 或 5G",
    "by falling back to 2G or 3G": "回落到 2G 或 3G",
    "normal service": "正常服务",
    "emergency calls only": "仅限紧急呼叫",
    "no service": "无服务",
    "a newer technology of the same network": "同一网络的更新制式",
    "no other carries calls, either": "其他制式也不能通话",
    "switched off": "已关闭",
    "not in the phone": "不在手机里",
    "a card": "实体卡",
    "a profile on the eUICC": "eUICC 上的配置文件",
    "roaming": "漫游",
    "at home": "本网",
    "at home here": "此处为本网",
    "home network": "归属网络",
    "equivalent home network": "等效归属网络",
    "in the user's list": "在用户列表中",
    "in the operator's list": "在运营商列表中",
    "high quality signal, in random order": "信号质量高，随机排序",
    "by decreasing signal quality": "按信号质量递减",
    "registered there last": "上次注册的网络",
    "equivalent to the network registered last": "与上次注册的网络等效",
    "roaming pass": "漫游包",
    "local prepaid SIM": "当地预付费 SIM",
    "local eSIM": "当地 eSIM",
    "travel eSIM": "旅行 eSIM",
    "multi-IMSI SIM": "多 IMSI 卡",
    "enabled": "启用",
    "disabled": "禁用",
}
"""Words and phrases that stand within sentences."""


def _inside(text: str) -> str:
    """A phrase within a sentence, or a list of such."""
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    if (country := _countries().get(text)) is not None:
        return country
    for pattern, template in _PARTS:
        if found := pattern.fullmatch(text):
            return _filled(template, found)
    if ", " in text:
        parts = text.split(", ")
        done = [_inside(part) for part in parts]
        if all(one != part for one, part in zip(done, parts, strict=True)):
            return "、".join(done)
    return text


@cache
def _countries() -> dict[str, str]:
    return {country.name: country.name_zh for country in load().countries.values()}


def _filled(template: str, found: re.Match[str]) -> str:
    return re.sub(r"<(\d)>", lambda place: _inside(found[int(place[1])] or ""), template)


def _table(*rows: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), template) for pattern, template in rows)


_PARTS: Final = _table(
    (r"home line", "归属线路"),
    (r"line (\d)", "第 <1> 条线路"),
    (r"home IMSI of (.+), (roaming|at home) \((.+)\)", "<1> 的归属 IMSI，<2>（<3>）"),
    (r"local IMSI of (.+) \((a card|a profile on the eUICC)\)", "<1> 的当地 IMSI（<2>）"),
    (r"sponsor's IMSI of (.+), roaming \((.+)\)", "赞助运营商 <1> 的 IMSI，漫游（<2>）"),
    (r"IMSI of (.+), roaming \((.+)\)", "<1> 的 IMSI，漫游（<2>）"),
    (
        r"multi-IMSI card with the identity of (.+), (roaming|at home here)",
        "多 IMSI 卡，使用 <1> 的身份，<2>",
    ),
    (r"(\d+) days?", "<1> 天"),
    (r"(.+) carries no calls here", "<1> 在此不能通话"),
    (r"(.+) in this country", "该国的 <1>"),
    (r"(.+?) refuses with cause #(\d+), (.+?): (.+)", "<1> 以原因 #<2>（<3>）拒绝：<4>"),
    (r"(.+) has no roaming agreement with (.+)", "<1> 与 <2> 没有漫游协议"),
    (r"the agreement with (.+) does not include (.+)", "与 <1> 的协议不含 <2>"),
    (r"no network takes the phone", "没有网络接纳该手机"),
    (r"the phone is locked \((\w+)\) and says “(.+)”", "手机被锁定（<1>），显示“<2>”"),
    (r"(.+)'s (2G|3G|4G|5G) \((.+)\) until ([\d-]+)", "<1> 的 <2>（<3>），至 <4>"),
    (r"(\d{3}-\d{2,3}) (\dG \(\w+\)) \((.+), place (\d+)\)", "<1> <2>（<3>，第 <4> 位）"),
    (r"(\d{3}-\d{2,3}) (\dG \(\w+\)) \((.+)\)", "<1> <2>（<3>）"),
    (r"(.+) put onto EF\.FPLMN", "<1> 写入 EF.FPLMN"),
    (r"(EF\.\S+) written", "已写入 <1>"),
    (r"(.+) not used in (.+) until switch-off", "关机前在 <2> 不再使用 <1>"),
    (r"the subscription does not include roaming", "该签约不含漫游"),
    (r"the card counts as invalid for calls and messages until switch-off", "关机前该卡不能用于通话和短信"),
    (r"(ES\S+): a profile policy rule forbids it \((.+)\)", "<1>：配置文件策略规则不允许（<2>）"),
    (r"the subscription has no circuit-switched services", "该签约没有电路域业务"),
)
_SENTENCES: Final = _table(
    # The journal
    (r"(EF\.\S+) read", "读取 <1>"),
    (r"(EF\.\S+) is not to be had", "读不到 <1>"),
    (r"(home line|line \d): (.+), a card in the (.+)", "<1>：<2>，实体卡，在 <3> 中"),
    (r"(home line|line \d): (.+), a profile in the (.+)", "<1>：<2>，配置文件，在 <3> 中"),
    (r"the traveller is in (.+)", "旅客到达<1>"),
    (r"(.+) makes an authentication vector for (.+)", "<1> 为 <2> 生成鉴权向量"),
    (r"the card authenticates the network and answers RES, CK and IK", "卡验证网络，并返回 RES、CK 和 IK"),
    (r"(.+) lets (.+) serve the subscriber: (.+)", "<1> 允许 <2> 为用户提供服务：<3>"),
    (r"the phone writes (.+) of the card", "手机写入卡上的 <1>"),
    (
        r"registered with (\S+) over (.+), band (\S+): (.+) \(calls by (.+)\)",
        "已在 <1> 注册，<2>，频段 <3>：<4>（通话方式：<5>）",
    ),
    (r"registered with (\S+) over (.+), band (\S+): (.+)", "已在 <1> 注册，<2>，频段 <3>：<4>"),
    (r"the phone hears the networks (.+)", "手机搜到的网络：<1>"),
    (r"the phone finds the card (\d+)", "手机找到卡 <1>"),
    (r"the phone tells the card what it can do", "手机告诉卡自己的能力"),
    (r"the phone tells the card where it is", "手机告诉卡自己在哪里"),
    (r"the phone reselects (.+?) band (\S+), (.+? dBm): (.+)", "手机重选到 <1> 频段 <2>，<3>：<4>"),
    (r"the card has changed and wants to be read anew", "卡的内容已变，要求重新读取"),
    (r"(.+) accepts for packet services only: (.+)", "<1> 仅接受分组业务：<2>"),
    (r"the (\w+) lock takes (.+), and the card says (.+)", "<1> 锁只接受 <2>，而卡是 <3>"),
    (r"no card to register with: (.+)", "没有可注册的卡：<1>"),
    (
        r"there (?:are|is) (\d+) profiles? on the eUICC of the (.+), which keeps (\d+)",
        "<2> 的 eUICC 上有 <1> 份配置文件，最多 <3> 份",
    ),
    (r"a download from (\S+) begins", "开始从 <1> 下载"),
    (r"(.+) is installed", "<1> 已安装"),
    (r"(.+) is (enabled|disabled)", "<1> 已<2>"),
    (r"phone → (.+)", "手机 → <1>"),
    (r"(.+) → phone: (.+)", "<1> → 手机：<2>"),
    # Statements
    (r"(\d+ MB) in (\d+ days?) cost ([\d.]+ \w+) more", "<2>用了 <1>，另付 <3>"),
    (r"(.+) was bought for ([\d.]+ \w+), ([\d.]+ \w+)", "购买 <1>，<2>，合 <3>"),
    (r"(.+) was bought for ([\d.]+ \w+)", "购买 <1>，<2>"),
    (r"(.+) was bought once more", "又买了一次 <1>"),
    (r"(.+) was bought (\d+) times more", "又买了 <2> 次 <1>"),
    (r"(.+?): (.+?) \((\d{3}-\d{2,3})\) over (.+?), band (\S+): (.+)", "<1>：<2>（<3>），<4>，频段 <5>：<6>"),
    (
        r"first byte ([\d.]+) minutes? after arrival, with (\d+) steps? by hand",
        "抵达 <1> 分钟后收到首字节，手动 <2> 步",
    ),
    (r"the home number can be reached, by (.+)", "原号码可接通，经 <1>"),
    (r"the home number cannot be reached: its line has no service", "原号码无法接通：线路没有服务"),
    (r"the home number cannot be reached: its line is (.+)", "原号码无法接通：线路<1>"),
    (
        r"a call goes through (.+), (circuit switched|over 4G or 5G|by falling back to 2G or 3G)",
        "可以通话：<1>，<2>",
    ),
    (r"a call does not go through", "电话打不通"),
    (r"there is no line for calls", "没有可通话的线路"),
    (r"there is no line for an SMS", "没有可发短信的线路"),
    (r"an SMS goes through (.+)", "短信可发：<1>"),
    (r"(.+) is the one offer for (\d+ days?) in (.+)", "<3> <2>，只有 <1> 可选"),
    (r"of (\d+) offers (.+) costs least for (\d+ days?) in (.+)", "<4> <3>：<1> 种套餐中 <2> 总价最低"),
    (r"an emergency call would get through \((.+)\)", "紧急呼叫可以接通（<1>）"),
    (r"no emergency call either", "紧急呼叫也无法接通"),
    (r"no operator in (.+) sells eSIMs to visitors", "<1>没有运营商向访客出售 eSIM"),
    (r"no operator in (.+) sells eSIMs", "<1>没有运营商出售 eSIM"),
    (r"the (.+) has no eUICC", "<1> 没有 eUICC"),
    (
        r"the (.+) has no free slot, or no second line at the same time",
        "<1> 没有空卡槽，或不能同时使用第二条线路",
    ),
    (r"the (.+) has no slot for a card", "<1> 没有卡槽"),
    (r"there is no (.+) for (.+)", "<2>没有<1>"),
    (
        r"(.+) is refused after (\d+ days?): its operator ends permanent roaming",
        "<1>在 <2>后被拒绝：运营商终止长期漫游",
    ),
    (r"there is no network in (.+) to (buy|download|order) (.+)", "在<1>没有网络，无法获取 <3>"),
    (r"the eUICC refuses: (.+)", "eUICC 拒绝：<1>"),
    (r"(.+): (the phone is locked .+)", "<1>：<2>"),
    (
        r"the (.+) hears nothing in (.+): what it could use was (.+)",
        "<1> 在<2>收不到任何网络：它能用的是 <3>",
    ),
    (r"the (.+) has no band in common with any network of (.+)", "<1> 与<2>的网络没有共同频段"),
)
_LONG: Final = _table(
    (r"the phone tries in this order: (.+)", "手机按此顺序尝试："),
    (r"(.+) finds no service in (.+?): (.+)", "<1>在<2>没有服务："),
)
"""What begins a list with semicolons."""
_MESSAGE: Final = re.compile(r"ES(9\+|10[abc])\.\w+")
"""Names of functions, which are the same in all languages."""


def is_name(text: str) -> bool:
    """Whether there is nothing to translate."""
    return _MESSAGE.fullmatch(text) is not None


def said(text: str, language: Language) -> str:
    """A sentence of a trip in a language of the page."""
    if language is not Language.ZH:
        return text
    for pattern, begin in _LONG:
        if found := pattern.fullmatch(text):
            items = found[found.lastindex or 1].split("; ")
            return _filled(begin, found) + "；".join(map(_inside, items))
    for pattern, template in _SENTENCES:
        if found := pattern.fullmatch(text):
            return _filled(template, found)
    if "; " in text:
        return "；".join(_inside(item) for item in text.split("; "))
    return _inside(text)


def actor(name: str, language: Language) -> str:
    """Who does something."""
    return _ACTORS.get(name, name) if language is Language.ZH else name
