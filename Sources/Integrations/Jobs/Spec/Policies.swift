import MartletCore

/// The policies that a job type has when nobody says otherwise. Lengths of time in nanoseconds.
enum Policies {
    private static let second: Int64 = 1_000_000_000

    static func restart(_ type: String) -> [String: JSONValue] {
        let isLasting = type == "service" || type == "system"
        return [
            "Attempts": isLasting ? 2 : 3, "Interval": .int((isLasting ? 1800 : 86_400) * second),
            "Delay": .int(15 * second), "Mode": "fail",
        ]
    }

    static func reschedule(_ type: String) -> [String: JSONValue] {
        switch type {
        case "service":
            [
                "Attempts": 0, "Interval": 0, "Delay": .int(30 * second), "DelayFunction": "exponential",
                "MaxDelay": .int(3600 * second), "Unlimited": true,
            ]
        case "batch":
            [
                "Attempts": 1, "Interval": .int(86_400 * second), "Delay": .int(5 * second),
                "DelayFunction": "constant", "MaxDelay": 0, "Unlimited": false,
            ]
        default:
            ["Attempts": 0, "Interval": 0, "Delay": 0, "DelayFunction": "", "MaxDelay": 0, "Unlimited": false]
        }
    }
}
