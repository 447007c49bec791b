/// One message: about one notice in full, or about several by their first lines.
package struct NoticeMessage: Sendable {
    /// At least one. Several: a digest.
    package let notices: [Notice]
    /// What the one notice lists; empty in a digest.
    package let parts: [NoticePart]

    package init(_ notices: [Notice], parts: [NoticePart] = []) {
        self.notices = notices
        self.parts = parts
    }

    /// `limit`: bytes.
    package func text(limit: Int) -> String {
        notices.count == 1
            ? NoticeText.text(of: notices[0], parts, limit: limit) : NoticeText.digest(of: notices, limit: limit)
    }

    package var mayBeRepeated: Bool { notices.contains(where: \.mayBeRepeated) }
}

/// Why a message was not delivered. The text holds no secret.
package struct DeliveryFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// The platform says that it came too soon after others.
    package var isThrottled: Bool
    /// It may have arrived all the same.
    package var mayHaveArrived: Bool

    package init(_ description: String, isThrottled: Bool = false, mayHaveArrived: Bool = false) {
        self.description = description
        self.isThrottled = isThrottled
        self.mayHaveArrived = mayHaveArrived
    }
}

/// Where notices go.
package protocol NoticeChannel: Sendable {
    var facts: NoticeChannelFacts { get }
    var pace: NoticePace { get }
    /// Returns when the message was taken. Ends within a time of its own, and when the task is cancelled.
    func send(_ message: NoticeMessage) async throws(DeliveryFailure)
}
