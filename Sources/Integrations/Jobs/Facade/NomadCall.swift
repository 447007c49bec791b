import Foundation
import GoWire
import HTTPTypes
import MartletCore
import MartletEngine
import MartletHTTP
import ServiceLifecycle

/// A call with what every call may say.
struct NomadCall: Sendable {
    static let largestBody = 1 << 20
    private static let usualWait = Duration.seconds(300)

    let call: FacadeCall
    let query: GoQuery
    let nomad: Nomad
    let node: JobsNode
    let settings: JobsSettings
    let places: AllocationDirectories
    /// Decoded.
    let path: String
    /// Tells that the caller has gone; nil where nobody waits for that.
    let hangUp: HangUp?
    /// Answered when the index is above it; 0: at once.
    let index: Int64
    let wait: Duration

    init(
        _ call: FacadeCall, _ nomad: Nomad, _ node: JobsNode, _ settings: JobsSettings,
        _ places: AllocationDirectories, path: String, _ query: GoQuery, hangUp: HangUp?
    ) throws(NomadRefusal) {
        (self.call, self.nomad, self.node, self.settings, self.path) = (call, nomad, node, settings, path)
        self.places = places
        self.hangUp = hangUp
        self.query = query
        if let text = query["wait"] {
            do throws(GoJSONError) {
                let asked = try GoDuration.nanoseconds(text)
                wait = asked <= 0 ? Self.usualWait : min(.nanoseconds(asked), Self.usualWait)
            } catch {
                throw NomadRefusal(.badRequest, "Invalid wait time")
            }
        } else {
            wait = Self.usualWait
        }
        if let text = query["index"] {
            guard let number = UInt64(text) else { throw NomadRefusal(.badRequest, "Invalid index") }
            index = Int64(clamping: number)
        } else {
            index = 0
        }
        if let region = query["region"], region != settings.region {
            throw NomadRefusal(.internalServerError, "No path to region")
        }
    }

    /// For a route that has read its request itself.
    init(
        _ call: FacadeCall, _ nomad: Nomad, _ node: JobsNode, _ settings: JobsSettings,
        _ places: AllocationDirectories
    ) {
        (self.call, self.nomad, self.node, self.settings, self.places) = (call, nomad, node, settings, places)
        (path, query, hangUp, index, wait) = ("", GoQuery(nil), nil, 0, Self.usualWait)
    }

    var method: HTTPRequest.Method { call.method }
    var control: Control { call.control }
    var store: any Store { call.control.store }
    var rights: Rights { call.principal.rights }
    var prefix: String { query["prefix"] ?? "" }

    func body() async throws -> [UInt8] {
        guard let bytes = try await call.body(upTo: Self.largestBody) else {
            throw NomadRefusal(.contentTooLarge, "the body is larger than \(Self.largestBody) bytes")
        }
        return bytes
    }

    /// The body as a JSON object; an empty one is `EOF` as for Go's decoder, or none where that is enough. `saying`: before
    /// the decoder's words.
    func object(orEmpty: Bool = false, saying words: String = "") async throws -> JSONValue {
        let bytes = try await body()
        if orEmpty, bytes.isEmpty { return [:] }
        do throws(GoJSONError) {
            return try GoJSON.firstDocument(bytes).value
        } catch {
            throw NomadRefusal(.badRequest, words + error.message)
        }
    }

    /// `?name=true`, as Go reads it.
    func isTrue(_ name: String) throws(NomadRefusal) -> Bool {
        guard let text = query[name], !text.isEmpty else { return false }
        switch text {
        case "1", "t", "T", "true", "True", "TRUE": return true
        case "0", "f", "F", "false", "False", "FALSE": return false
        default:
            let why = "strconv.ParseBool: parsing \(GoErrors.quoted(text)): invalid syntax"
            throw NomadRefusal(
                .internalServerError, "Failed to parse value of \(GoErrors.quoted(name)) (\(text)) as a bool: \(why)")
        }
    }

    // MARK: Rights

    /// Whether the caller's token reaches a job.
    func covers(_ job: String) -> Bool { rights.covers(job: nil, labels: [NomadLabel.job: job]) }

    func demand(_ job: String) throws(NomadRefusal) {
        guard covers(job) else { throw NomadRefusal(.forbidden, "Permission denied") }
    }

    // MARK: Waiting

    /// Answers when what is asked for has changed: at once when it has since the caller's index, else with the change or
    /// after the wait, which is up to a sixteenth longer so that many callers do not come back together.
    func watching(
        _ table: NomadTable, _ look: @escaping @Sendable () async throws -> NomadReply
    ) async throws -> NomadReply {
        guard index > 0 else { return try await look() }
        // What is not there has the index of its list, and may come.
        let read: @Sendable () async throws -> NomadReply = {
            do { return try await look() } catch let refusal as NomadRefusal where refusal.index != nil {
                return refusal.reply
            }
        }
        // Before the first look: no change is missed.
        let changes = nomad.bell.changes(of: table)
        let first = try await read()
        if (first.index ?? .max) > index { return first }
        let place = try control.waitingPlace()
        defer { withExtendedLifetime(place) {} }
        let limit = wait + wait * Double.random(in: 0..<1.0 / 16)
        let changed = try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: NomadReply?.self) { group in
                group.addTask {
                    for await _ in changes {
                        let reply = try await read()
                        if (reply.index ?? .max) > index { return reply }
                    }
                    return nil
                }
                group.addTask {
                    try await Task.sleep(for: limit)
                    return nil
                }
                if let hangUp {
                    group.addTask {
                        await hangUp.wait()
                        return nil
                    }
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        }
        if call.watch.isOver { throw NomadRefusal(.forbidden, "Permission denied") }
        if let changed { return changed }
        return try await read()
    }
}

extension JSONValue {
    /// A member by its name in any case, as Go's decoder finds it.
    func member(_ name: String) -> JSONValue? {
        if let exact = object?[name], exact != .null { return exact }
        return object?.first { $0.key.lowercased() == name.lowercased() }?.value
    }

    /// 0 for what is no whole number.
    var whole: Int64 { if case .int(let value) = self { value } else { 0 } }
}
