import Foundation
import MartletCore

/// What one task of a backup does. Its job has them in this order; without hooks two of them are left out.
struct BackupStep: Sendable, Hashable, Codable {
    enum Step: String, Sendable, Codable {
        /// Looks whether there is a volume, and makes the repository.
        case prepare
        case pre
        case backup
        case post
    }

    var step: Step
    var volume: VolumeName
    var mode: VolumeMode
    /// Of the volume, absolute.
    var path: String
    var node: String
    var exclude: [String] = []
    var hook: Hook?
    var container: String?
    /// Whether there may be no repository yet. Where versions are known a missing one is an accident.
    var isFirst = false
}

/// What a task of the driver `volumeWork` does.
struct VolumeWork: Sendable, Hashable, Codable {
    enum Operation: String, Sendable, Codable, CaseIterable {
        case list, restore, remove, check, drill, adopt, `import`
    }

    var operation: Operation
    var app: String
    var list: ListWork?
    var restore: RestoreWork?
    var remove: RemoveWork?
    var check: CheckWork?
    var drill: DrillWork?
    var adopt: AdoptWork?
    var `import`: ImportWork?

    /// Whether it says what its operation needs.
    var isComplete: Bool {
        switch operation {
        case .list: list != nil
        case .restore: restore != nil
        case .remove: remove != nil
        case .check: check != nil
        case .drill: drill != nil
        case .adopt: adopt != nil
        case .import: `import` != nil
        }
    }
}

/// Lists one directory of a version into a file.
struct ListWork: Sendable, Hashable, Codable {
    var snapshot: String
    /// From the volume's root: `/` or `/sub/dir`.
    var path: String
    /// JSON lines: the path first, then an entry each.
    var file: String
}

struct RestoreWork: Sendable, Hashable, Codable {
    var snapshot: String
    var target: VolumeName
    /// Of the target volume, absolute.
    var path: String
    /// From the volume's root, each beginning with `/`; nil: everything, and what is not in the version goes.
    var paths: [String]?
    var dryRun = false
    /// Whether the state before is kept as a version.
    var keepsState = true
    var node: String
    /// Name of the version, and the node that it was made on: for those who read what was done.
    var version: String?
    var source: String?
}

struct RemoveWork: Sendable, Hashable, Codable {
    struct Item: Sendable, Hashable, Codable {
        var number: Int64
        var snapshot: String
    }
    var items: [Item]
    /// Snapshots of versions that stay: one of them proves that it is the right repository.
    var witnesses: [String]? = nil
}

struct CheckWork: Sendable, Hashable, Codable {
    /// `none`, `all`, or a part such as `3/30`.
    var data: String
}

struct DrillWork: Sendable, Hashable, Codable {
    var snapshot: String
    var version: Int64
    var volume: VolumeName
    /// The living volume, of which samples are compared; nil: it is not on this machine.
    var path: String?
    /// Directory to restore into.
    var scratch: String
}

struct ImportWork: Sendable, Hashable, Codable {
    /// The archive, absolute.
    var file: String
    var volume: VolumeName
    /// When it was made, in seconds since 1970.
    var second: Int64
    var node: String
    var isFirst: Bool
    /// Directory to unpack it in.
    var scratch: String
}

struct AdoptWork: Sendable, Hashable, Codable {
    /// The first eight digits of the snapshots that the catalogue knows.
    var known: [String]
}

/// Typed specs as the values that jobs carry, and back.
enum SpecCoding {
    static func value(_ spec: some Encodable) -> JSONValue {
        guard let data = try? encoder.encode(spec), let value = try? JSONParser.parse(Array(data)) else { return .null }
        return value
    }

    /// Throws `invalid` naming the field.
    static func spec<Spec: Decodable>(_ value: JSONValue, _: Spec.Type = Spec.self) throws(MartletError) -> Spec {
        do {
            return try JSONDecoder().decode(Spec.self, from: encoder.encode(value))
        } catch {
            let path = (error as? DecodingError).map(Self.path) ?? ""
            throw MartletError(
                .invalid, "the spec is not valid",
                problems: [FieldProblem(field: "spec\(path.isEmpty ? "" : ".")\(path)", problem: "is missing or wrong")]
            )
        }
    }

    static func text(_ spec: some Encodable) -> String {
        (try? encoder.encode(spec)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func path(_ error: DecodingError) -> String {
        let context: DecodingError.Context? =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): context
            case .keyNotFound(let key, let context):
                DecodingError.Context(codingPath: context.codingPath + [key], debugDescription: "")
            @unknown default: nil
            }
        return (context?.codingPath ?? []).map(\.stringValue).joined(separator: ".")
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
