import Foundation
import MartletCore

/// The header of one regular file in a tar archive: POSIX ustar, and GNU's binary form for sizes from 8 GiB on.
struct TarHeader: Equatable, Sendable {
    static let block = 512

    let name: String
    /// Bytes of the member, which follow the header and are padded to whole blocks.
    let size: Int64

    var padding: Int { Int((Int64(Self.block) - size % Int64(Self.block)) % Int64(Self.block)) }
}

// MARK: Writing

extension TarHeader {
    /// Throws `invalid` when the name does not fit: 100 bytes, or 155 before and 100 after a slash.
    func bytes(modifiedAt: Date) throws(MartletError) -> [UInt8] {
        let (prefix, rest) = try split()
        var block = [UInt8](repeating: 0, count: Self.block)
        func put(_ field: Field, _ bytes: some Sequence<UInt8>) {
            for (index, byte) in zip(field.range, bytes) { block[index] = byte }
        }
        put(.name, rest.utf8)
        put(.mode, "0000600\0".utf8)
        put(.owner, "0000000\0".utf8)
        put(.group, "0000000\0".utf8)
        put(.size, Self.number(size))
        put(.time, Self.octal(max(0, Int64(modifiedAt.timeIntervalSince1970))).utf8)
        put(.type, "0".utf8)
        put(.magic, "ustar\u{0}00".utf8)
        put(.prefix, prefix.utf8)
        put(.checksum, (String(Self.octal(Int64(Self.sum(block))).dropLast().suffix(6)) + "\0 ").utf8)
        return block
    }

    private func split() throws(MartletError) -> (prefix: String, rest: String) {
        if name.utf8.count <= Field.name.range.count { return ("", name) }
        let slashes = name.indices.filter { name[$0] == "/" }
        for slash in slashes.reversed() {
            let (prefix, rest) = (name[..<slash], name[name.index(after: slash)...])
            if prefix.utf8.count <= Field.prefix.range.count, rest.utf8.count <= Field.name.range.count {
                return (String(prefix), String(rest))
            }
        }
        throw MartletError(.invalid, "the name \(name) is too long for a tar archive; rename the file")
    }

    /// Twelve bytes, with leading zeros and a NUL.
    private static func octal(_ value: Int64) -> String {
        let digits = String(value, radix: 8)
        return String(repeating: "0", count: max(0, 11 - digits.count)) + digits + "\0"
    }

    private static func number(_ value: Int64) -> [UInt8] {
        if value < 1 << 33 { return Array(octal(value).utf8) }
        return [0x80, 0, 0, 0] + withUnsafeBytes(of: value.bigEndian, Array.init)
    }
}

// MARK: Reading

extension TarHeader {
    /// Nil for a block of zeros, which ends an archive. Throws `invalid` for everything that is no plain file.
    init?(_ block: [UInt8]) throws(MartletError) {
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard block.count == Self.block, Self.value(block, .checksum) == Int64(Self.sum(block)) else {
            throw MartletError(.invalid, "the archive is damaged: a header does not add up")
        }
        let prefix = Self.isUstar(block) ? Self.text(block, .prefix) : ""
        let rest = Self.text(block, .name)
        name = prefix.isEmpty ? rest : "\(prefix)/\(rest)"
        let type = block[Field.type.range.lowerBound]
        guard type == UInt8(ascii: "0") || type == 0 else {
            throw MartletError(
                .invalid, "the archive has a member that is no plain file: \(Terminal.safe(String(name.prefix(200))))")
        }
        guard let size = Self.value(block, .size), size >= 0 else {
            throw MartletError(.invalid, "the archive is damaged: a member has no size")
        }
        self.size = size
    }

    /// GNU's own format keeps other things where ustar has the prefix.
    private static func isUstar(_ block: [UInt8]) -> Bool {
        Array(block[Field.magic.range].prefix(6)) == Array("ustar\0".utf8)
    }

    private static func text(_ block: [UInt8], _ field: Field) -> String {
        String(decoding: block[field.range].prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func value(_ block: [UInt8], _ field: Field) -> Int64? {
        let bytes = block[field.range]
        if bytes.first == 0x80 {
            let tail = bytes.dropFirst()
            guard tail.dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
            return Int64(exactly: tail.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        let digits = text(block, field).trimmingCharacters(in: .whitespaces)
        return Int64(digits, radix: 8)
    }

    /// Of all bytes, with spaces in place of the sum itself.
    private static func sum(_ block: [UInt8]) -> Int {
        block.indices.reduce(0) { $0 + (Field.checksum.range.contains($1) ? 0x20 : Int(block[$1])) }
    }

    /// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format".
    private enum Field {
        case name, mode, owner, group, size, time, checksum, type, magic, prefix

        var range: Range<Int> {
            switch self {
            case .name: 0..<100
            case .mode: 100..<108
            case .owner: 108..<116
            case .group: 116..<124
            case .size: 124..<136
            case .time: 136..<148
            case .checksum: 148..<156
            case .type: 156..<157
            case .magic: 257..<265
            case .prefix: 345..<500
            }
        }
    }
}
