import Foundation
import MartletCore
import Testing

@testable import MartletStore

@Suite struct Encoding {
    private struct Sample: Codable, Equatable {
        enum Shape: Codable, Equatable {
            case none, one(Int), two(name: String, at: Date?), list([Shape])
        }
        var text = "quote \" slash \\ / line \n tab \t nul \u{0} del \u{7F} 中文 🐦"
        var shapes: [Shape] = [.none, .one(-3), .two(name: "", at: Date(milliseconds: 1)), .list([.one(1), .none])]
        var map: [String: [Int]?] = ["a": [1, 2], "": [], "z\"": nil]
        var numbers: [Double] = [0, -0.5, 1e300, 5e-300, 3, 0.1]
        var wide: UInt64 = .max
        var none: Int?
        var nested: [[String]] = [[], ["x"], []]
        var small: UInt8 = 9
        var json: JSONValue = ["k": [1, .null, true, .double(2.5), ["d": "e"], []]]
    }

    @Test func `what is encoded is read back by Foundation`() throws {
        let sample = Sample()
        let bytes = try StoredEncoder.encode(sample)
        #expect(try StoredJSON.decoder.decode(Sample.self, from: Data(bytes)) == sample)
        _ = try JSONParser.parse(bytes)
    }

    @Test func `single values and empty containers are whole documents`() throws {
        #expect(try StoredJSON.text("a") == "\"a\"")
        #expect(try StoredJSON.text([String]()) == "[]")
        #expect(try StoredJSON.text([String: Int]()) == "{}")
        #expect(try StoredJSON.text([["a": [1]], [:]]) == #"[{"a":[1]},{}]"#)
        #expect(throws: MartletError.self) { try StoredJSON.text(Double.nan) }
    }
}
