package import HTTPTypes
package import Hummingbird
package import NIOCore

extension Response {
    /// A JSON answer with one object.
    package static func json(
        _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], _ body: (inout JSONWriter) -> Void
    ) -> Response {
        json(status, headers: headers, buffer: JSONWriter.document(body))
    }

    package static func json(
        _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], buffer: ByteBuffer
    ) -> Response {
        var fields = headers
        fields[.contentType] = "application/json"
        fields[.cacheControl] = "no-store"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: buffer))
    }
}

extension Request {
    /// Whether `If-None-Match` names `tag`: the client has this version already.
    func has(_ tag: String) -> Bool {
        guard let given = headers[.ifNoneMatch] else { return false }
        if given == "*" { return true }
        return given.split(separator: ",").contains { item in
            let text = String(item).trimming(" ")
            return text == tag || text == "W/" + tag
        }
    }
}
