import Foundation
import MartletCore
import Testing

@testable import MartletStore

@Suite struct Secrets {
    @Test func `secrets come back and stand in no file`() async throws {
        let fixture = try StoreFixture()
        let canary = "correct-horse-battery-staple"
        let new = NewRun(run: fixture.run(), secrets: ["PASSWORD": Secret(canary), "TOKEN": Secret(canary + "2")])
        _ = try await fixture.store.insert([new], idempotency: nil)
        #expect(try await fixture.store.secrets(of: new.run.id) == new.secrets)
        for name in try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path) {
            let bytes = try Data(contentsOf: fixture.directory.appendingPathComponent(name))
            #expect(bytes.range(of: Data(canary.utf8)) == nil, "\(name)")
        }
        let plain = try await fixture.insert(fixture.run())
        #expect(try await fixture.store.secrets(of: plain).isEmpty)
    }

    @Test func `secrets of one run do not open under another`() throws {
        let fixture = try StoreFixture()
        let (first, second) = (fixture.id(), fixture.id())
        let sealed = try #require(try fixture.store.box.seal(["A": Secret("abcdef")], for: first))
        #expect(throws: (any Error).self) { try fixture.store.box.secrets(in: sealed, of: second) }
    }

    @Test func `a key file that others may read is refused`() throws {
        let fixture = try StoreFixture()
        try fixture.store.close()
        let key = fixture.directory.appendingPathComponent("secret.key").path
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
        #expect(throws: MartletError.self) { try SQLiteStore(directory: fixture.directory) }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        try SQLiteStore(directory: fixture.directory).close()
    }

    @Test func `a key that is not the database's is refused`() throws {
        let fixture = try StoreFixture()
        try fixture.store.close()
        try FileManager.default.removeItem(at: fixture.directory.appendingPathComponent("secret.key"))
        #expect(throws: MartletError.self) { try SQLiteStore(directory: fixture.directory) }
    }

    @Test func `a nonce is the same after a restart and differs by label and task`() throws {
        let fixture = try StoreFixture()
        let address = TaskAddress(run: fixture.id(), attempt: 1, task: 0)
        let nonce = fixture.store.nonce(for: "mark", address)
        #expect(nonce.count == 32 && nonce.allSatisfy(\.isHexDigit))
        #expect(nonce != fixture.store.nonce(for: "seal", address))
        #expect(nonce != fixture.store.nonce(for: "mark", TaskAddress(run: address.run, attempt: 2, task: 0)))
        try fixture.store.close()
        let again = try SQLiteStore(directory: fixture.directory)
        #expect(again.nonce(for: "mark", address) == nonce)
    }
}
