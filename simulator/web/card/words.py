"""The texts of the page `/card`."""

from __future__ import annotations

from typing import Final

from simulator.web.words import Text, Words

WORDS: Final[Words] = {
    "page.card": Text("Card", "卡"),
    "card.title": Text("A card, byte by byte", "逐字节看一张卡"),
    "card.intro": Text(
        "Say something to a card, see what every byte of the answer means, and what it changed on the card.",
        "向卡发送命令，查看响应中每个字节的含义，以及卡上发生了哪些变化。",
    ),
    "card.which": Text("Which card", "选择卡"),
    "card.shipped": Text("Cards that come along", "随附的卡"),
    "card.saved": Text("Your cards of esim card (a copy)", "esim card 保存的卡（副本）"),
    "card.bench": Text("Cards of your bench", "实验台上的卡"),
    "card.reader": Text("In a reader (read only)", "读卡器中的卡（只读）"),
    "card.anew": Text("Take it anew", "重新取出"),
    "card.real": Text(
        "A real card: only what reads passes, and its files are read when you ask for it.",
        "这是真实的卡：只放行读取命令，并且仅在您要求时才读取文件。",
    ),
    "card.moves": Text(
        "This card has one channel only: reading its files changes which file is selected, and so happens only "
        "when you ask for it.",
        "这张卡只有一条信道：读取文件会改变当前选中的文件，因此仅在您要求时才读取。",
    ),
    # The console
    "card.console": Text("Console", "控制台"),
    "card.line": Text(
        "Bytes in hexadecimal, a word, an instruction or a function of ES10",
        "十六进制字节、命令词、指令名或 ES10 函数名",
    ),
    "card.keys": Text(
        "Enter sends, Shift+Enter begins another line, ↑ and ↓ bring back what was typed.",
        "回车发送，Shift+回车换行，↑ 和 ↓ 找回输入过的内容。",
    ),
    "card.send": Text("Send", "发送"),
    "card.templates": Text("Or choose a line", "或选择一行"),
    "card.choose": Text("Choose …", "选择……"),
    "card.group.files": Text("Files", "文件"),
    "card.group.pins": Text("PINs and keys", "PIN 与密钥"),
    "card.group.network": Text("The network", "网络"),
    "card.group.toolkit": Text("Toolkit", "工具箱 (Toolkit)"),
    "card.group.card": Text("Card and channels", "卡与逻辑信道"),
    "card.group.es10": Text("Functions of ES10 (eUICC)", "ES10 函数 (eUICC)"),
    "card.does.select": Text("go to a file by the names of its path", "按路径名选择文件"),
    "card.does.select.fid": Text("go to a file by its identifier", "按文件标识符选择文件"),
    "card.does.select.aid": Text("go to an application by its AID", "按 AID 选择应用"),
    "card.does.read.binary": Text("read the file that is selected", "读取当前选中的文件"),
    "card.does.read.record": Text("read a record of it", "读取其中一条记录"),
    "card.does.update.binary": Text("write two bytes from its beginning", "从开头写入两个字节"),
    "card.does.update.record": Text(
        "write a record; all its bytes must be given", "写入一条记录（须给出全部字节）"
    ),
    "card.does.search": Text("find records that hold some bytes", "查找包含某些字节的记录"),
    "card.does.status": Text("where am I?", "当前位于何处？"),
    "card.does.retrieve": Text("tags of a BER-TLV file", "BER-TLV 文件的标签"),
    "card.does.tries": Text("how many tries are left? costs none", "还剩几次尝试？不消耗次数"),
    "card.does.verify": Text("present PIN 1; a wrong one costs a try", "验证 PIN 1；输错会消耗一次尝试"),
    "card.does.verify.adm": Text("present the issuer's key", "验证发卡方密钥"),
    "card.does.change": Text("from 1234 to 5678", "由 1234 改为 5678"),
    "card.does.disable": Text("ask for no PIN any more", "不再要求输入 PIN"),
    "card.does.enable": Text("ask for the PIN again", "重新要求输入 PIN"),
    "card.does.unblock": Text("a new PIN with the PUK", "用 PUK 设置新 PIN"),
    "card.does.authenticate": Text(
        "a challenge of a network that has not the key", "由没有密钥的网络发出的质询"
    ),
    "card.does.authenticate.gsm": Text("a challenge of a GSM network", "GSM 网络的质询"),
    "card.does.identity": Text("the identity, concealed by the card (5G)", "由卡隐藏的用户身份 (5G)"),
    "card.does.profile": Text("what the phone can do", "手机具备的能力"),
    "card.does.fetch": Text("what does the card want?", "卡要求做什么？"),
    "card.does.menu": Text("the first item of the menu was chosen", "选择了菜单第一项"),
    "card.does.reset": Text(
        "reset the card: where it stood and what was verified is lost", "复位卡：当前位置和验证状态都会丢失"
    ),
    "card.does.channel.open": Text("open a logical channel and go on there", "打开逻辑信道并在其上继续"),
    "card.does.channel.close": Text("close it again", "再次关闭信道"),
    "card.does.challenge": Text("eight random bytes", "八个随机字节"),
    "card.does.raw": Text("a command whose answer is not fetched", "不取回响应的命令"),
    "card.nothing": Text("Nothing was said to the card yet.", "还没有向卡发送任何内容。"),
    "card.sent.nothing": Text("nothing was sent", "未发送任何内容"),
    "card.exchanges": Text("{count} exchanges with the card", "与卡交换 {count} 次"),
    "card.earlier": Text("{count} earlier lines", "更早的 {count} 行"),
    # Why a card says no, and what helps
    "card.hint.6982": Text(
        "The file's access rules, in the tree below, say which PIN or key has to be presented first.",
        "下方文件树中的访问规则说明须先验证哪个 PIN 或密钥。",
    ),
    "card.hint.6983": Text("The PIN is blocked: UNBLOCK PIN with the PUK.", "PIN 已锁定：请用 PUK 解锁。"),
    "card.hint.6984": Text("This PIN is disabled: nothing has to be presented.", "该 PIN 已停用：无需验证。"),
    "card.hint.6986": Text("No file is selected: SELECT one first.", "尚未选择文件：请先选择。"),
    "card.hint.6981": Text(
        "The file is of another structure: READ BINARY is for transparent files, READ RECORD for the others.",
        "文件结构不符：READ BINARY 用于透明文件，READ RECORD 用于其他文件。",
    ),
    "card.hint.6A82": Text("There is no such file here.", "此处没有该文件。"),
    "card.hint.6A83": Text("The file has fewer records.", "文件没有这么多记录。"),
    "card.hint.6700": Text("Lc or Le is not what the instruction wants.", "Lc 或 Le 与指令要求不符。"),
    "card.hint.6B00": Text(
        "P1 and P2 point beyond the file, or mean nothing here.", "P1、P2 超出文件范围或在此无意义。"
    ),
    "card.hint.6D00": Text(
        "The application that is selected has no such instruction.", "当前应用没有该指令。"
    ),
    "card.hint.6E00": Text("The card does not know this class.", "卡不支持该 CLA。"),
    "card.hint.9862": Text(
        "The MAC in AUTN is wrong: only a network that has the key of this card can make one.",
        "AUTN 中的 MAC 错误：只有拥有此卡密钥的网络才能生成。",
    ),
    # The files
    "card.files": Text("Files", "文件"),
    "card.read": Text("Read the files", "读取文件"),
    "card.mark": Text("Mark changes from now on", "从现在起标记变化"),
    "card.counted": Text(
        "{count} files, {locked} of them locked", "{count} 个文件，其中 {locked} 个无法读取"
    ),
    "card.changed": Text("{count} changed", "{count} 个有变化"),
    "card.unchanged": Text("nothing changed", "没有变化"),
    "card.unread": Text("The files were not read yet.", "尚未读取文件。"),
    "card.no.files": Text("The files cannot be read: {why}.", "无法读取文件：{why}。"),
    "card.kind.new": Text("new", "新增"),
    "card.kind.gone": Text("gone", "消失"),
    "card.kind.changed": Text("changed", "已变化"),
    "card.kind.opened": Text("readable now", "现在可读"),
    "card.kind.closed": Text("locked now", "现在不可读"),
    "card.locked": Text("locked", "已锁定"),
    "card.go": Text("Select it in the console", "在控制台中选择它"),
    "card.unlock": Text("Present {key}", "验证 {key}"),
    "card.unreadable": Text("It cannot be read: {why}.", "无法读取：{why}。"),
    "card.content": Text("Content, {count} bytes", "内容，{count} 字节"),
    "card.record": Text("Record {key}, {count} bytes", "记录 {key}，{count} 字节"),
    "card.object": Text("Object {key}, {count} bytes", "对象 {key}，{count} 字节"),
    "card.unused": Text("Not used: records {keys}", "未使用：记录 {keys}"),
    "card.rules": Text("Who may do what", "访问规则"),
    "card.operation": Text("To", "操作"),
    "card.condition": Text("Allowed", "条件"),
    "card.fcp": Text("File control parameters, {count} bytes", "文件控制参数 (FCP)，{count} 字节"),
    "card.before.after": Text("Before and after", "之前与之后"),
    "card.what": Text("What", "项目"),
    "card.before": Text("Before", "之前"),
    "card.after": Text("After", "之后"),
    "card.directory.MF": Text("master file: the root", "主文件：根目录"),
    "card.directory.DF.TELECOM": Text("phone book and messages of the card", "卡的电话簿与短信"),
    "card.directory.DF.GSM": Text("the subscription for 2G", "2G 签约数据"),
    "card.directory.DF.PHONEBOOK": Text("phone book", "电话簿"),
    "card.directory.DF.GRAPHICS": Text("pictures", "图像"),
    "card.directory.DF.GSM-ACCESS": Text("keys for 2G", "2G 接入密钥"),
    "card.directory.DF.5GS": Text("what 5G needs", "5G 所需数据"),
    "card.directory.DF.SAIP": Text("5G files of the profile package", "配置文件包中的 5G 文件"),
    "card.directory.DF.SNPN": Text("private 5G networks", "5G 专网"),
    "card.directory.DF.HNB": Text("home base stations", "家庭基站"),
    "card.directory.DF.WLAN": Text("Wi-Fi", "无线局域网"),
    "card.directory.ADF.USIM": Text("USIM: the subscription for 3G to 5G", "USIM：3G 至 5G 签约数据"),
    "card.directory.ADF.ISIM": Text("ISIM: the subscription for IMS", "ISIM：IMS 签约数据"),
    "card.directory.ADF.CSIM": Text("CSIM: the subscription for CDMA", "CSIM：CDMA 签约数据"),
}
