import Foundation
import MartletCore

/// The generic webhook: CloudEvents 1.0 in binary mode (the fields are headers), signed with a timestamp.
extension ChannelSettings {
    func webhook(_ message: NoticeMessage, secret: String?, at now: Date) throws(DeliveryFailure) -> WebRequest {
        guard let address = url.flatMap(WebAddress.init), let notice = message.notices.first else {
            throw DeliveryFailure("the address of the webhook is not valid")
        }
        let body = JSONBytes.encode(Self.document(notice, message))
        var headers = [
            "Content-Type": "application/json", "ce-specversion": "1.0",
            // The same for every try, so that a receiver knows a repetition.
            "ce-id": "notice-\(notice.number)", "ce-type": "martlet.\(notice.content.end == nil ? "test" : "ended")",
            "ce-source": "//\(Self.host)/api/notices", "ce-time": Timestamp.text(notice.createdAt),
        ]
        if let secret {
            let stamp = now.milliseconds / 1000
            headers["X-Martlet-Signature"] = "t=\(stamp),v1=\(Signature.webhook(stamp, body, secret))"
        }
        return WebRequest(address: address, headers: headers, body: body, needsStatusOnly: true)
    }

    private static func document(_ notice: Notice, _ message: NoticeMessage) -> JSONValue {
        var document: [String: JSONValue] = [
            "number": .int(notice.number), "channel": .string(notice.channel),
            "title": .string(notice.content.title), "text": .string(message.text(limit: NoticeText.longest)),
            "events": .array(notice.content.events.map { .string($0.rawValue) }),
            "mayBeRepeated": .bool(notice.mayBeRepeated),
            "runs": .array(message.parts.map(run)),
        ]
        document["batch"] = notice.batch.map(JSONValue.string)
        document["group"] = (notice.content.end?.group).map(JSONValue.string)
        if let end = notice.content.end {
            document["result"] = .string(end.word)
            document["counts"] = [
                "runs": .int(Int64(end.runs)), "good": .int(Int64(end.good)), "failed": .int(Int64(end.failed)),
                "cancelled": .int(Int64(end.cancelled)), "unchanged": .int(Int64(end.hidden)),
            ]
        }
        return .object(document)
    }

    private static func run(_ part: NoticePart) -> JSONValue {
        var run: [String: JSONValue] = [
            "id": .string(part.run.description), "state": .string(part.state.rawValue),
            "driver": .string(part.work.driver), "subject": .string(part.subject), "reason": .string(part.reason),
            "failures": .array(part.failures.map(JSONValue.string)), "failed": .int(Int64(part.failed)),
            "endedAt": .string(Timestamp.text(part.endedAt)),
        ]
        run["job"] = part.work.job.map(JSONValue.string)
        run["outcome"] = (part.outcome?.rawValue).map(JSONValue.string)
        run["action"] = part.action.map(JSONValue.string)
        run["count"] = part.count.map(JSONValue.string)
        run["changed"] = part.hasChanges.map(JSONValue.bool)
        return .object(run)
    }

    private static let host = ProcessInfo.processInfo.hostName
}
