import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP
import NIOCore

extension CacheLoadFacade {
    /// `{id: text}` for each task, stdout and stderr together, as far as they were written by now.
    func output(_ call: FacadeCall) async throws -> Response {
        let query = call.query
        let filter = try TaskFilter(query)
        let part = try OutputPart(query)
        if filter.taskID == nil, filter.taskName == nil {
            return .failure(.badRequest, "task_id or task_name is required")
        }
        let found = try await find(filter, call)
        if found.rows.isEmpty { return .failure(.notFound, "no task found by filter: \(filter.description)") }
        let control = call.control
        let rows = found.rows
        let body = ResponseBody { writer in
            var separator = "{"
            for row in rows {
                try await writer.write(ByteBuffer(bytes: Array(separator.utf8) + WireWriter.bytes(.string(row.id))))
                try await writer.write(ByteBuffer(string: ":\""))
                var log = try OutputText(control.log(of: row.run.id), part, control)
                while let text = try log.next() { try await writer.write(ByteBuffer(bytes: Self.escaped(text))) }
                separator = "\","
            }
            try await writer.write(ByteBuffer(string: "\"}"))
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"], body: body)
    }

    /// Without the quotes around it.
    private static func escaped(_ text: String) -> [UInt8] {
        Array(WireWriter.bytes(.string(text)).dropFirst().dropLast())
    }

    /// A whole log as plain text, written as it is read.
    func stream(_ view: LogView, _ control: Control) throws -> Response {
        let body = ResponseBody { writer in
            var offset: Int64 = 0
            while true {
                let bytes = try control.read(view, from: offset)
                if bytes.isEmpty { break }
                try await writer.write(ByteBuffer(bytes: bytes))
                offset += Int64(bytes.count)
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"], body: body)
    }

    /// The beginning of a log.
    static func text(of id: RunID, _ control: Control, upTo limit: Int) throws -> String {
        let view = try control.log(of: id)
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let more = try control.read(view, from: Int64(bytes.count), upTo: min(64 << 10, limit - bytes.count))
            if more.isEmpty { break }
            bytes += more
        }
        return String(repairing: bytes)
    }
}

/// Which part of each text is wanted.
struct OutputPart: Sendable {
    static let standardLimit: Int64 = 16 << 20

    /// The last lines.
    let tail: Int?
    /// Byte of the text; nil: the newest part.
    let offset: Int64?
    let limit: Int64

    init(_ query: GoQuery) throws(MartletError) {
        let problems = Fields.Problems()
        func number(_ name: String, _ range: ClosedRange<Int64>) -> Int64? {
            guard let text = query[name] else { return nil }
            if let value = Int64(text), range.contains(value) { return value }
            problems.add(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        tail = number("tail", 0...1_000_000).map { Int($0) }
        offset = number("offset", 0...(1 << 60))
        limit = number("bytes", 1...(1 << 30)) ?? Self.standardLimit
        try problems.check("the query")
    }
}

/// Reads a part of a log piece by piece, as text. A character is never cut.
struct OutputText {
    private let view: LogView
    private let control: Control
    private var offset: Int64
    private let end: Int64
    private var notice: String?
    private var held: [UInt8] = []

    init(_ view: LogView, _ part: OutputPart, _ control: Control) throws {
        self.view = view
        self.control = control
        let length = view.length
        if let tail = part.tail {
            offset = max(try control.tailOffset(of: view, lines: tail), length - part.limit)
        } else {
            offset = min(part.offset ?? max(0, length - part.limit), length)
            if part.offset == nil, offset > 0 {
                notice = "[\(offset) bytes before this are left out; ask with offset=0&bytes=N]\n"
            }
        }
        end = min(length, offset + part.limit)
    }

    /// Nil at the end.
    mutating func next() throws -> String? {
        if let notice {
            self.notice = nil
            return notice
        }
        let more =
            offset < end ? try control.read(view, from: offset, upTo: Int(min(64 << 10, end - offset))) : []
        offset += Int64(more.count)
        if more.isEmpty {
            defer { held = [] }
            return held.isEmpty ? nil : String(repairing: held)
        }
        let bytes = held + more
        // At most three bytes can wait for the rest of their character.
        let open = bytes.suffix(3).lastIndex { $0 >= 0xC0 }.flatMap { start in
            bytes.count - start < Self.length(bytes[start]) ? start : nil
        }
        held = open.map { Array(bytes[$0...]) } ?? []
        return String(repairing: bytes.dropLast(held.count))
    }

    /// Bytes of the character that begins with `lead`.
    private static func length(_ lead: UInt8) -> Int { lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2 }
}
