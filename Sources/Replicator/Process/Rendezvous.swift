internal import Foundation
package import MartletCore
internal import SQLClient

/// What the source's process tells the target's when they meet; see docs/protocol.md.
package struct Introduction: Sendable, Equatable {
    package var job: String
    /// The Config of the source's task.
    package var config: [String: JSONValue]

    package init(job: String, config: [String: JSONValue]) {
        self.job = job
        self.config = config
    }

    var line: JSONValue { ["v": 1, "job": .string(job), "config": .object(config)] }

    /// - Throws: with the other side's words when it says that it ends.
    init(_ line: JSONValue) throws(LocalSocket.Failure) {
        let fields = line.object ?? [:]
        if let error = fields["error"]?.string { throw LocalSocket.Failure(description: error) }
        guard fields["v"] == 1, let job = fields["job"]?.string, let config = fields["config"]?.object else {
            throw LocalSocket.Failure(description: "the source's process speaks another version")
        }
        self.init(job: job, config: config)
    }
}

/// The source's side: introduces itself to whoever comes, and keeps the connections until it ends.
package final class RendezvousHost: Sendable {
    private let listener: LocalSocket
    private let introduction: Introduction
    private let guests = Monitor<[LocalSocket]>([])

    package init(_ folder: JobFolder, _ introduction: Introduction) throws {
        listener = try LocalSocket.listen(folder.socket, in: folder.url)
        self.introduction = introduction
    }

    /// Waits for a guest and answers it.
    /// - Returns: who asks for a relay, and after which set; nil when nobody does.
    package func receive(within time: Duration, expectsRelay: Bool) -> (guest: LocalSocket, start: String)? {
        guard let guest = try? listener.accept(within: time) else { return nil }
        // A guest that leaves at once comes again by itself.
        guard (try? guest.send(introduction.line)) != nil else { return nil }
        guests.withLock { $0.append(guest) }
        guard expectsRelay, let answer = try? guest.receive(within: .seconds(30)),
            let start = answer.object?["relay"]?.string
        else { return nil }
        return (guest, start)
    }

    /// Whether a target is there; those that left are forgotten.
    package var hasGuest: Bool {
        guests.withLock { guests in
            guests.removeAll(where: \.isAtEnd)
            return !guests.isEmpty
        }
    }
}

/// The target's side.
package final class RendezvousGuest: Sendable {
    package let introduction: Introduction
    private let socket: LocalSocket

    /// Waits for the source's process for as long as it takes; nil: this process is to end.
    /// `whileAway` is called before each try.
    package static func meet(
        _ folder: JobFolder, stop: StopFlag, board: StatusBoard, whileAway: () -> Void = {}
    ) -> RendezvousGuest? {
        var last = ""
        while !stop.isRaised {
            whileAway()
            do { return try RendezvousGuest(folder) } catch {
                let text = "waiting for the source's process: \(error)"
                if text != last { board.note(.info, text) }
                last = text
                guard stop.sleep(.milliseconds(200)) else { return nil }
            }
        }
        return nil
    }

    private init(_ folder: JobFolder) throws {
        socket = try LocalSocket.connect(folder.socket, in: folder.url)
        guard let line = try socket.receive(within: .seconds(30)) else {
            throw LocalSocket.Failure(description: "it says nothing")
        }
        introduction = try Introduction(line)
    }

    /// Returns when the source's process spools from there on.
    package func askForRelay(after executed: String) throws {
        try socket.send(["v": 1, "relay": .string(executed)])
        guard try socket.receive(within: .seconds(60))?.object?["relay"] != nil else {
            throw LocalSocket.Failure(description: "the source's process does not relay")
        }
    }

    /// What the source's process says before it ends; nil: nothing within the time.
    /// - Throws: when it is gone.
    package func farewell(within time: Duration) throws -> Farewell? {
        guard let fields = try socket.receive(within: time)?.object, let error = fields["error"]?.string else {
            return nil
        }
        return Farewell(text: error, endsRelay: fields["endsRelay"] == true)
    }
}

/// Why the source's process ends.
package struct Farewell: Sendable, Equatable {
    package var text: String
    /// What it spooled is whole, and no other try would bring more.
    package var endsRelay = false
}

/// The source's process spooled the binlog and could not go on.
struct RelayEnd: Error, CustomStringConvertible {
    let description: String
}

extension RendezvousHost {
    /// Tells every guest why this process ends.
    package func leave(_ farewell: Farewell) {
        let line: JSONValue = ["v": 1, "error": .string(farewell.text), "endsRelay": .bool(farewell.endsRelay)]
        for guest in guests.withLock({ $0 }) { try? guest.send(line) }
    }
}
