/// One MariaDB transaction: `domain-server-sequence`.
package struct MariaGTID: Sendable, Hashable {
    package let domain: UInt32
    package let server: UInt32
    package let sequence: UInt64

    package init(domain: UInt32, server: UInt32, sequence: UInt64) {
        self.domain = domain
        self.server = server
        self.sequence = sequence
    }

    /// nil for other text.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let domain = UInt32(parts[0]), let server = UInt32(parts[1]),
            let sequence = UInt64(parts[2])
        else { return nil }
        self.init(domain: domain, server: server, sequence: sequence)
    }
}

extension MariaGTID: CustomStringConvertible {
    package var description: String { "\(domain)-\(server)-\(sequence)" }
}

/// The last transaction of each domain: from where a MariaDB replica goes on.
package struct MariaGTIDPosition: Sendable, Equatable {
    package private(set) var last: [UInt32: MariaGTID] = [:]

    package init() {}

    /// `0-1-5,1-2-7`, with spaces and line ends allowed.
    /// - Throws: `malformed`, which names the part.
    package init(_ text: String) throws(BinlogError) {
        for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            guard let gtid = MariaGTID(part) else {
                throw BinlogError(.malformed, "\"\(part.prefix(200))\" is not of the form domain-server-sequence")
            }
            guard last.updateValue(gtid, forKey: gtid.domain) == nil else {
                throw BinlogError(.malformed, "domain \(gtid.domain) stands twice")
            }
        }
    }

    package var isEmpty: Bool { last.isEmpty }

    /// The transaction becomes the last of its domain.
    package mutating func advance(to gtid: MariaGTID) { last[gtid.domain] = gtid }

    /// Whether the transaction is not after the position of its domain.
    package func contains(_ gtid: MariaGTID) -> Bool { (last[gtid.domain]?.sequence ?? 0) >= gtid.sequence }

    /// The body of a GTID_LIST event; of two entries of a domain the later one counts.
    init(list reader: inout ByteReader) throws(BinlogError) {
        let count = Int(try reader.u32() & 0x0fff_ffff)
        guard count <= reader.remaining / 16 else { throw .truncated }
        for _ in 0..<count {
            let domain = try reader.u32()
            let server = try reader.u32()
            last[domain] = MariaGTID(domain: domain, server: server, sequence: try reader.u64())
        }
    }
}

extension MariaGTIDPosition: CustomStringConvertible {
    package var description: String {
        last.values.sorted { $0.domain < $1.domain }.map(\.description).joined(separator: ",")
    }
}
