import MartletCore
import MartletEngine

/// What registering a job would do to its allocations, group by group.
struct PlanPreview {
    private enum Deed: String, CaseIterable {
        case place = "Place", stop = "Stop", ignore = "Ignore", inPlace = "InPlaceUpdate", destructive =
            "DestructiveUpdate"

        /// As the difference names it.
        var word: String {
            switch self {
            case .place: "create"
            case .stop: "destroy"
            case .ignore: "ignore"
            case .inPlace: "in-place update"
            case .destructive: "create/destroy update"
            }
        }
    }

    private var deeds: [String: [Deed: Int]] = [:]
    private var unplaced: [String: JSONValue] = [:]

    /// `live`: allocations of each group that are wanted and go on.
    init(from old: JobSpec?, to new: JobSpec, live: [String: Int], node: JobsNode) {
        let before = Dictionary((old?.groups ?? []).map { ($0.name, $0) }) { $1 }
        // Tasks see it in their environment.
        let hasSameMeta = old?.meta == new.meta
        for group in new.groups {
            let wanted = new.type == .system ? 1 : new.periodic != nil || new.parameterized != nil ? 0 : group.count
            let there = min(live[group.name] ?? 0, wanted)
            var deeds: [Deed: Int] = [:]
            deeds[.stop] = max(0, (live[group.name] ?? 0) - wanted)
            let missing = group.tasks.filter { !node.drivers.contains($0.driver) }
            if missing.isEmpty { deeds[.place] = wanted - there }
            if there > 0 {
                let hasSameTasks = before[group.name].map { $0.tasks.map(\.json) == group.tasks.map(\.json) } ?? false
                let isSame = hasSameTasks && hasSameMeta
                let isEqual = isSame && old == new
                deeds[isEqual ? .ignore : isSame ? .inPlace : .destructive] = there
            }
            if !missing.isEmpty, wanted > there { unplaced[group.name] = Self.missing(wanted - there) }
            self.deeds[group.name] = deeds
        }
        for (name, count) in live where new.groups.allSatisfy({ $0.name != name }) { deeds[name] = [.stop: count] }
    }

    private static func missing(_ count: Int) -> JSONValue {
        [
            "AllocationTime": 0, "ClassExhausted": .null, "ClassFiltered": .null,
            "CoalescedFailures": .int(Int64(count - 1)), "ConstraintFiltered": ["missing drivers": 1],
            "DimensionExhausted": .null, "NodesAvailable": .null, "NodesEvaluated": 1, "NodesExhausted": 0,
            "NodesFiltered": 1, "QuotaExhausted": .null, "ScoreMetaData": .null, "Scores": .null,
        ]
    }

    /// By group.
    var json: JSONValue {
        .object(
            deeds.mapValues { deeds in
                var values: [String: JSONValue] = ["Canary": 0, "Migrate": 0, "Preemptions": 0]
                for deed in Deed.allCases { values[deed.rawValue] = .int(Int64(deeds[deed] ?? 0)) }
                return .object(values)
            })
    }

    /// By group and word, those that are.
    var updates: [String: [String: Int]] {
        deeds.mapValues { deeds in
            Dictionary(uniqueKeysWithValues: deeds.filter { $0.value > 0 }.map { ($0.key.word, $0.value) })
        }
    }

    var failed: JSONValue { unplaced.isEmpty ? .null : .object(unplaced) }
}
