import Testing

@testable import Binlog

/// Damaged recordings: refused or read, never a crash, never without end.
@Suite struct DamageTests {
    @Test(arguments: RecordingTests.names)
    func `a damaged file is refused or read`(name: String) throws {
        let original = try RecordingTests.bytes(name, "binlog")
        var random = Random(state: 0x5eed)
        var (read, refused) = (0, 0)
        for _ in 0..<300 {
            var bytes = original
            for _ in 0..<(1 + random.below(6)) { random.damage(&bytes) }
            do {
                try Walk(repairsChecksums: true, limit: 1 << 22).run(bytes) { item in
                    if case .rows(let event) = item { _ = try Walk.values(event) }
                }
                read += 1
            } catch {
                #expect(error is BinlogError)
                refused += 1
            }
        }
        // Damage that nobody notices is possible (a letter of a text), damage that all is refused for would hide the rest.
        #expect(read > 3)
        #expect(refused > 100)
    }

    @Test func `a changed bit is found by the checksum and named with its place`() throws {
        var bytes = try RecordingTests.bytes("mysql-9.7-plain", "binlog")
        bytes[bytes.count / 2] ^= 4
        #expect {
            try Walk().run(bytes) { _ in }
        } throws: { error in
            let error = error as? BinlogError
            return error?.code == .checksum && error?.file == "bin.000001" && (error?.position ?? 0) > 4
        }
    }

    @Test func `a cut file is refused as such`() throws {
        let bytes = try RecordingTests.bytes("mysql-9.7-plain", "binlog").dropLast(3)
        #expect(throws: BinlogError.truncated) { try Walk().run(Array(bytes)) { _ in } }
        #expect(throws: BinlogError.self) { try BinlogFile(Array("#!/bin/sh".utf8)) }
    }
}

/// The same numbers in every run.
struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 24
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

    /// One byte changed, a size made wrong, bytes removed or doubled.
    mutating func damage(_ bytes: inout [UInt8]) {
        let place = 4 + below(bytes.count - 4)
        switch below(8) {
        case 0: bytes[place] = 0xff
        case 1: bytes[place] = 0
        case 2: bytes[place] &+= 1
        case 3: bytes.removeSubrange(place..<min(place + below(4), bytes.count))
        case 4: bytes.insert(UInt8(truncatingIfNeeded: next()), at: place)
        default: bytes[place] = UInt8(truncatingIfNeeded: next())
        }
    }
}
