import Binlog

/// Which values of a row another change could wait for: those of unique keys and of foreign keys from both ends. Two changes
/// without a common hash can be made in any order.
struct WriteSet: Sendable {
    private struct Part: Sendable {
        /// Tells this key from others.
        let seed: UInt64
        let columns: [(source: Int, folding: Folding)]
    }

    /// How a value of a key column is made comparable.
    private enum Folding: Sendable {
        case exact
        /// Letters of both cases are one, spaces at the end do not count.
        case ascii
    }

    /// What has to keep its order with a change.
    enum Scope: Comparable {
        /// Changes with a common hash.
        case rows
        /// Those of the table, too: which of its rows are equal is not known here.
        case table
        /// Those of all tables that foreign keys join to it, too: it changes others by itself, or its links are not known.
        case family
    }

    /// Stands for the whole table.
    let table: UInt64
    /// Stands for all tables that foreign keys join, over whatever others.
    let family: UInt64
    /// At least.
    let scope: Scope
    private let keys: [Part]
    private let links: [Part]

    /// `family`: a name that is the same for all tables of it.
    init(_ target: TargetTable, family: String, _ pairs: [Int: RowPlan.Pair]) {
        table = Self.hash(Array(target.name.quoted.utf8), seed: Self.start)
        self.family = Self.hash(Array("family \(family)".utf8), seed: Self.start)
        var (keys, links): ([Part], [Part]) = ([], [])
        var scope = target.identity == nil ? Scope.table : .rows
        for key in target.uniqueKeys where !Self.add(key.columns, of: target, pairs, name: "", &keys) || key.isPartial {
            scope = .table
        }
        for link in target.links {
            let name = "\(link.parent.quoted)\(link.parentColumns.joined(separator: ","))"
            if !Self.add(link.columns, of: target, pairs, name: name, &links) { scope = .family }
        }
        (self.keys, self.links) = (keys, links)
        self.scope = target.hasCascades ? .family : scope
    }

    private static func add(
        _ columns: [Int], of target: TargetTable, _ pairs: [Int: RowPlan.Pair], name: String, _ parts: inout [Part]
    ) -> Bool {
        var found: [(source: Int, folding: Folding)] = []
        for column in columns {
            guard let pair = pairs[column], folding(target.columns[column]) != nil else { return false }
            found.append((pair.source, folding(target.columns[column]) ?? .exact))
        }
        let own = name.isEmpty ? "\(target.name.quoted)\(columns)" : name
        parts.append(Part(seed: hash(Array(own.utf8), seed: start), columns: found))
        return !columns.isEmpty
    }

    /// nil: equal values may have different bytes in ways that are not known here.
    private static func folding(_ column: TargetColumn) -> Folding? {
        if ["float", "double", "json"].contains(column.dataType) { return nil }
        guard let collation = column.collation else { return .exact }
        if collation == "binary" { return .exact }
        return TextFolding.isByCase(collation) ? .ascii : nil
    }

    /// Hands on the hashes of a row as far as `scope` needs them.
    /// - Returns: a wider one where a key holds text whose order only the server knows.
    func hashes(of image: RowImage, _ scope: Scope, _ body: (UInt64) -> Void) throws -> Scope {
        guard scope < .family else { return scope }
        let isKnown = try scope == .table || Self.hashes(of: image, keys, body)
        guard try Self.hashes(of: image, links, body) else { return .family }
        return isKnown ? scope : .table
    }

    private static func hashes(of image: RowImage, _ parts: [Part], _ body: (UInt64) -> Void) throws -> Bool {
        for part in parts {
            var hash = part.seed
            var isNull = false
            for column in part.columns {
                guard let value = try image.value(column.source), value != .null else {
                    isNull = true
                    break
                }
                guard combine(value, column.folding, into: &hash) else { return false }
            }
            if !isNull { body(hash) }
        }
        return true
    }

    private static func combine(_ value: Value, _ folding: Folding, into hash: inout UInt64) -> Bool {
        switch value {
        case .integer(let number): hash = mix(hash, UInt64(bitPattern: number))
        case .unsigned(let number), .bits(let number), .set(let number): hash = mix(hash, number)
        case .enumeration(let index): hash = mix(hash, UInt64(index))
        case .decimal(let bytes), .time(let bytes): hash = self.hash(bytes, seed: hash)
        case .bytes(let bytes): hash = self.hash(bytes, seed: hash)
        case .address(let text): hash = self.hash(Array(text.utf8), seed: hash)
        case .characters(let bytes):
            guard folding == .ascii else {
                hash = self.hash(bytes, seed: hash)
                return true
            }
            guard bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) else { return false }
            var end = bytes.endIndex
            while end > bytes.startIndex, bytes[end - 1] == 0x20 { end -= 1 }
            for byte in bytes[..<end] { hash = mix(hash, UInt64((0x41...0x5a).contains(byte) ? byte | 0x20 : byte)) }
            hash = mix(hash, 0x100)
        case .null, .float, .double, .json, .geometry, .vector: return false
        }
        return true
    }

    private static let start: UInt64 = 0xcbf2_9ce4_8422_2325

    private static func hash(_ bytes: some Collection<UInt8>, seed: UInt64) -> UInt64 {
        var hash = seed
        for byte in bytes { hash = mix(hash, UInt64(byte)) }
        return mix(hash, 0x100)
    }

    /// Multiplies and folds the high half in, so that near numbers are far apart.
    private static func mix(_ hash: UInt64, _ value: UInt64) -> UInt64 {
        let product = (hash ^ value).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low &+ 0x2545_f491_4f6c_dd1d
    }
}
