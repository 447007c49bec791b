import Foundation
import MartletCore
import MartletEngine
import Testing

@testable import MartletHTTP

/// The times of all schedules in one list.
@Suite struct CalendarRouteTests {
    private func api(_ schedules: [String: String]) async throws -> LiveAPI {
        let api = try await LiveAPI()
        for job in ["own-a", "foreign"] {
            #expect(try await api.call("PUT", "/api/jobs/\(job)", body: #"{"command":["true"]}"#).status == 201)
        }
        for (name, definition) in schedules {
            let made = try await api.call("PUT", "/api/schedules/\(name)", body: definition)
            #expect(made.status == 201, "\(made.text)")
        }
        return api
    }

    private static let path = "/api/fires"

    private static func texts(_ reply: JSONValue) -> [String] {
        (reply["items"].array ?? []).map {
            "\($0["at"].string ?? "") \($0["schedule"].string ?? "") \($0["state"].string ?? "")"
        }
    }

    /// Every page until there is no next one.
    private func all(_ api: LiveAPI, _ query: String, _ headers: [String: String] = [:]) async throws -> [JSONValue] {
        var (found, next): ([JSONValue], String?) = ([], nil)
        repeat {
            let after = next.map { "&after=\($0)" } ?? ""
            let page = try await api.call("GET", "\(Self.path)?\(query)\(after)", headers: headers)
            #expect(page.status == 200, "\(page.text)")
            found += page.json["items"].array ?? []
            next = page.json["next"].string
        } while next != nil
        return found
    }

    @Test func `what lies ahead of all schedules comes in the order of time`() async throws {
        let api = try await api([
            "a": #"{"job":"own-a","cron":"0 3 * * *","zone":"UTC"}"#,
            "b": #"{"job":"foreign","cron":"0 3,15 * * *","zone":"UTC"}"#,
            "c": #"{"watch":true,"cron":"30 3 * * *","zone":"UTC"}"#,
            "paused": #"{"job":"own-a","cron":"0 4 * * *","zone":"UTC","paused":true}"#,
            "once": #"{"command":["true"],"at":"2099-01-02T00:00:00Z"}"#,
        ])
        let reply = try await api.call(
            "GET", Self.path + "?from=2099-01-01T03:00:00Z&to=2099-01-02T03:00:00Z"
        ).json
        let wanted = [
            "2099-01-01T03:00:00.000Z a planned", "2099-01-01T03:00:00.000Z b planned",
            "2099-01-01T03:30:00.000Z c planned", "2099-01-01T15:00:00.000Z b planned",
            "2099-01-02T00:00:00.000Z once planned",
        ]
        #expect(Self.texts(reply) == wanted && reply["next"] == .null)
        #expect(reply["items"].array?.map { $0["job"] } == ["own-a", "foreign", .null, "foreign", .null])
        for limit in 1...4 {
            let paged = try await all(api, "from=2099-01-01T03:00:00Z&to=2099-01-02T03:00:00Z&limit=\(limit)")
            #expect(Self.texts(["items": .array(paged)]) == wanted, "\(limit)")
        }
    }

