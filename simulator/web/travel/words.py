"""The texts of the page `/travel`."""

from __future__ import annotations

from typing import Final

from simulator.web.words import Text, Words

WORDS: Final[Words] = {
    "page.travel": Text("Travel", "旅行"),
    "travel.title": Text("Across borders with a SIM or an eSIM", "带着 SIM 或 eSIM 出境"),
    "travel.intro": Text(
        "The same trip with every way to be connected. Card, phone, networks and servers are the simulator's own: "
        "each statement opens to the APDUs, messages and table rows that it stands on.",
        "用每一种联网方式走同一趟行程。卡、手机、网络和服务器都是模拟器的真实部件：每条结论都能展开到其依据的 APDU、"
        "消息和数据表行。",
    ),
    "travel.which": Text("Which trip", "选择行程"),
    "travel.own": Text("A trip of your own", "自定义行程"),
    "travel.change": Text("Change the trip", "修改行程"),
    "travel.go": Text("Travel", "出发"),
    "travel.text": Text("The trip as a file of esim travel", "行程文件（供 esim travel 使用）"),
    "travel.use": Text("Use this text", "使用此文本"),
    # The form
    "travel.home": Text("Home country", "居住国家/地区"),
    "travel.operator": Text("Operator at home", "归属运营商"),
    "travel.form": Text("Home subscription on", "归属签约在"),
    "travel.form.card": Text("a SIM card", "SIM 卡"),
    "travel.form.esim": Text("an eSIM", "eSIM"),
    "travel.device": Text("Phone", "手机"),
    "travel.device.says": Text(
        "{slots} slots for cards, {profiles} eSIM profiles, {enabled} of them at once, {active} lines at once",
        "{slots} 个卡槽，可存 {profiles} 个 eSIM 配置文件，可同时启用 {enabled} 个，可同时待机 {active} 条线路",
    ),
    "travel.locked": Text("locked to the operator at home", "锁定于归属运营商"),
    "travel.stop": Text("Stop {number}", "第 {number} 站"),
    "travel.at": Text("from (UTC)", "抵达时间 (UTC)"),
    "travel.add": Text("Add a stop", "添加一站"),
    "travel.remove": Text("Remove stop {number}", "删除第 {number} 站"),
    "travel.data": Text("Data a day, in MB", "每日流量（MB）"),
    "travel.check.call": Text("makes a call", "打电话"),
    "travel.check.message": Text("sends an SMS", "发短信"),
    "travel.check.prepares": Text("buys and downloads before leaving", "出发前购买并下载"),
    "travel.check.shops": Text("goes to shops", "愿意去门店"),
    "travel.check.passport": Text("has a passport", "有护照"),
    "travel.check.post": Text("can wait for the post", "可以等邮寄"),
    "travel.wifi": Text("Wi-Fi", "Wi-Fi"),
    "travel.wifi.home": Text("at home", "在家"),
    "travel.wifi.airport": Text("at the airport", "在机场"),
    "travel.wifi.lodging": Text("at the lodging", "在住处"),
    # Options
    "travel.options": Text("The options side by side", "各种方式对比"),
    "travel.option": Text("Option", "方式"),
    "travel.option.home-roaming": Text("Home SIM, roaming", "归属 SIM 漫游"),
    "travel.option.roaming-pass": Text("Home SIM with a roaming pass", "归属 SIM + 漫游包"),
    "travel.option.local-sim-swap": Text("Local SIM in place of the home SIM", "换上当地 SIM"),
    "travel.option.local-sim-second-slot": Text("Local SIM in the second slot", "第二卡槽插当地 SIM"),
    "travel.option.multi-imsi": Text("Multi-IMSI SIM", "多 IMSI 卡"),
    "travel.option.local-esim": Text("Local eSIM", "当地 eSIM"),
    "travel.option.travel-esim": Text("Travel eSIM", "旅行 eSIM"),
    "travel.measure.served": Text("Data in", "有数据服务"),
    "travel.measure.network": Text("Network", "网络"),
    "travel.measure.mechanism": Text("How", "机制"),
    "travel.measure.steps": Text("Steps by hand", "手动步骤"),
    "travel.measure.first": Text("First byte after", "首字节时间"),
    "travel.measure.cost": Text("Cost", "费用"),
    "travel.measure.calls": Text("Calls", "通话"),
    "travel.measure.messages": Text("SMS", "短信"),
    "travel.measure.number": Text("Home number", "原号码"),
    "travel.measure.problems": Text("What went wrong", "出现的问题"),
    "travel.countries": Text("{count} of {of} stays", "{count}/{of} 段"),
    "travel.minutes": Text("{amount} min", "{amount} 分钟"),
    "travel.yes": Text("yes", "是"),
    "travel.no": Text("no", "否"),
    "travel.untried": Text("not tried", "未尝试"),
    "travel.never": Text("never", "从未"),
    "travel.best": Text("best", "最佳"),
    "travel.simplified": Text(
        "Prices and minutes marked as examples are made up; what a row says stands with its source.",
        "标为示例的价格和时间是虚构的；每一行数据都注明来源。",
    ),
    "travel.differences": Text("What differs from {option}", "与“{option}”相比"),
    "travel.same": Text("Nothing that is measured here differs.", "此处衡量的各项均无差别。"),
    "travel.against": Text("Compare with", "对比对象"),
    "travel.differs.served.more": Text("Data in {count} of {of} stays", "{of} 段中有 {count} 段有数据服务"),
    "travel.differs.served.less": Text(
        "Data in {count} of {of} stays only", "{of} 段中仅 {count} 段有数据服务"
    ),
    "travel.differs.network": Text(
        "Other networks: {after} in place of {before}", "网络不同：{after}，而非 {before}"
    ),
    "travel.differs.mechanism": Text(
        "Another mechanism: {after} in place of {before}", "机制不同：{after}，而非 {before}"
    ),
    "travel.differs.steps.more": Text("{amount} more steps by hand", "手动步骤多 {amount} 步"),
    "travel.differs.steps.less": Text("{amount} fewer steps by hand", "手动步骤少 {amount} 步"),
    "travel.differs.first.more": Text(
        "The first byte comes {amount} minutes later", "首字节晚 {amount} 分钟"
    ),
    "travel.differs.first.less": Text(
        "The first byte comes {amount} minutes sooner", "首字节早 {amount} 分钟"
    ),
    "travel.differs.first.never": Text("There is no first byte everywhere", "并非处处都有首字节"),
    "travel.differs.first.now": Text(
        "There is a first byte everywhere, after {amount} minutes at most",
        "处处都有首字节，最迟 {amount} 分钟",
    ),
    "travel.differs.cost.more": Text("{amount} {currency} dearer", "贵 {amount} {currency}"),
    "travel.differs.cost.less": Text("{amount} {currency} cheaper", "便宜 {amount} {currency}"),
    "travel.differs.calls.yes": Text("Calls get through", "通话可以接通"),
    "travel.differs.calls.no": Text("Calls do not get through everywhere", "并非处处都能通话"),
    "travel.differs.messages.yes": Text("SMS get through", "短信可以送达"),
    "travel.differs.messages.no": Text("SMS do not get through everywhere", "并非处处都能发短信"),
    "travel.differs.number.yes": Text("The home number can be reached", "原号码可以接通"),
    "travel.differs.number.no": Text("The home number cannot be reached", "原号码无法接通"),
    # The journey
    "travel.journey": Text("The journey: {option}", "行程：{option}"),
    "travel.step": Text("Step {number} of {count}", "第 {number} 步，共 {count} 步"),
    "travel.slider": Text("Step of the journey", "行程步骤"),
    "travel.before": Text("Step back", "上一步"),
    "travel.next": Text("Next step", "下一步"),
    "travel.zoom": Text("Show the region", "放大所在区域"),
    "travel.timeline": Text("Timeline", "时间线"),
    "travel.refused": Text("refused {count} times on the way", "途中被拒绝 {count} 次"),
    "travel.happened": Text("What happened in this step", "这一步发生了什么"),
    "travel.why": Text("What is said of this stay, and why", "关于这段停留的结论及依据"),
    "travel.why.trip": Text("What is said of the whole trip, and why", "关于整个行程的结论及依据"),
    "travel.nothing": Text("Nothing is said of being at home.", "在家时没有结论。"),
    "travel.evidence": Text("evidence: {count}", "依据：{count} 项"),
    "travel.no.evidence": Text("It says nothing beyond itself.", "除其本身外没有更多依据。"),
    "travel.advice": Text("What helps", "建议"),
    "travel.kind.apdu": Text("APDU", "APDU"),
    "travel.kind.message": Text("message", "消息"),
    "travel.kind.row": Text("row", "数据行"),
    "travel.kind.rule": Text("rule", "规则"),
    "travel.source": Text("source", "来源"),
    "travel.bytes": Text("{count} bytes", "{count} 字节"),
    # The map
    "travel.map": Text("Map of the trip", "行程地图"),
    "travel.service.served": Text("everything worked", "一切正常"),
    "travel.service.partly": Text("some of it worked", "部分可用"),
    "travel.service.unserved": Text("no service", "无服务"),
    "travel.service.visited": Text("at home", "在家"),
    "travel.outlines": Text("Outlines: Natural Earth, public domain.", "轮廓：Natural Earth，公有领域。"),
}
