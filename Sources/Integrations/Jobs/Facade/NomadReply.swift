import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletGzip
import MartletHTTP
import NIOCore

/// An answer, before it is written.
struct NomadReply: Sendable {
    enum Content: Sendable {
        case json(JSONValue)
        case text(String)
        /// Written as it comes, with its content type.
        case stream(String, any StreamedOutput)
        case nothing
    }

    /// Which headers it has.
    enum Kind: Sendable {
        /// Of something with an index that can be waited for.
        case read(Int64)
        case write(Int64)
        /// Of something that has no index.
        case plain
        /// Of the node itself.
        case client
    }

    var content: Content
    var kind: Kind
    var status: HTTPResponse.Status = .ok

    static func read(_ value: JSONValue, _ index: Int64) -> Self { Self(content: .json(value), kind: .read(index)) }
    static func write(_ value: JSONValue, _ index: Int64) -> Self { Self(content: .json(value), kind: .write(index)) }
    static func plain(_ value: JSONValue) -> Self { Self(content: .json(value), kind: .plain) }
    static func client(_ value: JSONValue) -> Self { Self(content: .json(value), kind: .client) }

    var index: Int64? { if case .read(let index) = kind { index } else { nil } }

    /// Less than this is not worth packing: it fits one packet.
    private static let leastPacked = 1024

    /// `packs`: whether the caller takes gzip.
    func response(isPretty: Bool, packs: Bool = false) -> Response {
        var response: Response
        switch content {
        case .json(let value):
            let bytes = isPretty ? IndentedJSON.bytes(value) : WireWriter.bytes(.json(value))
            if packs, bytes.count >= Self.leastPacked, let packed = Gzip.pack(bytes) {
                response = Response(status, "application/json", packed)
                response.headers[.contentEncoding] = "gzip"
            } else {
                response = Response(status, "application/json", bytes)
            }
        case .text(let text): response = Response(status, "text/plain; charset=utf-8", Array(text.utf8))
        // Sent by ``Response/stream(_:_:of:)``.
        case .stream: response = Response(status: status)
        case .nothing: response = Response(status: status)
        }
        response.headers[.cacheControl] = nil
        switch kind {
        case .read(let index):
            response.headers[.nomadIndex] = String(index)
            response.headers[.knownLeader] = "true"
            response.headers[.lastContact] = "0"
        case .write(let index): response.headers[.nomadIndex] = String(index)
        case .plain, .client: break
        }
        response.headers[.vary] = "Accept-Encoding"
        if case .client = kind { response.headers[.vary] = "Accept-Encoding, Origin" }
        return response
    }
}

/// A call that is answered with a text alone.
struct NomadRefusal: Error {
    let status: HTTPResponse.Status
    let text: String
    /// Of what was looked for in vain.
    var index: Int64?

    init(_ status: HTTPResponse.Status, _ text: String, index: Int64? = nil) {
        self.status = status
        self.text = text
        self.index = index
    }

    var reply: NomadReply { NomadReply(content: .text(text), kind: index.map { .read($0) } ?? .plain, status: status) }
}

extension HTTPField.Name {
    static let nomadIndex = known("X-Nomad-Index")
    static let knownLeader = known("X-Nomad-KnownLeader")
    static let xssProtection = known("X-XSS-Protection")
    static let lastContact = known("X-Nomad-LastContact")
}

/// `?pretty`: four spaces for each level, and a line end after it.
enum IndentedJSON {
    static func bytes(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        write(value, 0, &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func write(_ value: JSONValue, _ level: Int, _ bytes: inout [UInt8]) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            list("[", elements, "]", level, &bytes) { write($0, level + 1, &$1) }
        case .object(let members) where !members.isEmpty:
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            list("{", sorted, "}", level, &bytes) { member, bytes in
                bytes += WireWriter.bytes(.string(member.key)) + Array(": ".utf8)
                write(member.value, level + 1, &bytes)
            }
        default: bytes += WireWriter.bytes(.json(value))
        }
    }

    private static func list<Element>(
        _ open: String, _ elements: [Element], _ close: String, _ level: Int, _ bytes: inout [UInt8],
        _ each: (Element, inout [UInt8]) -> Void
    ) {
        bytes += Array(open.utf8)
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            line(level + 1, &bytes)
            each(element, &bytes)
        }
        line(level, &bytes)
        bytes += Array(close.utf8)
    }

    private static func line(_ level: Int, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\n"))
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: level * 4)
    }
}
