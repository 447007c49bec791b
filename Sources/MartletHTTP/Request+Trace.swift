import HTTPTypes
import Hummingbird
import MartletCore

extension Request {
    /// From `traceparent` and `tracestate`; nil when there is none that the recommendation tells to take.
    var trace: TraceContext? {
        let parents = headers[values: .traceparent]
        guard parents.count == 1, let parent = parents.first else { return nil }
        return TraceContext(traceparent: parent, tracestate: headers[values: .tracestate].joined(separator: ","))
    }

    /// The caller's own id for the request, when it can stand in logs.
    var givenID: String? {
        guard let id = headers[.requestID], (1...128).contains(id.utf8.count), id.utf8.allSatisfy(Self.isPlain) else {
            return nil
        }
        return id
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "._~+/=-".utf8.contains(byte)
        }
    }
}
