import MartletCore
import MartletHTTP

/// Replications in the OpenAPI document; what the members mean is told in docs/replication-protocol.md.
enum ReplicationSchema {
    static let standing = Schema.answer(standingMembers)

    private static let standingMembers: KeyValuePairs<String, Schema> = [
        "alive": .boolean.described("A process of it is there"), "state": .string("Of the target's process").orNull,
        "stage": .string("job_stage_full, then job_stage_incr").orNull,
        "progress": .number.described("Of the full copy, 0 to 1").orNull,
        "lag": .number.described("Seconds behind").orNull, "stalled": .boolean,
    ]

    static let whole = standing.joined(
        with: .answer([
            "source": side.orNull, "target": side.orNull,
            "verify": .anyOf([.null, comparison]).described("The latest comparison; its results tell tables and keys"),
        ]))

    private static let comparison = Schema.answer([
        "run": .runID, "state": .words(RunState.self), "createdAt": .instant, "finishedAt": .instant.orNull,
        "progress": .number.orNull, "message": .string().orNull, "results": .map(of: .any),
    ])

    static let history = Schema.answer([
        "interval": .number.described("Seconds between points"),
        "points": .list(
            of: .answer([
                "at": .instant, "lag": .number.described("Null: the copy is not complete").orNull,
                "rowsPerSecond": .number,
            ]), 0...Int64(ReplicationHistory.mostPoints)),
    ])

    private static let side = Schema.answer([
        "alive": .boolean, "state": .any, "started": .any, "updated": .any, "error": .any,
        "stages": .list(of: .any).described("When each was come to"), "gtid": .string().orNull,
        "file": .string().orNull, "position": .integer().orNull, "lag": .number.orNull,
        "rowsPerSecond": .number.orNull, "transactionsPerSecond": .number.orNull, "progress": .number.orNull,
        "copy": .map(of: .any).described("Tables, rows, bytes and seconds left of the full copy").orNull,
        "applied": .any, "spool": .any, "retries": .integer(0 ... .max), "lastError": .any,
        "stall": .any.described("Since when nothing moves, and why"),
        "events": .list(of: .any).described("The last 64"),
    ])
}
