import Foundation
import GRDB
import MartletCore
import MartletStore
import Testing

/// Keys in the server's own database.
@Suite struct EmbeddedCheckpointsTests {
    private let place: Place
    private var keys: EmbeddedCheckpoints { place.keys }

    init() throws { place = try Place() }

    @Test func `a key is written, changed and removed, and its index tells which version it is`() async throws {
        #expect(try await keys.entry("a/b", nil).value == nil)
        #expect(try await keys.put("a/b", Array("one".utf8), flags: .max, ifIndex: nil))
        let one = try #require(try await keys.entry("a/b", nil).value)
        #expect(one.value == Array("one".utf8) && one.flags == .max && one.createIndex == one.modifyIndex)
        #expect(try await keys.put("a/b", Array("two".utf8), flags: 0, ifIndex: nil))
        let two = try await keys.entry("a/b", nil)
        #expect(two.value?.createIndex == one.createIndex && two.index > one.modifyIndex)
        #expect(try await keys.delete("a/b", ifIndex: nil))
        let gone = try await keys.entry("a/b", nil)
        #expect(gone.value == nil && gone.index > two.index)
    }

    @Test func `what has another index than the caller knows is left as it is`() async throws {
        #expect(try await keys.put("k", [1], flags: 0, ifIndex: 0))
        #expect(try await keys.put("k", [2], flags: 0, ifIndex: 0) == false)
        let index = try await keys.entry("k", nil).index
        #expect(try await keys.put("k", [3], flags: 0, ifIndex: index + 1) == false)
        #expect(try await keys.delete("k", ifIndex: index + 1) == false)
        #expect(try await keys.entry("k", nil).value?.value == [1])
        #expect(try await keys.put("k", [3], flags: 0, ifIndex: index))
        #expect(try await keys.delete("k", ifIndex: try await keys.entry("k", nil).index))
        #expect(try await keys.put("none", [1], flags: 0, ifIndex: 7) == false)
        #expect(try await keys.delete("none", ifIndex: 7))
    }

    @Test func `a write of what is there already changes no index`() async throws {
        #expect(try await keys.put("k", [1], flags: 2, ifIndex: nil))
        let before = try await keys.entry("k", nil).index
        #expect(try await keys.put("k", [1], flags: 2, ifIndex: nil))
        #expect(try await keys.entry("k", nil).index == before)
        #expect(try await keys.put("k", [1], flags: 3, ifIndex: nil))
        #expect(try await keys.entry("k", nil).index > before)
    }

    @Test func `a prefix is of bytes, and its keys come in their order`() async throws {
        for key in ["d/j1/é", "d/j1/Z", "d/j1", "d/j10/a", "d/j2/a", "d/j1/\u{10FFFE}"] {
            #expect(try await keys.put(key, Array(key.utf8), flags: 0, ifIndex: nil))
        }
        #expect(try await keys.keys(under: "d/j1/", nil).value == ["d/j1/Z", "d/j1/é", "d/j1/\u{10FFFE}"])
        #expect(try await keys.keys(under: "d/j1", nil).value.count == 5)
        #expect(try await keys.entries(under: "d/j2", nil).value.map(\.key) == ["d/j2/a"])
        #expect(try await keys.keys(under: "%", nil).value.isEmpty)
        try await keys.delete(under: "d/j1/")
        #expect(try await keys.keys(under: "", nil).value == ["d/j1", "d/j10/a", "d/j2/a"])
    }

    @Test func `an index below a prefix rises with every removal there`() async throws {
        for key in ["a/1", "a/2", "b"] { #expect(try await keys.put(key, [], flags: 0, ifIndex: nil)) }
        let first = try await keys.keys(under: "a/", nil).index
        #expect(try await keys.delete("a/2", ifIndex: nil))
        let second = try await keys.keys(under: "a/", nil).index
        #expect(second > first)
        try await keys.delete(under: "a/")
        #expect(try await keys.entries(under: "a/", nil).index >= second)
        // Nothing was there: nothing changed.
        let last = try await keys.keys(under: "", nil).index
        try await keys.delete(under: "a/")
        #expect(try await keys.keys(under: "", nil).index == last)
    }

    @Test func `who waits is told of a change at once, and of none after the limit`() async throws {
        #expect(try await keys.put("dtle/j/Gtid", [1], flags: 0, ifIndex: nil))
        let index = try await keys.entry("dtle/j/Gtid", nil).index
        let keys = keys
        async let key = keys.entry("dtle/j/Gtid", CheckpointWait(after: index, for: .seconds(300)))
        async let tree = keys.entries(under: "dtle/j", CheckpointWait(after: index, for: .seconds(300)))
        async let other = keys.keys(under: "other/", CheckpointWait(after: 1 << 40, for: .milliseconds(50)))
        #expect(try await other.value.isEmpty)
        #expect(try await keys.put("dtle/j/Gtid", [2], flags: 0, ifIndex: nil))
        #expect(try await key.value?.value == [2])
        #expect(try await tree.index > index)
        let later = try await keys.entry("dtle/j/Gtid", nil).index
        async let removed = keys.entry("dtle/j/Gtid", CheckpointWait(after: later, for: .seconds(300)))
        try await keys.delete(under: "dtle/")
        #expect(try await removed.value == nil)
    }

    @Test func `keys and their index are there after a restart`() async throws {
        #expect(try await place.keys.put("k", [9], flags: 1, ifIndex: nil))
        let before = try await place.keys.entry("k", nil)
        try place.store.close()
        let store = try SQLiteStore(directory: place.directory)
        let keys = EmbeddedCheckpoints(store)
        #expect(try await keys.entry("k", nil).value == before.value)
        #expect(try await keys.put("l", [], flags: 0, ifIndex: nil))
        #expect(try await keys.entry("l", nil).index > before.index)
        try store.close()
    }

    @Test func `an answer that is too large is refused with what to do`() async throws {
        let value = [UInt8](repeating: 7, count: CheckpointEntry.largestValue)
        let count = CheckpointEntry.largestList / CheckpointEntry.largestValue + 1
        for number in 0..<count {
            #expect(try await keys.put("big/\(number)", value, flags: 0, ifIndex: nil))
        }
        let error = await #expect(throws: MartletError.self) { try await keys.entries(under: "big", nil) }
        #expect(error?.code == .invalid && error?.message.contains("a longer prefix") == true)
        #expect(try await keys.keys(under: "big", nil).value.count == count)
    }

    @Test func `lists and keys are found without reading the others`() async throws {
        try place.store.close()
        let database = try DatabaseQueue(path: place.directory.appendingPathComponent("martlet.db").path)
        try await database.read { db in
            for sql in [
                "SELECT key FROM checkpoint_keys WHERE key >= 'a' AND key < 'b' ORDER BY key",
                "SELECT * FROM checkpoint_keys WHERE key = 'a'",
            ] {
                let plan = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
                #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
            }
        }
    }
}

/// A store in a directory of its own, removed with it.
private final class Place: Sendable {
    let directory: URL
    let store: SQLiteStore
    let keys: EmbeddedCheckpoints

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID())")
        store = try SQLiteStore(directory: directory)
        keys = EmbeddedCheckpoints(store)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }
}
