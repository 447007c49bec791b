package import MartletCore

/// How a channel is reached, and what it is told.
package struct ChannelSettings: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case dingtalk, wecom, feishu, webhook, mail

        /// Its platform counts messages, and people read them one by one.
        package var isRobot: Bool { self == .dingtalk || self == .wecom || self == .feishu }
        /// Messages signed with a secret.
        var isSigned: Bool { self == .dingtalk || self == .feishu || self == .webhook }

        /// The platform's own address.
        var platform: String? {
            switch self {
            case .dingtalk: "https://oapi.dingtalk.com"
            case .wecom: "https://qyapi.weixin.qq.com"
            case .feishu: "https://open.feishu.cn"
            case .webhook, .mail: nil
            }
        }
    }

    package enum Format: String, Sendable, CaseIterable { case text, markdown }

    /// Where a token or a signing secret comes from.
    package enum Credential: Sendable, Hashable {
        case given(Secret)
        /// Name of a stored secret; its value of the moment is used for each message.
        case stored(String)
    }

    package var name: String
    package var kind: Kind
    package var token: Credential?
    package var secret: Credential?
    /// Instead of the platform's address; of a webhook the whole address.
    package var url: String?
    package var to: [String]
    package var from: String?
    /// Messages in any 60 seconds; nil: any number.
    package var perMinute: Int?
    package var format: Format
    package var rules: [NoticeRule]

    /// Messages in a minute after which the platforms mute a robot.
    package static let robotLimit = 20
    /// Notices that one message lists at most, so that each has its line whatever is in it. What programs read comes one
    /// by one. The bodies of DingTalk and Feishu are limited as JSON, in which quotes and backslashes take two bytes.
    private var mostInDigest: Int {
        switch kind {
        case .webhook: 1
        case .wecom: format == .markdown ? 22 : 11
        case .dingtalk: format == .markdown ? 28 : 55
        case .feishu: 55
        case .mail: 100
        }
    }

    /// Of a robot: what its path follows.
    var base: String {
        let base = url ?? kind.platform ?? ""
        return base.hasSuffix("/") ? String(base.dropLast()) : base
    }

    /// Where messages go, without anything secret: a path may be one.
    package var target: String {
        guard kind != .mail else { return to.joined(separator: ", ") }
        return WebAddress(url ?? kind.platform ?? "")?.origin ?? ""
    }

    /// A robot of DingTalk that is known by its token alone.
    package static func dingtalk(_ name: String, token: Secret, rules: [NoticeRule]) -> ChannelSettings {
        ChannelSettings(
            name: name, kind: .dingtalk, token: .given(token), to: [], perMinute: robotLimit, format: .text,
            rules: rules)
    }

    package var facts: NoticeChannelFacts {
        NoticeChannelFacts(name: name, kind: kind.rawValue, target: target, perMinute: perMinute, rules: rules)
    }

    package var pace: NoticePace { NoticePace(perMinute: perMinute, mostInDigest: mostInDigest) }
}
