import Foundation
import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletHTTP
import NIOCore

/// An answer, before it is written.
struct KeyReply {
    enum Content {
        case entries([CheckpointEntry])
        case keys([String])
        case flag(Bool)
        /// A value as it is.
        case raw([UInt8])
        case text(String)
        case nothing
    }

    var content: Content
    /// To wait from; nil of what cannot be waited for.
    var index: Int64?
    var status: HTTPResponse.Status = .ok
    /// The methods there are, where the call's is none of them.
    var allowed: String?

    func response(isPretty: Bool) -> Response {
        var response: Response
        switch content {
        case .entries(let entries): response = Self.json(Self.text(entries, isPretty), isPretty)
        case .keys(let keys): response = Self.json(Self.text(keys, isPretty), isPretty)
        case .flag(let flag): response = Self.json(flag ? "true" : "false", isPretty)
        case .raw(let bytes):
            response = Response(status, "text/plain", bytes)
            // Whatever is in it, it is no page of ours.
            response.headers[.contentSecurityPolicy] = "sandbox"
            response.headers[.xContentTypeOptions] = "nosniff"
        case .text(let text): response = Response(status, "text/plain; charset=utf-8", Array(text.utf8))
        case .nothing: response = Response(status: status)
        }
        response.headers[.vary] = "Accept-Encoding"
        if let allowed { response.headers[.allow] = allowed }
        if let index {
            response.headers[.consulIndex] = String(index)
            response.headers[.consulKnownLeader] = "true"
            response.headers[.consulLastContact] = "0"
        }
        return response
    }

    // MARK: JSON, with the members in Consul's order

    private static func json(_ text: String, _ isPretty: Bool) -> Response {
        Response(.ok, "application/json", Array((isPretty ? text + "\n" : text).utf8))
    }

    private static func text(_ entries: [CheckpointEntry], _ isPretty: Bool) -> String {
        list(entries.map { text($0, isPretty) }, isPretty)
    }

    private static func text(_ keys: [String], _ isPretty: Bool) -> String { list(keys.map(quoted), isPretty) }

    private static func text(_ entry: CheckpointEntry, _ isPretty: Bool) -> String {
        let value = entry.value.isEmpty ? "null" : quoted(Data(entry.value).base64EncodedString())
        let members = [
            ("LockIndex", "\(entry.lockIndex)"), ("Key", quoted(entry.key)), ("Flags", "\(entry.flags)"),
            ("Value", value), ("CreateIndex", "\(entry.createIndex)"), ("ModifyIndex", "\(entry.modifyIndex)"),
        ]
        if !isPretty { return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}" }
        let step = "\n        "
        return "{\(step)" + members.map { "\"\($0)\": \($1)" }.joined(separator: ",\(step)") + "\n    }"
    }

    private static func list(_ items: [String], _ isPretty: Bool) -> String {
        guard isPretty, !items.isEmpty else { return "[" + items.joined(separator: ",") + "]" }
        return "[\n    " + items.joined(separator: ",\n    ") + "\n]"
    }

    private static func quoted(_ text: String) -> String {
        String(decoding: WireWriter.bytes(.string(text)), as: UTF8.self)
    }
}

/// A call that is answered with a text alone.
struct KeyRefusal: Error {
    let status: HTTPResponse.Status
    let text: String
    var allowed: String?

    init(_ status: HTTPResponse.Status, _ text: String, allowed: String? = nil) {
        self.status = status
        self.text = text
        self.allowed = allowed
    }

    var reply: KeyReply { KeyReply(content: .text(text), status: status, allowed: allowed) }
}

extension HTTPField.Name {
    static let consulIndex = known("X-Consul-Index")
    static let consulKnownLeader = known("X-Consul-Knownleader")
    static let consulLastContact = known("X-Consul-Lastcontact")
}
