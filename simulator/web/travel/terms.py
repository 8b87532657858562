"""What a trip says in fixed terms, in the languages of the page: steps by hand, why something went wrong, and
the trips that come along. In English they stand in `simulator.scenario`; a test holds these tables to it."""

from __future__ import annotations

from typing import Final

from simulator.scenario.reasons import REASONS
from simulator.scenario.steps import STEPS
from simulator.web.words import Language

_STEPS_ZH: Final = {
    "buy-online": "选购套餐并在线付款",
    "buy-pass": "在运营商应用中订购漫游包",
    "order-card": "在线订购卡",
    "post": "等待邮寄",
    "find-shop": "找到门店并排队",
    "buy-in-shop": "在门店选购并付款",
    "show-passport": "出示护照并登记",
    "give-local-number": "用当地号码登记",
    "install-app": "安装商家应用并登录",
    "reach-airport-wifi": "连接机场 Wi-Fi",
    "reach-lodging": "到达住处并连接 Wi-Fi",
    "scan-qr": "扫描二维码",
    "type-code": "输入激活码",
    "type-confirmation-code": "输入确认码",
    "accept-profile": "同意安装配置文件",
    "enable-profile": "启用配置文件",
    "switch-line-off": "关闭另一条线路",
    "switch-line-on": "重新开启归属线路",
    "choose-data-line": "选择移动数据线路",
    "allow-roaming": "允许数据漫游",
    "take-card-out": "打开卡托取出卡",
    "put-card-in": "插入另一张卡",
    "keep-card": "妥善收好取出的卡",
    "airplane-mode-off": "落地后关闭飞行模式",
    "download": "下载并安装配置文件",
    "registration": "手机搜网并注册",
    "first-byte": "首批数据通过",
}
_REASONS_ZH: Final = {
    "band-missing": ("没有共同频段：手机收不到该国任何网络", "出发前比较手机与运营商的频段。"),
    "switched-off": ("2G/3G 退网：手机所支持的制式已关闭", "带一部支持 4G 的手机。"),
    "sim-locked": ("SIM 锁：网络锁拒绝该卡", "出发前请运营商解锁。"),
    "no-slot": ("没有卡槽", "使用 eSIM。"),
    "no-second-slot": ("没有空卡槽，或不能同时使用第二条线路", "换卡，或在卡之外使用 eSIM。"),
    "no-esim": ("设备没有 eUICC", "使用普通 SIM，或换一部手机。"),
    "pin-locked": ("卡被 PIN 锁住", "随身带上 PIN 信函，或在门店关闭 PIN。"),
    "no-home-line": ("没有可用于漫游的归属签约", "为该国购买套餐。"),
    "no-agreement": ("与可用网络之间没有漫游协议", "为该国购买套餐。"),
    "roaming-barred": ("归属运营商禁止其用户使用可用的网络", "请归属运营商开通，或为该国购买套餐。"),
    "technology-not-agreed": (
        "漫游协议不含手机与网络共有的制式",
        "带一部支持更新制式的手机，或为该国购买套餐。",
    ),
    "rejected": ("网络拒绝注册", "查看拒绝原因。"),
    "permanent-roaming": ("长期漫游：停留时间超过网络允许的期限", "长期停留请办理当地签约。"),
    "no-data-service": ("漫游协议不含数据业务", "另购数据套餐。"),
    "no-voice": ("无法通话：既无电路域，也无境外 VoLTE", "使用网络电话，或使用当地 SIM。"),
    "data-only": ("该签约仅含数据，没有电话号码", "保留归属线路用于通话。"),
    "home-number-off": ("原号码无法接通", "让归属线路与另一条线路同时在线。"),
    "no-offer": ("此处无人提供这种方式", "选择其他方式。"),
    "no-esim-sold": ("该国运营商不向访客出售 eSIM", "找经销商，或使用普通 SIM。"),
    "not-covered": ("套餐不覆盖该国", "选择覆盖该国的套餐。"),
    "no-shop": ("只在门店出售", "去门店，或选择在线出售的套餐。"),
    "no-passport": ("实名登记：没有可出示的护照", "带上护照，或选择无需登记的套餐。"),
    "no-local-number": ("需要当地电话号码", "改去门店办理。"),
    "no-post": ("卡需邮寄，时间不够", "提前一周订购。"),
    "no-network-for-download": ("没有 Wi-Fi 或其他网络可用于下载配置文件", "出发前下载。"),
    "server-unreachable": ("无法连接 SM-DP+", "稍后再试。"),
    "download-interrupted": ("下载中断", "重新开始；除非服务器另有说明，订单仍然有效。"),
    "code-used": ("激活码已被使用 (8.2.6/3.8)", "向商家索取新码：一个二维码只能下载一次。"),
    "confirmation-code": ("需要确认码", "带上商家提供的确认码。"),
    "quota": ("配置文件数量已达上限", "删除不再需要的配置文件。"),
    "memory": ("eUICC 存储空间不足", "删除不再需要的配置文件。"),
    "ppr-forbids": ("配置文件策略规则 (PPR) 禁止", "只有运营商可以解除该规则。"),
    "download-failed": ("下载失败", "查看状态码。"),
    "data-used-up": ("套餐流量已用完", "再购买一份。"),
}

