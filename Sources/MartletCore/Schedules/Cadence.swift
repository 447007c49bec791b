package import Foundation

/// What a schedule's times are made of. As JSON one of `{"cron": "0 3 * * *"}`, `{"every": "90m"}` and
/// `{"at": "2026-12-24T18:00:00.000Z"}`.
package enum Cadence: Sendable, Hashable {
    /// Five or six fields or a word, as written; may begin with `TZ=Zone ` or `CRON_TZ=Zone `.
    case cron(String)
    /// An interval of at least a second, counted from the schedule's anchor.
    case every(TimeSpan)
    /// Once.
    case at(Date)
}

extension Cadence: Codable {
    private enum CodingKeys: String, CodingKey { case cron, every, at }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let keys = container.allKeys
        guard keys.count == 1, let key = keys.first else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "expected one of cron, every and at"))
        }
        switch key {
        case .cron: self = .cron(try container.decode(String.self, forKey: .cron))
        case .every: self = .every(try container.decode(TimeSpan.self, forKey: .every))
        case .at:
            let text = try container.decode(String.self, forKey: .at)
            guard let date = Timestamp.date(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .at, in: container, debugDescription: "not a time such as 2026-12-24T18:00:00Z")
            }
            self = .at(date)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .cron(let text): try container.encode(text, forKey: .cron)
        case .every(let span): try container.encode(span, forKey: .every)
        case .at(let date): try container.encode(Timestamp.text(date), forKey: .at)
        }
    }
}
