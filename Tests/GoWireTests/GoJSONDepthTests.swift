import Foundation
import MartletCore
import Testing

@testable import GoWire

@Suite struct GoJSONDepthTests {
    static let depth = GoScanner.maxDepth

    static func lists(_ levels: Int) -> [UInt8] {
        Array(repeating: UInt8(ascii: "["), count: levels) + Array(repeating: UInt8(ascii: "]"), count: levels)
    }

    static func objects(_ levels: Int) -> [UInt8] {
        Array((String(repeating: #"{"a":"#, count: levels) + "1" + String(repeating: "}", count: levels)).utf8)
    }

    /// The stack that a thread of a server may have, and less.
    static func onSmallStack<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: work()) }
            thread.stackSize = 128 << 10
            thread.start()
        }
    }

    @Test func `ten thousand levels are read`() async {
        let isRead = await Self.onSmallStack {
            let lists = try? GoJSON.value(Self.lists(Self.depth))
            let objects = try? GoJSON.firstDocument(Self.objects(Self.depth)).value
            return lists?.array?.count == 1 && objects?.object?.count == 1
        }
        #expect(isRead)
    }

    @Test(arguments: [("[", depth + 1), ("[", 1 << 20), (#"{"a":"#, depth + 1), (#"{"a":"#, 200_000)])
    func `one level more is refused`(_ opening: String, _ levels: Int) async {
        let error = await Self.onSmallStack {
            let bytes = Array(String(repeating: opening, count: levels).utf8)
            do throws(GoJSONError) { return try GoJSON.value(bytes).goKind } catch { return error.message }
        }
        #expect(error == "invalid character '\(opening.prefix(1))' exceeded max depth")
    }

    @Test func `what lies too deep is checked but not kept`() throws {
        let kept = GoScanner.keptDepth
        #expect(try GoJSON.value(Self.objects(kept)) == JSONParser.parse(Self.objects(kept), maxDepth: kept))
        var value = try GoJSON.value(Self.objects(kept + 1))
        for _ in 0..<kept { value = value.object?["a"] ?? .null }
        #expect(value == [:])
        let wrong = Self.lists(kept + 2).dropLast(kept + 2) + Array("x".utf8)
        #expect(throws: GoJSONError("invalid character 'x' looking for beginning of value")) {
            try GoJSON.value(Array(wrong))
        }
    }
}