    @Test func `what passed stands there with what became of it, and no time stands twice`() async throws {
        let api = try await api(["every": #"{"job":"own-a","every":"1h","overlap":"allow"}"#])
        for _ in 0..<3 { #expect(try await api.call("POST", "/api/schedules/every/run").status == 202) }
        let stored = try #require(try await api.control.store.schedule("every"))
        // A time that was acted on, and the one after it.
        let due = try #require(stored.nextDue)
        let order = FireOrder(
            stored, steps: [.missed(due: due, through: due, count: 1, why: "it was late")],
            next: due.adding(.seconds(3600)))
        #expect(try await api.control.store.fire([order], at: due).first?.isPut == true)
        let range = "from=\(Timestamp.text(due - 7200))&to=\(Timestamp.text(due + 7200))"
        for limit in [1, 2, 200] {
            let found = try await all(api, "\(range)&limit=\(limit)")
            #expect(found.map { $0["kind"] } == ["manual", "manual", "manual", "due", "due"], "\(found)")
            #expect(found.suffix(2).map { $0["state"] } == ["missed", "planned"] && found[3]["why"] == "it was late")
            #expect(found.prefix(3).allSatisfy { $0["run"].string != nil && $0["job"] == "own-a" })
            #expect(found.map { $0["at"].string ?? "" } == found.map { $0["at"].string ?? "" }.sorted())
        }
        #expect(try await api.call("DELETE", "/api/schedules/every").status == 204)
        let left = try await all(api, range)
        #expect(left.count == 4 && left.allSatisfy { $0["job"] == .null })
    }

    @Test func `a token sees the times of what it covers`() async throws {
        let api = try await api([
            "own": #"{"job":"own-a","every":"1h","overlap":"allow"}"#,
            "foreign": #"{"job":"foreign","every":"1h","overlap":"allow"}"#,
        ])
        for name in ["own", "foreign"] {
            #expect(try await api.call("POST", "/api/schedules/\(name)/run").status == 202)
        }
        let body = #"{"name":"bound","role":"read","jobs":["own-*"]}"#
        let token = try #require(try await api.call("POST", "/api/tokens", body: body).json["token"].string)
        let headers = ["Authorization": "Bearer \(token)"]
        let now = Date()
        let range = "from=\(Timestamp.text(now - 600))&to=\(Timestamp.text(now + 7200))"
        let found = try await all(api, range, headers)
        #expect(found.count == 3 && found.allSatisfy { $0["schedule"] == "own" }, "\(found)")
        #expect(try await all(api, range).count == 6)
        // Of a schedule that is gone nobody knows whom it was for.
        #expect(try await api.call("DELETE", "/api/schedules/own").status == 204)
        #expect(try await all(api, range, headers).isEmpty)
    }

    @Test func `very many schedules and times come in bounded pages`() async throws {
        let api = try await LiveAPI()
        let rights = Rights.all
        for number in 0..<450 {
            let definition: JSONValue = [
                "name": .string("s\(number)"), "watch": true, "every": .string("\(number % 7 + 1)m"),
            ]
            let schedule = try Schedule(parsing: definition, zone: "UTC")
            _ = try await api.control.putSchedule(schedule, rights: rights)
        }
        let start = Date().addingTimeInterval(60)
        let times = start..<start.addingTimeInterval(600)
        let whole = try await api.control.calendar(CalendarQuery(times, after: nil, limit: 10_000), rights: rights)
        var paged: [CalendarEntry] = []
        var after: CalendarPosition?
        repeat {
            let page = try await api.control.calendar(CalendarQuery(times, after: after, limit: 97), rights: rights)
            #expect(page.items.count <= 97)
            paged += page.items
            after = page.next
        } while after != nil
        #expect(whole.next == nil && whole.items.count > 1000 && paged == whole.items)
        #expect(Set(paged.map { "\($0.schedule) \($0.at)" }).count == paged.count)
        #expect(paged.allSatisfy { times.contains($0.at) } && Set(paged.map(\.schedule)).count == 450)
    }

    @Test func `what is no range is refused by name`() async throws {
        let api = try await LiveAPI()
        for (query, field) in [
            ("from=x", "from"), ("to=2020-01-01T00:00:00Z", "to"),
            ("from=2026-01-01T00:00:00Z&to=2027-01-03T00:00:00Z", "to"), ("limit=0", "limit"), ("limit=1001", "limit"),
            ("after=f1x", "cursor"), ("after=c1", "cursor"), ("outcome=failed", "outcome"),
        ] {
            let reply = try await api.call("GET", "\(Self.path)?\(query)")
            #expect(reply.status == 400 && reply.text.contains("\"\(field)\""), "\(query): \(reply.text)")
        }
        #expect(try await api.call("GET", Self.path).json["items"] == [])
    }
}
