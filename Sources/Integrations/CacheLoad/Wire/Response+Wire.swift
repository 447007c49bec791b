import GoWire
import HTTPTypes
import Hummingbird
import MartletHTTP

extension Response {
    static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(status, "text/plain; charset=utf-8", Array(text.utf8))
    }

    static func wire(_ status: HTTPResponse.Status, _ value: WireValue) -> Response {
        Response(status, "application/json; charset=utf-8", WireWriter.bytes(value))
    }

    /// `{"error": "…"}`.
    static func failure(_ status: HTTPResponse.Status, _ message: String) -> Response {
        wire(status, .object([("error", .string(message))]))
    }

    static func complaint(_ complaint: CacheComplaint) -> Response {
        switch complaint {
        case .json(let message): wire(.badRequest, .string(message))
        case .text(let message): text(.badRequest, message)
        }
    }
}
