package import Binlog

/// What is applied: sets of MySQL's transactions, and of MariaDB's a position with single ones after it.
package struct ExecutedSet: Sendable, Equatable {
    /// MySQL's transactions; MariaDB's stand in it by `MariaOrigin`.
    package var set = GTIDSet()
    /// All transactions of a domain up to this one.
    package var maria = MariaGTIDPosition()

    package init(set: GTIDSet = GTIDSet(), maria: MariaGTIDPosition = MariaGTIDPosition()) {
        self.set = set
        self.maria = maria
    }

    package func contains(_ identity: TransactionHead.Identity) -> Bool {
        switch identity {
        case .anonymous: false
        case .mysql(let gtid): set.contains(gtid)
        case .maria(let gtid): maria.contains(gtid) || GTID(gtid).map(set.contains) == true
        }
    }

    /// Of two positions of a domain the later one counts.
    package mutating func formUnion(_ other: ExecutedSet) {
        set.formUnion(other.set)
        for gtid in other.maria.last.values where !maria.contains(gtid) { maria.advance(to: gtid) }
    }
}

/// MariaDB's domain and server in the 16 bytes of a UUID: `maria:`, twice 0xff, domain, server, the highest byte first. The
/// seventh byte would be version 15 of a UUID, which there is not.
package enum MariaOrigin {
    private static let prefix: [UInt8] = Array("maria:".utf8) + [0xff, 0xff]

    package static func bytes(domain: UInt32, server: UInt32) -> [UInt8] {
        prefix
            + [domain, server].flatMap { number in
                (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * $0)) }
            }
    }

    /// nil: the bytes are those of a MySQL server.
    package static func domainAndServer(_ bytes: [UInt8]) -> (domain: UInt32, server: UInt32)? {
        guard bytes.count == 16, bytes.starts(with: prefix) else { return nil }
        let number = { (range: Range<Int>) in bytes[range].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
        return (number(8..<12), number(12..<16))
    }
}

extension GTID {
    /// nil: a sequence number beyond what a set holds.
    init?(_ maria: MariaGTID) {
        let bytes = MariaOrigin.bytes(domain: maria.domain, server: maria.server)
        guard let server = SourceID(bytes.map(Self.hex).joined()), let number = Int64(exactly: maria.sequence),
            number > 0, number < .max
        else { return nil }
        self.init(source: GTIDSource(server: server), number: number)
    }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    init?(_ identity: TransactionHead.Identity) {
        switch identity {
        case .anonymous: return nil
        case .mysql(let gtid): self = gtid
        case .maria(let maria): self.init(maria)
        }
    }
}
