import Foundation
import MartletCore
import Testing

@testable import MartletStore

@Suite struct TokenStoreTests {
    @Test func `a secret is not in the database, and its digest finds it`() async throws {
        let fixture = try StoreFixture()
        let secret = Secret("mlt_\(UUID())")
        let token = AccessToken(
            id: "0123abcd", name: "ci", rights: Rights(role: .run, jobs: [try #require(NamePattern("a*"))]),
            createdAt: StoreFixture.start, createdBy: "admin", expiresAt: nil)
        try await fixture.store.insert(token, secret: secret)
        let found = try #require(try await fixture.store.tokens().first)
        #expect(found.token == token && found.digest == fixture.store.digest(secret))
        try fixture.store.close()
        let bytes = try Data(contentsOf: URL(filePath: fixture.databasePath))
        #expect(bytes.range(of: Data("0123abcd".utf8)) != nil)
        #expect(bytes.range(of: Data(secret.exposed.utf8)) == nil)
    }

    @Test func `a revoked token stays revoked from its first time`() async throws {
        let fixture = try StoreFixture()
        let token = AccessToken(
            id: "0123abcd", name: "ci", rights: .all, createdAt: StoreFixture.start, createdBy: "admin",
            expiresAt: StoreFixture.start.addingTimeInterval(60))
        try await fixture.store.insert(token, secret: Secret("secret-1"))
        let other = AccessToken(
            id: "0123abce", name: "ci", rights: .all, createdAt: StoreFixture.start, createdBy: "admin",
            expiresAt: nil)
        await #expect(throws: MartletError.self) { try await fixture.store.insert(other, secret: Secret("secret-2")) }
        let later = StoreFixture.start.addingTimeInterval(5)
        let first = try await fixture.store.revokeToken("0123abcd", at: later)
        #expect(first?.revokedAt == later)
        #expect(try await fixture.store.revokeToken("0123abcd", at: .distantFuture)?.revokedAt == later)
        #expect(try await fixture.store.revokeToken("nothere1", at: later) == nil)
        try await fixture.store.insert(other, secret: Secret("secret-2"))
        try await fixture.store.deleteTokens(overBefore: later.addingTimeInterval(1))
        #expect(try await fixture.store.tokens().map(\.token.id) == ["0123abce"])
    }
}
