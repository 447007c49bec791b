import Foundation
import MartletCore

/// What a message looks like to each platform, and what its answer means. Pure.
extension ChannelSettings {
    /// `token`, `secret`: their values. Throws when the channel has no proper address.
    func request(
        _ message: NoticeMessage, token: String, secret: String?, at now: Date
    ) throws(DeliveryFailure) -> WebRequest {
        switch kind {
        case .dingtalk:
            let stamp = now.milliseconds
            let sign = secret.map { "&timestamp=\(stamp)&sign=\(Self.escaped(Signature.dingtalk(stamp, $0)))" }
            return try robot("/robot/send?access_token=\(Self.escaped(token))\(sign ?? "")") {
                Self.body(message, upTo: $0, longest: 20_000, formatted) { title, text in
                    format == .markdown
                        ? ["msgtype": "markdown", "markdown": ["title": .string(title), "text": .string(text)]]
                        : ["msgtype": "text", "text": ["content": .string(text)]]
                }
            }
        case .wecom:
            let longest = format == .markdown ? 4096 : 2048
            let message = format == .markdown ? message : message.calm
            return try robot("/cgi-bin/webhook/send?key=\(Self.escaped(token))") {
                Self.body(message, upTo: $0, longest: longest, formatted) { _, text in
                    ["msgtype": .string(format.rawValue), format.rawValue: ["content": .string(text)]]
                }
            }
        case .feishu:
            return try robot("/open-apis/bot/v2/hook/\(Self.escaped(token))") {
                Self.body(message.calm, upTo: $0, longest: 20_000, formatted) { _, text in
                    var body: [String: JSONValue] = ["msg_type": "text", "content": ["text": .string(text)]]
                    if let secret {
                        let stamp = now.milliseconds / 1000
                        body["timestamp"] = .string(String(stamp))
                        body["sign"] = .string(Signature.feishu(stamp, secret))
                    }
                    return .object(body)
                }
            }
        case .webhook: return try webhook(message, secret: secret, at: now)
        case .mail: throw DeliveryFailure("mail has no address of the web")
        }
    }

    // MARK: Requests

    private static let mostBytes = 20_000

    private func robot(_ path: String, _ body: (Int) -> [UInt8]) throws(DeliveryFailure) -> WebRequest {
        guard let address = WebAddress(base + path) else {
            throw DeliveryFailure("the address of the robot is not valid")
        }
        return WebRequest(
            address: address, headers: ["Content-Type": "application/json; charset=utf-8"], body: body(Self.mostBytes))
    }

    /// As much of the text as fits: `longest` bytes of it as `format` makes it, `most` of the body, in which JSON may take
    /// more room.
    private static func body(
        _ message: NoticeMessage, upTo most: Int, longest: Int, _ format: (String) -> String,
        _ make: (String, String) -> JSONValue
    ) -> [UInt8] {
        var limit = longest
        while true {
            let plain = message.text(limit: limit)
            let title = plain.prefix { $0 != "\n" }
            let text = format(plain)
            let body = JSONBytes.encode(make(String(title), text))
            let excess = max(body.count - most, text.utf8.count - longest)
            if excess <= 0 || limit <= 1000 { return body }
            // In proportion: escapes are spread over the text.
            limit = max(1000, min(limit - excess, limit * most / max(1, body.count)))
        }
    }

    /// The first line in bold, each other one as a line; what would be formatting is shown as it is.
    static func markdown(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.reduce(into: "") { escaped, character in
                if "\\`*_[]<>#".contains(character) { escaped.append("\\") }
                escaped.append(character)
            }
        }
        return (["**\(lines[0])**"] + lines.dropFirst()).joined(separator: "  \n")
    }

    /// WeCom's markdown has no escapes: what would be formatting is left out.
    static func plainMarkdown(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.filter { !"`*[]<".contains($0) }
        }
        return (["**\(lines[0])**"] + lines.dropFirst()).joined(separator: "\n")
    }

    private func formatted(_ text: String) -> String {
        switch kind {
        case .dingtalk: format == .markdown ? Self.markdown(text) : text
        case .wecom: format == .markdown ? Self.plainMarkdown(text) : Self.calm(text)
        case .feishu: Self.calm(text)
        case .webhook, .mail: text
        }
    }

    /// Nobody is called by `<at …>` and `<@…>`, which Feishu and WeCom understand in plain text, too.
    static func calm(_ text: String) -> String { text.replacing("<", with: "＜") }

    static func escaped(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }

    // MARK: Answers

    /// Codes by which the platforms say that messages come too fast.
    private static let throttled: Set<Int64> = [
        // DingTalk: 20 messages a minute, calls of a webhook, quality of service.
        130_101, 410_100, 90_030, 90_018,
        // WeCom: frequency of calls, concurrent calls.
        45_009, 45_033,
        // Feishu: frequency of messages, of requests, in one chat.
        11_232, 230_020, 99_991_400,
    ]

    /// Some codes say more than one thing: DingTalk's 88 is about rights unless a second code says otherwise, and
    /// Feishu's 9499 is any bad request.
    private func isThrottled(_ code: Int64, _ members: [String: JSONValue]) -> Bool {
        switch (kind, code) {
        case (.dingtalk, 88):
            return members["sub_code"]?.string == "90018" || members["sub_code"]?.wholeNumber == 90_018
        case (.feishu, 9499):
            return members["msg"]?.string?.lowercased().contains("too many request") == true
        default: return Self.throttled.contains(code)
        }
    }

    /// Nil: the message was taken, which a robot says by HTTP 2xx and code 0 together.
    func failure(_ reply: WebReply) -> DeliveryFailure? {
        guard kind.isRobot else {
            if (200..<300).contains(reply.status) { return nil }
            return DeliveryFailure("it answered \(reply.status)", isThrottled: reply.status == 429)
        }
        let members = (try? JSONParser.parse(reply.body))?.object ?? [:]
        let keys = kind == .feishu ? ["code", "StatusCode"] : ["errcode"]
        let code = keys.lazy.compactMap { members[$0]?.wholeNumber }.first
        let words = (members["errmsg"] ?? members["msg"])?.string.map { ": \($0)" } ?? ""
        if (200..<300).contains(reply.status), code == 0 { return nil }
        guard let code else {
            return DeliveryFailure(
                "it answered \(reply.status) without a code of the platform", isThrottled: reply.status == 429,
                mayHaveArrived: (200..<300).contains(reply.status))
        }
        return DeliveryFailure(
            "it answered \(reply.status) with code \(code)\(words)",
            isThrottled: reply.status == 429 || isThrottled(code, members))
    }
}

extension NoticeMessage {
    /// With ``ChannelSettings/calm(_:)`` before lines are cut: each keeps its place in a digest.
    fileprivate var calm: NoticeMessage {
        let notices = notices.map { notice in
            var notice = notice
            notice.content.title = ChannelSettings.calm(notice.content.title)
            return notice
        }
        return NoticeMessage(notices, parts: parts)
    }
}

extension JSONValue {
    fileprivate var wholeNumber: Int64? { if case .int(let value) = self { value } else { nil } }
}

/// JSON with its keys in order, so that the same message has the same bytes.
enum JSONBytes {
    static func encode(_ value: JSONValue) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers only: nothing that JSON does not have.
        return (try? encoder.encode(value)).map { Array($0) } ?? []
    }
}
