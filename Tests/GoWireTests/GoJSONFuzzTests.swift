import Foundation
import MartletCore
import Testing

@testable import GoWire

@Suite struct GoJSONFuzzTests {
    static let documents = [
        #"["a","b c","",null,"\u00e9\ud83d\ude00\n\"\\\/"]"#,
        #"{"session_id":"0a1b","SESSION_ID":null} "#,
        #"{"counter":12,"x":[1.5e-3,-0,0.25,true,false,{"y":{"z":[[],{}]}}]}"#, " [ 1 , -2 , 3e9 ] ",
        "null", "-12.5E+2",
        #""中文 é 😀""#, #"{"":{"a":[{"b":[{"c":[[[["deep"]]]]}]}]},"é":"\t"}"#,
    ]
    static let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "null", "tru", "-", ".", "e", "0",
        " ",
    ]

    /// SplitMix64: the same rounds for the same seed.
    struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func mutate(_ bytes: inout [UInt8]) {
            let place = Int.random(in: 0...bytes.count, using: &self)
            let end = min(bytes.count, place + Int.random(in: 0...3, using: &self))
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &self), at: place)
            case 2:
                bytes.insert(contentsOf: (GoJSONFuzzTests.pieces.randomElement(using: &self) ?? "").utf8, at: place)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: bytes.removeSubrange(place...)
            }
        }
    }

    @Test func `every document of the strict parser is read alike`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var chance = Chance(state: seed)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = Array((Self.documents.randomElement(using: &chance) ?? "").utf8)
            for _ in 0..<Int.random(in: 0...3, using: &chance) { chance.mutate(&bytes) }
            let first = try? GoJSON.firstDocument(bytes).value
            let whole = try? GoJSON.value(bytes)
            if let whole, whole != first { Issue.record("seed \(seed): first differs for \(bytes)") }
            guard let strict = try? JSONParser.parse(bytes) else { continue }
            accepted += 1
            if whole != strict { Issue.record("seed \(seed): \(String(decoding: bytes, as: UTF8.self))") }
        }
        #expect(accepted > 4_000)
    }
}
