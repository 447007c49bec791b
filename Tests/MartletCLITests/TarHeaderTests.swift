import Foundation
import MartletCore
import Testing

@testable import martlet

@Suite struct TarHeaderTests {
    @Test(arguments: [
        TarHeader(name: "secret.key", size: 32), TarHeader(name: "empty", size: 0),
        TarHeader(name: String(repeating: "d", count: 150) + "/" + String(repeating: "f", count: 100), size: 513),
        TarHeader(name: "large", size: 1 << 33), TarHeader(name: "larger", size: 1 << 45),
    ])
    func `a header is read back as it was written`(header: TarHeader) throws {
        #expect(try TarHeader(header.bytes(modifiedAt: Date())) == header)
        #expect((header.size + Int64(header.padding)) % 512 == 0 && header.padding < 512)
    }

    @Test func `a name that does not fit is refused, and zeros are the end`() throws {
        #expect(throws: MartletError.self) {
            try TarHeader(name: String(repeating: "x", count: 101), size: 1).bytes(modifiedAt: Date())
        }
        #expect(try TarHeader([UInt8](repeating: 0, count: 512)) == nil)
    }

    @Test func `one changed byte is noticed`() throws {
        var bytes = try TarHeader(name: "secret.key", size: 32).bytes(modifiedAt: Date())
        bytes[130] ^= 1
        #expect(throws: MartletError.self) { try TarHeader(bytes) }
    }
}
