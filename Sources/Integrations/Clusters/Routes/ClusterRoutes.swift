import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

/// The native API of clusters. What acts on hosts starts a run, and answers as every start of a run does.
struct ClusterRoutes: Sendable {
    let runs: ClusterRuns

    var routes: [Route] {
        let one = "/api/clusters/{cluster}"
        return [
            Route(
                .get, "/api/clusters", "List the clusters, and what each allows", access: .covered(.read),
                .listClusters, list),
            Route(.post, "/api/clusters", "Make a cluster", access: .covered(.admin), .createCluster, create),
            Route(.get, one, "Show a cluster", access: .covered(.read), .showCluster, show),
            Route(.put, one, "Save a version of a cluster", access: .covered(.admin), .saveCluster, save),
            Route(
                .delete, one, "Forget a cluster; its hosts stay as they are", access: .covered(.admin), .deleteCluster,
                delete),
            Route(
                .post, one + "/cancel", "Unlock a deployed cluster for editing", access: .covered(.admin),
                .cancelCluster, cancel),
            Route(
                .get, one + "/passwords", "Tell the passwords, to a token that may read secrets",
                access: .covered(.read), isAudited: true, .clusterPasswords, passwords),
            Route(
                .get, one + "/versions", "List what was saved, newest first", access: .covered(.read),
                .listClusterVersions, versions),
            Route(
                .get, one + "/versions/{version}", "Show a saved version", access: .covered(.read),
                .showClusterVersion, version),
            Route(
                .post, one + "/versions/{version}/restore", "Save a version once more", access: .covered(.admin),
                .restoreClusterVersion, restore),
            Route(
                .get, one + "/diff", "Show what changed since the last deploy, or between two versions",
                access: .covered(.read), .diffCluster, diff),
            Route(
                .post, one + "/deploy", "Start a deploy", access: .covered(.run), .deployCluster, execute(.deploy)),
            Route(
                .post, one + "/start", "Start the services of a cluster", access: .covered(.run), .startCluster,
                execute(.start)),
            Route(
                .post, one + "/stop", "Stop the services of a cluster", access: .covered(.run), .stopCluster,
                execute(.stop)),
            Route(
                .post, one + "/check", "Try a deploy without changing anything", access: .covered(.run),
                .checkCluster, execute(.deploy, isCheck: true)),
            Route(
                .post, one + "/retry", "Repeat the last run where a host failed", access: .covered(.run),
                .retryCluster, retry),
        ]
    }

    private func door(_ call: Call) -> ClusterDoor { ClusterDoor(control: call.control, runs: runs) }

    // MARK: Reading

    @Sendable private func list(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let views = try await door(call).clusters(call.principal.rights)
        let run = try await door(call).liveRun()
        return .json { json in
            json.array("items", views) { json, view in json.object { $0.members(of: view, isBusy: run != nil) } }
            json.field("run", run?.description)
        }
    }

    @Sendable private func show(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        return try await call.refusing {
            try await answer(.ok, try await door(call).cluster(call.parameter("cluster"), call.principal.rights), call)
        }
    }

    private func answer(_ status: HTTPResponse.Status, _ view: ClusterView, _ call: Call) async throws -> Response {
        let isBusy = try await door(call).liveRun() != nil
        let headers: HTTPFields = status == .created ? [.location: "/api/clusters/\(view.record.id)"] : [:]
        return .json(status, headers: headers) { $0.members(of: view, isBusy: isBusy) }
    }

    @Sendable private func versions(_ call: Call) async throws -> Response {
        var items = try QueryItems(call.request)
        let limit = items.int("limit", in: 1...1000).map(Int.init) ?? 100
        let cursor = items.text("cursor")
        let before = cursor.flatMap { $0.hasPrefix("v1-") ? Int($0.dropFirst(3)) : nil }
        if cursor != nil, (before ?? 0) <= 0 {
            items.problem("cursor", "is not one of ours; take it from `next` of the page before")
        }
        try items.finish()
        let page = try await call.refusing {
            try await door(call).versions(
                of: call.parameter("cluster"), before: before, limit: limit, call.principal.rights)
        }
        return .json { json in
            json.array("items", page.items) { json, version in json.object { $0.members(of: version) } }
            json.field("next", page.hasMore ? page.items.last.map { "v1-\($0.number)" } : nil)
        }
    }

    @Sendable private func version(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        return try await call.refusing {
            let version = try await door(call).version(
                call.versionNumber(), of: call.parameter("cluster"), call.principal.rights)
            let cluster = try ClusterText.cluster(version.text, id: call.parameter("cluster"), status: .prepare)
            return .json { json in
                json.members(of: version)
                json.object("cluster") { $0.content(of: cluster) }
            }
        }
    }

    @Sendable private func diff(_ call: Call) async throws -> Response {
        var items = try QueryItems(call.request)
        let from = items.int("from", in: 1...Int64(Int32.max)).map(Int.init)
        let to = items.int("to", in: 1...Int64(Int32.max)).map(Int.init)
        try items.finish()
        let found = try await call.refusing {
            try await door(call).changes(of: call.parameter("cluster"), from: from, to: to, call.principal.rights)
        }
        return .json { json in
            json.field("from", found.from)
            json.field("to", Optional(found.to))
            json.array("changes", found.changes) { json, change in
                json.object { json in
                    json.field("role", change.role?.rawValue)
                    json.field("key", change.key)
                    json.field("before", change.before ?? .null)
                    json.field("after", change.after ?? .null)
                }
            }
        }
    }

