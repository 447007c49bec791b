@testable import MySQLWire

/// A server that says what a test wrote down, whatever it is told.
final class ScriptedStream: ByteStream {
    private var pieces: [[UInt8]]
    private(set) var written: [[UInt8]] = []
    var timeout: Duration = .seconds(1)

    init(_ pieces: [[UInt8]]) { self.pieces = pieces }

    func read(into buffer: inout [UInt8], waiting: String) throws(WireError) {
        guard !pieces.isEmpty else { throw .closed }
        buffer += pieces.removeFirst()
    }

    func write(_ bytes: [UInt8]) throws(WireError) { written.append(bytes) }
    func close() { pieces = [] }
}

/// A packet of up to 16 MiB with its header.
func packet(_ number: UInt8, _ body: [UInt8]) -> [UInt8] {
    [UInt8(body.count & 255), UInt8(body.count >> 8 & 255), UInt8(body.count >> 16), number] + body
}
