import Foundation
import MartletCore
import MartletTesting
import NIOHTTP1
import Testing

/// A thousand secrets, told by their tasks in every form: none is found anywhere.
@Suite(.few) struct CanaryTests {
    /// What was found by place; the decoy is told apart.
    private struct Findings {
        var leaks: [String: Set<Int>] = [:]
        var decoys: Set<String> = []

        mutating func look(_ search: CanarySearch, at place: String, _ bytes: [UInt8]) {
            var found = search.found(in: bytes)
            if found.remove(CanarySite.decoy.number) != nil { decoys.insert(place) }
            if !found.isEmpty { leaks[place] = found }
        }
    }

    @Test func `no secret is in the store, in logs, in answers or in process lists`() async throws {
        let site = try await CanarySite()
        let search = CanarySearch(site.canaries + [CanarySite.decoy])
        var findings = Findings()
        for (call, reply) in try await site.store() {
            #expect((200...201).contains(reply.status), "\(call): \(reply.text)")
            findings.look(search, at: call, reply.body)
        }

        async let waiting = site.sync()
        let ids = try await site.start()
        try await eventually("five tasks have told what they were given", within: 300) { told(site) == 5 ? true : nil }
        for pid in Processes.all() {
            let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            findings.look(search, at: "command line of \(Processes.name(pid)) \(pid)", Array(words))
        }
        try Data().write(to: URL(filePath: site.gate))
        let answer = try await waiting
        findings.look(search, at: "/sync/test/tell", answer.body)
        #expect(answer.json["data"].string == "last •••" && answer.json["msg"].string == "last •••", "\(answer.text)")

        var runs = ids + [answer.headers.first(name: "X-Martlet-Run") ?? ""]
        runs.append(try await site.server.call(.POST, "/api/runs/\(ids[2])/rerun").json["id"].string ?? "")
        for id in runs {
            let run = try await site.server.ended(id, within: 300)
            #expect(run["outcome"].string == "warning", "\(run["reason"])")
            try await lookAtLog(id, site)
        }
        let robot = try #require(site.robot)
        try await eventually("the robot is told of every run") { robot.requests.count >= runs.count ? true : nil }
        for request in robot.requests { findings.look(search, at: "a message", request.body) }
        for (call, reply) in try await site.refused() {
            #expect((400...422).contains(reply.status), "\(call): \(reply.status)")
            findings.look(search, at: call, reply.body)
        }
        for (path, bytes) in try await CanaryAnswers(site.server, runs: runs).all() {
            findings.look(search, at: path, bytes)
        }
        try lookAtFiles(&findings, search, site, "while serving")
        site.server.child.signal(SIGTERM)
        #expect(try await site.server.child.ended() == 0)
        try lookAtFiles(&findings, search, site, "after the end")

        for (place, numbers) in findings.leaks.sorted(by: { $0.key < $1.key }) {
            Issue.record("\(numbers.count) secrets, such as number \(numbers.min() ?? 0), are in: \(place)")
        }
        expectDecoy(findings.decoys, runs)
    }

    private func told(_ site: CanarySite) -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: site.site.scratch.url.path)) ?? []).count {
            $0.hasPrefix("gate.")
        }
    }

    /// The tasks did write, and something was there to be masked.
    private func lookAtLog(_ id: String, _ site: CanarySite) async throws {
        let log = try await site.server.log(id)
        let masks = log.split(separator: "\n").count { $0.contains("•••") }
        #expect(masks > 150 * 12, "\(masks) masked lines")
    }

    private func lookAtFiles(
        _ findings: inout Findings, _ search: CanarySearch, _ site: CanarySite, _ moment: String
    ) throws {
        var looked = 0
        let files = FileManager.default.enumerator(atPath: site.server.data)
        while let file = files?.nextObject() as? String {
            guard file != "secret.key", let bytes = FileManager.default.contents(atPath: site.server.data + "/" + file)
            else { continue }
            looked += 1
            findings.look(search, at: "\(file) \(moment)", Array(bytes))
        }
        #expect(looked > 20, "\(looked) files")
        let output = site.server.child.output
        for log in [output, output.deletingPathExtension().appendingPathExtension("err")] {
            let bytes = try Data(contentsOf: log)
            #expect(!bytes.isEmpty)
            findings.look(search, at: "the server's \(log.pathExtension) \(moment)", Array(bytes))
        }
    }

    /// What is no secret came through everywhere: the search looks where it says.
    private func expectDecoy(_ places: Set<String>, _ runs: [String]) {
        var wanted: Set = ["/api/jobs", "/api/events"]
        for run in runs {
            wanted.formUnion(["", "/log", "/lines", "/events?limit=1000"].map { "/api/runs/\(run)\($0)" })
            wanted.insert("runs/\(run.suffix(2))/\(run)/1.0.log after the end")
        }
        wanted.formUnion(["martlet.db", "logs/tell.log"].map { "\($0) after the end" })
        #expect(wanted.subtracting(places).isEmpty)
    }

    @Test(arguments: 0..<4)
    func `the search finds a canary in each form, and in a part of one`(shape: Int) throws {
        let canary = Canary(shape)
        let other = Canary(shape + 4)
        let search = CanarySearch([canary, other])
        let data = Data(canary.value.utf8)
        let url = try #require(canary.value.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        var forms = [data, Data(url.utf8), try JSONEncoder().encode(canary.value), data.dropFirst(2).prefix(9)]
        for before in ["", "x", "xy"] { forms.append((Data(before.utf8) + data).base64EncodedData()) }
        for form in forms { #expect(search.found(in: form) == [shape]) }
        #expect(search.found(in: Array("<•••> and other words".utf8)).isEmpty)
        #expect(search.found(in: Data(canary.value.utf8.reversed())).isEmpty)
    }
}
