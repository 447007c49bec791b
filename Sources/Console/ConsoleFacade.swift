import Foundation
package import HTTPTypes
package import Hummingbird
package import MartletCore
package import MartletHTTP
import NIOCore

/// The web page for people: a shell that loads modules, which call the native API.
package struct ConsoleFacade: Facade {
    package let name = Listener.Facade.console
    private let folder: ConsoleFolder

    /// `directory`: serves the files from there instead of those in the program.
    package init(directory: String? = nil) {
        folder = directory.map { ConsoleFolder(directory: $0) } ?? ConsoleFolder()
    }

    private static let root = "/console"
    private static let files = "/console/files/"

    package func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool {
        // A strange path is the root, too: only reading it is the page.
        if path == "/" { return [.get, .head].contains(method) }
        return path == Self.root || path.hasPrefix(Self.root + "/")
    }

    /// Anybody may see the empty page: what it shows comes from the API.
    package func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role? { nil }

    package func routes(for rights: Rights) -> [DescribedRoute] { [] }

    package func respond(to call: FacadeCall) async -> Response {
        guard [.get, .head].contains(call.method) else {
            return Response(status: .methodNotAllowed, headers: Self.headers([.allow: "GET, HEAD"]))
        }
        guard call.path.hasPrefix(Self.files) else { return shell(call) }
        return file(String(call.path.dropFirst(Self.files.count)), call)
    }

    // MARK: Answers

    /// For every path: the page itself knows what is meant.
    private func shell(_ call: FacadeCall) -> Response {
        guard let bytes = folder.bytes(of: "index.html") else { return Self.missing }
        let text = String(decoding: bytes, as: UTF8.self).replacing("{{files}}", with: Self.files + folder.version)
        return answer(Array(text.utf8), "index.html", cache: "no-cache", call)
    }

    /// `path`: version and name. A page that was loaded before an upgrade gets no file of another version.
    private func file(_ path: String, _ call: FacadeCall) -> Response {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == folder.version, let bytes = folder.bytes(of: parts[1]) else {
            return Self.missing
        }
        let cache = folder.isFixed ? "public, max-age=31536000, immutable" : "no-cache"
        return answer(bytes, parts[1], cache: cache, call)
    }

    private func answer(_ bytes: [UInt8], _ name: String, cache: String, _ call: FacadeCall) -> Response {
        var headers = Self.headers([.contentType: Self.type(of: name), .cacheControl: cache])
        let tag = folder.isFixed ? "\"\(folder.version)\"" : nil
        headers[.eTag] = tag
        if let tag, call.request.headers[.ifNoneMatch] == tag {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static let missing = Response(
        status: .notFound, headers: headers([.contentType: "text/plain", .cacheControl: "no-store"]),
        body: ResponseBody(byteBuffer: ByteBuffer(string: "there is no such file; load the page again\n")))

    private static let types = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8", "svg": "image/svg+xml", "json": "application/json",
    ]

    private static func type(of name: String) -> String {
        types[name.split(separator: ".").last.map(String.init) ?? ""] ?? "application/octet-stream"
    }
}

extension ConsoleFacade {
    /// Nothing from elsewhere, nothing inline, no frame around it.
    static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
        "worker-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types martlet",
    ].joined(separator: "; ")

    private static func headers(_ own: HTTPFields) -> HTTPFields {
        var headers: HTTPFields = [
            .contentSecurityPolicy: policy, .xContentTypeOptions: "nosniff",
            .known("Referrer-Policy"): "no-referrer", .known("Cross-Origin-Opener-Policy"): "same-origin",
            .known("Cross-Origin-Resource-Policy"): "same-origin",
            .known("Permissions-Policy"): "camera=(), geolocation=(), microphone=()",
        ]
        headers.append(contentsOf: own)
        return headers
    }
}