_TRIPS_ZH: Final = {
    "bangkok": (
        "曼谷一周",
        "用当地 SIM 就得换卡，原号码随之中断。有漫游协议的地方，漫游立即可用，但更贵。"
        "旅行 eSIM 与归属线路并存，出发前即可备好。",
    ),
    "fi-everywhere": (
        "带着 Google Fi 走三个国家",
        "若归属资费在境外同价，就无需另购：短途旅行中，漫游包和 eSIM 都不比它更好。",
    ),
    "hanoi-one-slot": (
        "河内：单卡槽、无 eSIM",
        "没有 eSIM、只有一个卡槽，就只能漫游或换卡。当地 SIM 便宜得多，但插着它时原号码不可用。",
    ),
    "jakarta-plain-sim": (
        "雅加达一个月",
        "停留久、流量大时，当地普通 SIM 胜过一切远程购买的方案，即便旅行 eSIM 更省事。",
    ),
    "locked-phone": (
        "带锁定的手机去伦敦",
        "SIM 锁让一切建议失效：不能用当地 SIM，也不能用多 IMSI 卡，只能用锁定它的运营商漫游。",
    ),
    "no-agreement": (
        "东京出发，去新加坡和伊斯坦布尔",
        "漫游只在归属运营商有协议的地方可用：新加坡可以；在土耳其，所有网络都以原因 #11 拒绝。",
    ),
    "no-calls-in-japan": (
        "在东京已注册，却不能通话",
        "信号满格不等于能通话：2G、3G 退网后，访客通话需要 4G 语音漫游协议；数据与网络名称看起来一切正常。",
    ),
    "no-wifi-on-arrival": (
        "买了 eSIM，却没有 Wi-Fi",
        "下载配置文件需要网络。等到落地才下载又找不到 Wi-Fi 的人，拿不到本该带来网络的东西。",
    ),
    "one-profile-at-a-time": (
        "归属线路在 eSIM 上去纽约",
        "旅行 eSIM 只有数据、没有号码。若同一时间只能启用一个配置文件，而归属线路正是其中之一，"
        "原号码也会一并失去。",
    ),
    "paris-without-esim": (
        "带没有 eSIM 的手机去巴黎",
        "eSIM 需要设备支持。这部手机不支持，但有两个卡槽：去一趟门店，"
        "第二卡槽里的当地 SIM 就能做到 eSIM 能做的事。",
    ),
    "roam-like-at-home": (
        "环地中海两周",
        "在欧洲经济区内，“不要漫游，买 eSIM”是错的：漫游不加价，只需一步，号码照用。而途中的瑞士不在此列。",
    ),
    "second-phone": (
        "旧手机当第二部用",
        "用当地 SIM 就得换卡，除非有第二部手机：归属卡留在原处、号码不变，当地卡插进旧手机。",
    ),
    "shanghai-without-tray": (
        "无卡槽手机到上海",
        "手机没有卡槽，“买当地 SIM”行不通；运营商不向访客出售 eSIM，“买当地 eSIM”也行不通。"
        "运营商落后之处，经销商胜出。",
    ),
    "six-cities": (
        "六天六城",
        "国家多、流量少时，多 IMSI 卡胜过两者：一张卡在多国都算本网，抵达后无需操作，按兆计费。",
    ),
    "subsidised-phone": (
        "墨西哥的合约机",
        "归属运营商配置文件中的 PPR1 禁止停用它。"
        "只能启用一个配置文件的 eUICC 便无法使用其他配置文件；卡槽里的卡可以。",
    ),
    "winter-in-antalya": (
        "安塔利亚过冬",
        "漫游是为短期到访准备的：在土耳其 90 天后即终止。要住一整个冬天，需要当地签约。",
    ),
    "zurich-2g-phone": (
        "带 2G 手机去苏黎世",
        "没有共同频段，漫游协议也无用：瑞士已关闭 2G，只支持 2G 的手机连紧急电话都打不了。",
    ),
}
"""Name of a trip that comes along → what it is called, and what it says."""


def trip(name: str, title: str, says: str, language: Language) -> tuple[str, str]:
    """What a trip is called and says: in its own words, if there are no others."""
    return _TRIPS_ZH.get(name, (title, says)) if language is Language.ZH else (title, says)


def step(key: str, language: Language) -> str:
    """A step by hand."""
    return _STEPS_ZH.get(key, STEPS[key].text) if language is Language.ZH else STEPS[key].text


def reason(key: str, language: Language) -> tuple[str, str]:
    """Why something went wrong, and what would have helped."""
    row = REASONS[key]
    return _REASONS_ZH.get(key, (row.term, row.advice)) if language is Language.ZH else (row.term, row.advice)
