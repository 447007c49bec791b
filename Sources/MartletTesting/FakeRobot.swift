package import Foundation
import Synchronization

/// A server on loopback that stands for a chat platform or a webhook: it notes each request and answers as a test says.
/// One connection for each request.
package final class FakeRobot: Sendable {
    package struct Request: Sendable {
        package let at: Date
        package let path: String
        /// By names in lower case.
        package let headers: [String: String]
        package let body: [UInt8]
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    package enum Answer: Sendable {
        /// After so many seconds.
        case reply(Int, String, after: Double = 0)
        /// The head, and then a byte now and then.
        case drip
        /// Nothing, with the connection open.
        case hang
        /// The connection ends without an answer.
        case close
        case redirect(Int, to: String)

        /// What DingTalk and WeCom say to a message that they took.
        package static let ok = Answer.reply(200, #"{"errcode":0,"errmsg":"ok"}"#)
    }

    package let port: UInt16
    private let socket: Int32
    private let noted = Mutex<[Request]>([])
    private let answer: @Sendable (Int, Request) -> Answer

    /// `answer` gets the number of the request, from 0.
    package init(_ answer: @escaping @Sendable (Int, Request) -> Answer = { _, _ in .ok }) throws {
        self.answer = answer
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard status == 0 else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        let listening = socket
        // Blocking calls belong on threads of their own; this one ends when the socket is shut down, and closes it: closed by
        // anybody else, its number could be that of another robot's socket while this thread still asks for it.
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listening, nil, nil)
                guard connection >= 0, let self else {
                    if connection >= 0 { close(connection) }
                    close(listening)
                    return
                }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    deinit { shutdown(socket, Int32(SHUT_RDWR)) }

    package var url: String { "http://127.0.0.1:\(port)" }
    package var requests: [Request] { noted.withLock { $0 } }

    private func serve(_ connection: Int32) {
        // Closed alone it would stay open in a process that was started meanwhile.
        defer {
            shutdown(connection, Int32(SHUT_RDWR))
            close(connection)
        }
        guard let request = Self.read(connection) else { return }
        let number = noted.withLock { noted in
            noted.append(request)
            return noted.count - 1
        }
        switch answer(number, request) {
        case .reply(let status, let body, let delay):
            Thread.sleep(forTimeInterval: delay)
            Self.write(
                "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)",
                connection)
        case .drip:
            var isOpen = Self.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", connection)
            while isOpen {
                Thread.sleep(forTimeInterval: 0.1)
                isOpen = Self.write("{", connection)
            }
        case .hang: Self.drain(connection)
        case .close: return
        case .redirect(let status, let location):
            Self.write(
                "HTTP/1.1 \(status) X\r\nLocation: \(location)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                connection)
        }
    }

    /// Until the client goes away.
    private static func drain(_ connection: Int32) {
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
    }

    /// False when the client is gone.
    @discardableResult
    private static func write(_ text: String, _ connection: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        var head: Range<Int>?
        while true {
            if head == nil { head = bytes.firstRange(of: Array("\r\n\r\n".utf8)) }
            if let head {
                let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let fields = lines.dropFirst().compactMap { line -> (String, String)? in
                    guard let colon = line.firstIndex(of: ":") else { return nil }
                    return (
                        line[..<colon].lowercased(),
                        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                    )
                }
                let headers = Dictionary(fields) { first, _ in first }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                if bytes.count >= head.upperBound + length {
                    let path = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
                    return Request(
                        at: Date(), path: path, headers: headers,
                        body: Array(bytes[head.upperBound..<head.upperBound + length]))
                }
            }
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk.prefix(count)
        }
    }
}
