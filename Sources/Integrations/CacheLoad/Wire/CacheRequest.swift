import GoWire
import MartletCore

/// The body of `POST /api/v1/gfs`, read as the replaced service did, and checked as it should have been.
struct CacheRequest: Sendable {
    static let largestBody = 16 << 20
    static let mostPaths = 10_000
    static let longestTaskName = 255
    static let timeouts: ClosedRange<Int64> = 1...86_400

    let action: CacheAction
    let paths: [String]
    /// Nil: the batch has no name.
    let taskName: String?
    /// Seconds; of a list only.
    let timeout: Int64?
    let allowsWildcards: Bool
    let isConfirmed: Bool
    let continuesAfterMetadata: Bool?

    private static let name = "GooseFSRequest"

    /// Throws what is wrong, in the form that the action's errors have. Nothing has been started by then.
    init(_ bytes: [UInt8], _ settings: CacheLoadSettings) throws(CacheComplaint) {
        let document: GoDocument
        let fields: (action: String?, paths: [String?]?, timeout: Int64?)
        let more: (taskName: String?, wildcards: Bool?, confirm: Bool?, proceed: Bool?)
        do {
            document = try GoJSON.firstDocument(bytes)
            fields = (
                try GoJSON.string("action", in: document, of: Self.name),
                try GoJSON.strings("path", in: document, of: Self.name),
                try GoJSON.integer("timeout", in: document, of: Self.name)
            )
            // The replaced service's document calls it so in one place.
            let other = try GoJSON.string("test_task_name", in: document, of: Self.name)
            more = (
                try GoJSON.string("task_name", in: document, of: Self.name) ?? other,
                try GoJSON.bool("allow_wildcard", in: document, of: Self.name),
                try GoJSON.bool("confirm", in: document, of: Self.name),
                try GoJSON.bool("continue_on_metadata_error", in: document, of: Self.name)
            )
        } catch {
            throw .json(error.message)
        }
        let word = fields.action ?? ""
        try Self.require(action: !word.isEmpty, path: fields.paths != nil)
        guard let action = CacheAction(rawValue: word), CacheAction.posted.contains(action) else {
            let known = CacheAction.posted.map(\.rawValue).joined(separator: ", ")
            throw .text("unknown action \(word.prefix(100)), must be one of: \(known)")
        }
        self.action = action
        let wildcards = more.wildcards ?? settings.allowWildcards
        isConfirmed = more.confirm ?? false
        paths = try Self.paths(fields.paths ?? [], action, wildcards, isConfirmed)
        allowsWildcards = wildcards
        continuesAfterMetadata = more.proceed
        taskName = try Self.taskName(more.taskName, action)
        timeout = try Self.timeout(fields.timeout, action)
    }

    private static func require(action: Bool, path: Bool) throws(CacheComplaint) {
        let missing = [(action, "Action"), (path, "Path")].filter { !$0.0 }.map(\.1)
        if missing.isEmpty { return }
        let lines = missing.map {
            "Key: '\(name).\($0)' Error:Field validation for '\($0)' failed on the 'required' tag"
        }
        throw .json(lines.joined(separator: "\n"))
    }

    /// All or none: a wrong one keeps every other from being started.
    private static func paths(
        _ elements: [String?], _ action: CacheAction, _ wildcards: Bool, _ isConfirmed: Bool
    ) throws(CacheComplaint) -> [String] {
        if action == .list, elements.count != 1 {
            throw .text("GooseFSList takes exactly one path, not \(elements.count)")
        }
        if elements.isEmpty { throw .of(action, "path is required, should not be empty") }
        if elements.count > mostPaths {
            throw .of(action, "path has \(elements.count) entries; one request takes at most \(mostPaths)")
        }
        var paths: [String] = []
        for (index, element) in elements.enumerated() {
            guard let path = element, !path.isEmpty else {
                throw .of(
                    action,
                    action.isLoad
                        ? "path is required, should not be empty: path[\(index)]" : "path is required: path[\(index)]")
            }
            if let problem = CachePath.problem(in: path, allowingWildcards: wildcards) {
                throw .of(action, "path[\(index)] \(path.prefix(200)) \(problem)")
            }
            if action == .free, CachePath.isRoot(path), !isConfirmed {
                throw .of(
                    action, "path[\(index)] is everything in the cache; say \"confirm\": true when that is meant")
            }
            paths.append(path)
        }
        return paths
    }

    private static func taskName(_ text: String?, _ action: CacheAction) throws(CacheComplaint) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count <= longestTaskName, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .of(action, "task_name must have at most \(longestTaskName) bytes and no control characters")
        }
        return text
    }

    private static func timeout(_ seconds: Int64?, _ action: CacheAction) throws(CacheComplaint) -> Int64? {
        guard action == .list, let seconds else { return nil }
        guard timeouts.contains(seconds) else {
            throw .text("timeout must be from \(timeouts.lowerBound) to \(timeouts.upperBound) seconds")
        }
        return seconds
    }
}

/// A request that cannot be served, in one of the two forms that the replaced service had. Always 400.
enum CacheComplaint: Error, Sendable {
    /// A JSON text.
    case json(String)
    /// Plain text.
    case text(String)

    /// In the form of an action's own errors.
    static func of(_ action: CacheAction, _ message: String) -> CacheComplaint {
        action == .load ? .json(message) : .text(message)
    }
}