    @Sendable private func passwords(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        try call.demandSecrets()
        let found = try await call.refusing {
            try await door(call).passwords(of: call.parameter("cluster"), call.principal.rights)
        }
        return .json { json in
            for (role, secret) in found.sorted(by: { $0.key < $1.key }) { json.field(role, secret.exposed) }
        }
    }

    // MARK: Changing

    @Sendable private func create(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let order = try ClusterOrder(try await call.optionalJSON(upTo: ClusterDesk.largestBody) ?? [:])
        return try await call.refusing {
            try await answer(.created, try await door(call).create(order.draft, by: call.clusterCaller), call)
        }
    }

    @Sendable private func save(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let order = try ClusterOrder(try await call.optionalJSON(upTo: ClusterDesk.largestBody) ?? [:])
        return try await call.refusing {
            let view = try await door(call).cluster(call.parameter("cluster"), call.principal.rights)
            try view.require(order.version)
            let isForced = try order.insistence.confirmed(for: view)
            let saved = try await door(call).save(
                view.record.id, order.draft, over: view, isForced: isForced, by: call.clusterCaller)
            return try await answer(.ok, saved, call)
        }
    }

    @Sendable private func cancel(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        return try await call.refusing {
            try await answer(
                .ok, try await door(call).cancel(call.parameter("cluster"), by: call.clusterCaller), call)
        }
    }

    @Sendable private func delete(_ call: Call) async throws -> Response {
        let insistence = try await insistence(call)
        return try await call.refusing {
            let view = try await door(call).cluster(call.parameter("cluster"), call.principal.rights)
            try await door(call).delete(
                view.record.id, isForced: try insistence.confirmed(for: view), by: call.clusterCaller)
            return Response(status: .noContent)
        }
    }

    @Sendable private func restore(_ call: Call) async throws -> Response {
        let insistence = try await insistence(call)
        return try await call.refusing {
            let view = try await door(call).cluster(call.parameter("cluster"), call.principal.rights)
            let restored = try await door(call).restore(
                view.record.id, version: try call.versionNumber(), isForced: try insistence.confirmed(for: view),
                by: call.clusterCaller)
            return try await answer(.ok, restored, call)
        }
    }

    private func insistence(_ call: Call) async throws -> Insistence {
        try QueryItems(call.request).finish()
        return try await call.reading { Insistence(&$0) }
    }

    // MARK: Runs

    private func execute(_ action: ClusterAction, isCheck: Bool = false) -> @Sendable (Call) async throws -> Response {
        { call in
            try QueryItems(call.request).finish()
            let body = try await call.optionalJSON()
            let (limit, version, insistence) = try await call.reading(body) { fields in
                (
                    fields.strings("hosts", maxCount: ClusterDraft.mostHosts),
                    fields.int("version", in: 1...Int64(Int32.max)), Insistence(&fields)
                )
            }
            let accepted = try await call.refusing {
                let view = try await door(call).cluster(call.parameter("cluster"), call.principal.rights)
                var options = ClusterDoor.Options()
                (options.isCheck, options.limit, options.version) = (isCheck, limit, version)
                options.isForced = try insistence.confirmed(for: view)
                return try await door(call).execute(
                    action, view.record.id, options, by: call.clusterCaller,
                    idempotency: call.clusterIdempotency(isCheck ? "check" : action.operation.rawValue, body))
            }
            return try await call.answer(accepted)
        }
    }

    @Sendable private func retry(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        try await call.reading { _ in }
        let accepted = try await call.refusing {
            try await door(call).retry(
                call.parameter("cluster"), by: call.clusterCaller,
                idempotency: call.clusterIdempotency("retry", nil))
        }
        return try await call.answer(accepted)
    }
}

extension Call {
    var clusterCaller: ClusterDoor.Caller { ClusterDoor.Caller(trigger: trigger, rights: principal.rights) }

    /// The number of the path's version. Throws `notFound` for what is none.
    func versionNumber() throws -> Int {
        guard let number = Int(parameter("version")), number >= 1 else { throw ClusterRefusal.notFound }
        return number
    }

    fileprivate func clusterIdempotency(_ verb: String, _ body: JSONValue?) throws -> IdempotencyRecord? {
        try idempotency([
            "verb": .string(verb), "cluster": .string(parameter("cluster")), "body": body ?? [:],
        ])
    }

    /// Says what the door refuses as the rest of the house does.
    func refusing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let refusal as ClusterRefusal {
            throw refusal.error
        } catch let failure as BootstrapFailure {
            throw failure.error
        }
    }

    /// Every wrong member of the body in one error; no body is an empty object.
    func reading<Value>(_ read: (inout Fields) throws -> Value) async throws -> Value {
        try await reading(try await optionalJSON(), read)
    }

    func reading<Value>(_ body: JSONValue?, _ read: (inout Fields) throws -> Value) async throws -> Value {
        let problems = Fields.Problems()
        var fields = Fields(body ?? [:], problems: problems)
        let value = try read(&fields)
        fields.finish()
        try problems.check("the request")
        return value
    }
}
