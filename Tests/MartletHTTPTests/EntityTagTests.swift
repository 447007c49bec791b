import Foundation
import MartletCore
import NIOHTTP1
import Testing

@testable import MartletHTTP

/// A name that comes again is not what it was before.
@Suite struct EntityTagTests {
    @Test(arguments: [
        ("/api/jobs/x", #"{"command":["true"]}"#), ("/api/secrets/x", #"{"value":"correct horse"}"#),
        ("/api/schedules/x", #"{"job":"x","every":"1h"}"#),
    ])
    func `an ETag of before does not fit what was made after a removal`(_ path: String, _ body: String) async throws {
        let api = try await LiveAPI()
        _ = try await api.call("PUT", "/api/jobs/x", body: #"{"command":["true"]}"#)
        var seen: [String] = []
        for _ in 0..<3 {
            let isThere = seen.isEmpty && path.hasPrefix("/api/jobs")
            let made = try await api.call("PUT", path, body: body)
            #expect(made.status == (isThere ? 200 : 201), "\(made.text)")
            let tag = try #require(made.headers["ETag"].first)
            #expect(!seen.contains(tag), "\(tag) again, after \(seen)")
            for old in seen {
                let header = ["If-Match": old]
                #expect(try await api.call("PUT", path, body: body, headers: header).status == 412)
                #expect(try await api.call("DELETE", path, headers: header).status == 412)
            }
            seen.append(tag)
            #expect(try await api.call("DELETE", path, headers: ["If-Match": tag]).status == 204)
            #expect(try await api.call("PUT", path, body: body, headers: ["If-Match": tag]).status == 412)
        }
    }
}
