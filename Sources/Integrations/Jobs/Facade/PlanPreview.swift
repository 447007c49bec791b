import MartletCore
import MartletEngine

/// What registering a job would do to its allocations, as clients are told.
struct PlanPreview {
    private let preview: NomadPreview

    init(_ preview: NomadPreview) { self.preview = preview }

    /// By group.
    var json: JSONValue {
        .object(
            preview.groups.mapValues { deeds in
                [
                    "Canary": .int(Int64(deeds.canary)), "DestructiveUpdate": .int(Int64(deeds.destructive)),
                    "Ignore": .int(Int64(deeds.ignore)), "InPlaceUpdate": .int(Int64(deeds.inPlace)),
                    "Migrate": .int(Int64(deeds.migrate)), "Place": .int(Int64(deeds.place)), "Preemptions": 0,
                    "Stop": .int(Int64(deeds.stop)),
                ]
            })
    }

    /// By group and the word that the difference has for it, those that are.
    var updates: [String: [String: Int]] {
        preview.groups.mapValues { deeds in
            [
                "create": deeds.place, "destroy": deeds.stop, "ignore": deeds.ignore, "migrate": deeds.migrate,
                "in-place update": deeds.inPlace, "create/destroy update": deeds.destructive, "canary": deeds.canary,
            ].filter { $0.value > 0 }
        }
    }

    var failed: JSONValue {
        preview.failed.isEmpty ? .null : .object(preview.failed.mapValues(LedgerJSON.metrics))
    }
}
