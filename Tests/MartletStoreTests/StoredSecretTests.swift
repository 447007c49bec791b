import Foundation
import GRDB
import MartletCore
import Testing

@testable import MartletStore

@Suite struct StoredSecretTests {
    private let fixture: StoreFixture
    private var store: SQLiteStore { fixture.store }

    init() throws { fixture = try StoreFixture() }

    @discardableResult
    private func put(
        _ name: String, _ value: String?, _ description: String? = nil, ifVersion: Int? = nil
    ) async throws -> StoredSecret {
        try await store.put(
            secret: name, NewSecret(value: value.map(Secret.init), description: description), by: "ada",
            ifVersion: ifVersion, at: StoreFixture.start)
    }

    private func value(_ name: String) async throws -> String? {
        try await store.secretValues(of: [name])[name]?.exposed
    }

    @Test func `a secret is stored, changed, listed and deleted`() async throws {
        let first = try await put("db", "one-value", "of orders")
        #expect(first.version == 1 && first.updatedBy == "ada" && first.updatedAt == StoreFixture.start)
        let second = try await put("db", "line one\nline two\n")
        #expect(second.version == 2 && second.description == "of orders")
        #expect(try await value("db") == "line one\nline two\n")
        try await put("api", "another")
        #expect(try await store.storedSecrets(after: nil, limit: 10).map(\.name) == ["api", "db"])
        #expect(try await store.storedSecrets(after: "api", limit: 10) == [second])
        #expect(try await store.storedSecrets(after: nil, limit: 1).map(\.name) == ["api"])
        #expect(try await store.secret("db") == second)
        #expect(try await store.deleteSecret("db", ifVersion: nil))
        #expect(try await store.secret("db") == nil)
        #expect(try await store.deleteSecret("db", ifVersion: nil) == false)
    }

    @Test func `without a value the stored one stays, under its new version`() async throws {
        #expect(await code { try await put("db", nil, "x") } == .invalid)
        try await put("db", "the value")
        let changed = try await put("db", nil, "what it is for")
        #expect(changed.version == 2 && changed.description == "what it is for")
        #expect(try await value("db") == "the value")
    }

    @Test func `a version that is not there any more is a conflict`() async throws {
        #expect(await code { try await put("db", "value", ifVersion: 1) } == .conflict)
        try await put("db", "value", ifVersion: 0)
        #expect(await code { try await put("db", "other", ifVersion: 0) } == .conflict)
        try await put("db", "other", ifVersion: 1)
        #expect(await code { _ = try await store.deleteSecret("db", ifVersion: 1) } == .conflict)
        #expect(try await value("db") == "other")
    }

    @Test func `the value is in no file, and comes back after a restart`() async throws {
        let canary = "canary-\(UUID().uuidString)"
        try await put("db", canary, "of orders")
        func look() throws -> Set<String> {
            var told: Set<String> = []
            for name in try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path) {
                let bytes = try Data(contentsOf: fixture.directory.appendingPathComponent(name))
                #expect(bytes.range(of: Data(canary.utf8)) == nil, "\(name)")
                if bytes.range(of: Data("of orders".utf8)) != nil { told.insert(name) }
            }
            return told
        }
        _ = try look()
        try store.close()
        #expect(try look() == ["martlet.db"], "the description is there")
        let again = try SQLiteStore(directory: fixture.directory)
        #expect(try await again.secretValues(of: ["db", "none"]) == ["db": Secret(canary)])
    }

    @Test(arguments: [
        "UPDATE secrets SET name = 'other' WHERE name = 'db'",
        "UPDATE secrets SET version = 7 WHERE name = 'db'",
        "INSERT INTO secrets SELECT 'other', version, sealed, '', 0, '' FROM secrets WHERE name = 'db'",
    ])
    func `a row that was moved or turned back does not open`(change: String) async throws {
        try await put("db", "the value")
        try await store.writer.write { try $0.db.execute(sql: change) }
        let name = change.contains("version = 7") ? "db" : "other"
        #expect(try await store.secret(name) != nil)
        #expect(await code { _ = try await store.secretValues(of: [name]) } == .internal)
    }

    // MARK: Self-test

    private static let clear = SecretBox.Cipher(
        seal: { plain, _, _ in Data(plain) }, open: { sealed, _, _ in Array(sealed) })
    /// Hides the text from a search, and opens for everybody.
    private static let encoded = SecretBox.Cipher(
        seal: { plain, _, _ in Data(plain).base64EncodedData() },
        open: { sealed, _, _ in Array(Data(base64Encoded: sealed) ?? Data()) })
    /// Seals runs' secrets, and lets stored ones through.
    private static let half = SecretBox.Cipher(
        seal: { plain, key, owner in
            owner.count > 16 ? Data(plain) : try SecretBox.Cipher.aesGCM.seal(plain, key, owner)
        },
        open: { sealed, key, owner in
            owner.count > 16 ? Array(sealed) : try SecretBox.Cipher.aesGCM.open(sealed, key, owner)
        })

    @Test func `a store whose encryption is not active does not open`() throws {
        for (name, cipher) in [("clear", Self.clear), ("encoded", Self.encoded), ("half", Self.half)] {
            let directory = fixture.directory.appendingPathComponent(name)
            #expect(throws: MartletError.self, "\(name)") {
                try SQLiteStore(directory: directory, migrations: Schema.migrations, cipher: cipher)
            }
        }
        let sound = try SQLiteStore(
            directory: fixture.directory.appendingPathComponent("sound"), migrations: Schema.migrations, cipher: .aesGCM
        )
        try sound.close()
    }

    @Test func `the self-test leaves nothing behind`() throws {
        #expect(try fixture.outside { try Int.fetchOne($0, sql: "SELECT count(*) FROM secrets") } == 0)
    }
}
