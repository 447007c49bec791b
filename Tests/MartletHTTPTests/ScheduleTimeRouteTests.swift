import Foundation
import Logging
import MartletCore
import MartletEngine
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct ScheduleTimeRouteTests {
    private func api(_ definition: String = #"{"job":"hello","cron":"0 3 * * *","zone":"Asia/Shanghai"}"#) async throws
        -> LiveAPI
    {
        let api = try await LiveAPI()
        #expect(try await api.call("PUT", "/api/jobs/hello", body: #"{"command":["true"]}"#).status == 201)
        let made = try await api.call("PUT", "/api/schedules/nightly", body: definition)
        #expect(made.status == 201, "\(made.text)")
        return api
    }

    @Test func `next times in UTC and as the zone's clocks show them`() async throws {
        let api = try await api()
        let path = "/api/schedules/nightly/next"
        #expect(try await api.call("GET", path).json["items"].array?.count == 10)
        let reply = try await api.call("GET", path + "?count=2&after=2030-01-01T00:00:00Z").json
        #expect(
            reply["items"] == [
                ["at": "2030-01-01T19:00:00.000Z", "local": "2030-01-02T03:00:00+08:00"],
                ["at": "2030-01-02T19:00:00.000Z", "local": "2030-01-03T03:00:00+08:00"],
            ])
        #expect(reply["zone"] == "Asia/Shanghai")
        // Without an offset it is the zone's time.
        let local = try await api.call("GET", path + "?count=1&after=2030-01-02T03:00").json
        #expect(local["items"][0]["local"] == "2030-01-03T03:00:00+08:00")
        #expect(try await api.call("GET", path + "?count=1000").json["items"].array?.count == 1000)
        for query in ["count=0", "count=1001", "count=x", "after=soon", "after=2030-13-01T00:00", "then=1"] {
            #expect(try await api.call("GET", "\(path)?\(query)").status == 400, "\(query)")
        }
        #expect(try await api.call("GET", "/api/schedules/none/next").status == 404)
    }

    @Test func `a preview stores nothing and needs no name`() async throws {
        let api = try await api()
        let path = "/api/schedules/preview"
        let reply = try await api.call(
            "POST", path,
            body: #"{"cron":"TZ=Europe/Berlin 30 2 * * *","count":3,"after":"2026-03-27T12:00:00Z"}"#)
        // 02:30 of the 29th is in the gap: it runs right after it.
        #expect(
            reply.json["items"].array?.map { $0["local"].string } == [
                "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00",
            ], "\(reply.text)")
        #expect(reply.json["zone"] == "Europe/Berlin" && reply.json["warnings"] == [])
        let once = try await api.call("POST", path, body: #"{"at":"2031-05-01T08:00","zone":"Asia/Shanghai"}"#).json
        #expect(once["items"] == [["at": "2031-05-01T00:00:00.000Z", "local": "2031-05-01T08:00:00+08:00"]])
        let gone = try await api.call("POST", path, body: #"{"job":"gone","every":"1h","count":1}"#).json
        #expect(gone["warnings"] == ["there is no job named gone"] && gone["items"].array?.count == 1)
        for (body, field) in [
            (#"{"cron":"0 25 * * *"}"#, "cron"), (#"{"every":"1h","count":0}"#, "count"),
            (#"{"every":"1h","after":"x"}"#, "after"), (#"{"count":1}"#, "cron"), (#"[]"#, ""),
        ] {
            let wrong = try await api.call("POST", path, body: body)
            #expect(wrong.status == 400 && wrong.json["errors"][0]["field"].string == field, "\(body): \(wrong.text)")
        }
        #expect(try await api.call("GET", "/api/schedules").json["items"].array?.count == 1)
        #expect(
            try await api.call("GET", "/api/audit?target=schedule preview".replacing(" ", with: "+")).json["items"]
                == [])
    }

    @Test func `a run of now stands in the ledger beside those that were due`() async throws {
        let api = try await api()
        let path = "/api/schedules/nightly"
        let reply = try await api.call("POST", path + "/run")
        let run = try #require(reply.json["run"].string, "\(reply.text)")
        #expect(reply.status == 202 && reply.headers.first(name: "Location") == "/api/runs/\(run)")
        #expect(reply.json["kind"] == "manual" && reply.json["outcome"] == "running")
        let ended = try await api.ended(run)
        #expect(ended["state"] == "succeeded" && ended["trigger"]["source"] == "schedule")
        #expect(ended["trigger"]["caller"] == "nightly")
        let fire = try await api.call("GET", path + "/fires").json["items"][0]
        #expect(
            fire["outcome"] == "succeeded" && fire["run"].string == run && fire["runUrl"].string == "/api/runs/\(run)")
        #expect(fire["endedAt"].string != nil && fire["overdue"] == JSONValue.bool(false) && fire["count"] == 1)
        #expect(try await api.call("GET", path).json["lastFire"]["number"] == fire["number"])
        #expect(try await api.call("POST", path + "/run", body: #"{"x":1}"#).status == 400)
        #expect(try await api.call("POST", "/api/schedules/none/run").status == 404)
    }

    @Test func `a second run of now is refused while the first goes on`() async throws {
        let api = try await api(#"{"command":["hang"],"every":"1h"}"#)
        let path = "/api/schedules/nightly/run"
        #expect(try await api.call("POST", path).status == 202)
        #expect(try await api.call("POST", path).status == 409)
        #expect(try await api.call("PATCH", "/api/schedules/nightly", body: #"{"overlap":"queue"}"#).status == 200)
        let queued = try await api.call("POST", path)
        #expect(queued.status == 202 && queued.json["outcome"] == "queued" && queued.json["run"] == .null)
        #expect(queued.headers.first(name: "Location") == nil)
    }

    @Test func `times that are due fire, and the ledger is filtered and paged`() async throws {
        let api = try await api(#"{"job":"hello","every":"1d"}"#)
        // Until the server has it before its time.
        var soon = ""
        var status = 0
        for _ in 0..<10 where status != 200 {
            soon = Timestamp.text(Date().addingTimeInterval(10))
            let body = #"{"job":"hello","at":"\#(soon)"}"#
            status = try await api.call("PUT", "/api/schedules/nightly", body: body).status
        }
        #expect(status == 200)
        let scheduler = Scheduler(control: api.control, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let path = "/api/schedules/nightly"
        let end = ContinuousClock.now + .seconds(300)
        while try await api.call("GET", path + "/fires").json["items"].array?.isEmpty != false,
            ContinuousClock.now < end
        {
            _ = try await scheduler.pass()
            try await Task.sleep(for: .milliseconds(100))
        }
        let fire = try await api.call("GET", path + "/fires").json["items"][0]
        #expect(fire["due"].string == soon && fire["kind"] == "due" && fire["late"] != .null, "\(fire)")
        _ = try await api.ended(try #require(fire["run"].string))
        for _ in 0..<2 {
            let run = try await api.call("POST", path + "/run").json["run"].string
            _ = try await api.ended(try #require(run))
        }
        let shown = try await api.call("GET", path).json
        #expect(shown["state"] == "ended" && shown["nextDue"] == .null)
        let first = try await api.call("GET", path + "/fires?limit=2").json
        #expect(first["items"].array?.map { $0["kind"].string } == ["manual", "manual"])
        let next = try #require(first["next"].string)
        let second = try await api.call("GET", path + "/fires?limit=2&cursor=\(next)").json
        #expect(second["items"].array?.map { $0["kind"].string } == ["due"] && second["next"] == .null)
        #expect(try await api.call("GET", path + "/fires?outcome=succeeded").json["items"].array?.count == 3)
        #expect(try await api.call("GET", path + "/fires?outcome=missed").json["items"] == [])
        for query in ["outcome=x", "cursor=x", "limit=0", "colour=red"] {
            #expect(try await api.call("GET", "\(path)/fires?\(query)").status == 400, "\(query)")
        }
        // The ledger stays when the schedule goes; whom it was for is not known then.
        #expect(try await api.call("DELETE", path).status == 204)
        #expect(try await api.call("GET", path + "/fires").json["items"].array?.count == 3)
        let wish = try NewToken(parsing: ["name": "r", "role": "read", "jobs": ["hello"]])
        let token = try await api.tokens.create(wish, by: .admin).secret.exposed
        #expect(try await api.call("GET", path + "/fires", headers: ["Authorization": "Bearer \(token)"]).status == 404)
        #expect(try await api.call("GET", "/api/schedules/never/fires").status == 404)
    }

    @Test func `a backfill makes up for a range once`() async throws {
        let api = try await api(#"{"job":"hello","cron":"0 * * * *","zone":"UTC","overlap":"allow"}"#)
        let path = "/api/schedules/nightly/backfill"
        let range = #""from":"2026-03-01T00:00:00Z","to":"2026-03-01T03:00:00Z""#
        let dry = try await api.call("POST", path, body: "{\(range),\"dryRun\":true}")
        #expect(dry.status == 200 && dry.json["times"].array?.count == 4 && dry.json["fires"] == [])
        let made = try await api.call("POST", path, body: "{\(range)}")
        #expect(made.status == 202 && made.json["fires"].array?.count == 4, "\(made.text)")
        #expect(
            made.json["fires"][0]["due"] == "2026-03-01T00:00:00.000Z" && made.json["fires"][0]["kind"] == "backfill")
        let again = try await api.call("POST", path, body: "{\(range)}").json
        #expect(again["times"] == [] && again["skipped"] == 4 && again["fires"] == [])
        for (body, field) in [
            ("{}", "from"), (#"{"from":"x","to":"2026-03-01T03:00:00Z"}"#, "from"),
            (#"{"from":"2026-03-01T03:00:00Z","to":"2026-03-01T00:00:00Z"}"#, "from"),
            (#"{"from":"2026-03-01T00:00:00Z","to":"2100-01-01T00:00:00Z"}"#, "to"),
            (#"{"from":"2020-03-01T00:00:00Z","to":"2026-03-01T00:00:00Z"}"#, "to"), ("{\(range),\"dry\":1}", "dry"),
        ] {
            let wrong = try await api.call("POST", path, body: body)
            #expect(wrong.status == 400 && wrong.json["errors"][0]["field"].string == field, "\(body): \(wrong.text)")
        }
    }

    @Test func `calendars are listed, and those in use that lack a list are warned of`() async throws {
        let api = try await api()
        let old = try WorkCalendar(parsing: [
            "name": "tea", "title": "Tea", "years": ["2001": ["holidays": ["05-01"], "workdays": []]],
        ])
        api.control.schedules.replace(WorkCalendars(adding: [old]))
        let items = try await api.call("GET", "/api/calendars").json["items"]
        #expect(items.array?.map { $0["name"].string } == ["cn", "tea"])
        #expect(
            items[1]["years"] == [2001] && items[1]["title"] == "Tea" && items[1]["missing"].array?.isEmpty == false)
        #expect(try await api.control.calendarWarnings() == [], "nobody uses it")
        let body = #"{"job":"hello","every":"1h","calendar":"tea:workdays"}"#
        let made = try await api.call("PUT", "/api/schedules/x", body: body)
        let warning = try #require(made.json["warnings"][0].string, "\(made.text)")
        #expect(warning.hasPrefix("the calendar tea has no list for 2"))
        #expect(try await api.control.calendarWarnings().first == warning)
        // A calendar that goes away: the next time stays as it was, and the view says what is amiss.
        api.control.schedules.replace(.builtIn)
        let shown = try await api.call("GET", "/api/schedules/x").json
        #expect(shown["warnings"][0].string?.contains("there is no calendar") == true, "\(shown)")
        let scheduler = Scheduler(control: api.control, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        _ = try await scheduler.pass()
        #expect(try await api.call("GET", "/api/schedules/x").json["nextDue"] == made.json["nextDue"])
        #expect(try await api.control.calendarWarnings().first?.contains("tea:workdays") == true)
        // With the calendar its times come back; those of a paused one do not.
        api.control.schedules.replace(WorkCalendars(adding: [old]))
        #expect(try await api.call("POST", "/api/schedules/nightly/pause").status == 200)
        _ = try await scheduler.pass()
        #expect(try await api.call("GET", "/api/schedules/x").json["nextDue"] == made.json["nextDue"])
        #expect(try await api.call("GET", "/api/schedules/nightly").json["nextDue"] == .null)
    }
}
