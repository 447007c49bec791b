import Binlog
import MartletCore
import SQLClient

/// A row of `dtle.gtid_executed_v4`: transactions of one source that one transaction of the target applied.
struct CheckpointRow: Sendable, Hashable {
    /// 16 bytes of `source_uuid`.
    let source: [UInt8]
    /// The number of the first transaction; 0: a row of all that was gathered; below 0: tagged, or a mark.
    let number: Int64
    /// Numbers as a set has them after the UUID; nil: `number` alone.
    let text: String?
    /// The last transaction's number, by which MariaDB's rows grow old.
    let last: Int64

    /// One row for each source.
    static func rows(for gtids: [GTID]) -> [CheckpointRow] {
        Dictionary(grouping: gtids, by: \.source).map { source, gtids in
            let numbers = gtids.map(\.number)
            let first = numbers.min() ?? 0
            var set = GTIDSet()
            for gtid in gtids { set.insert(gtid) }
            let text = String(set.description.dropFirst(36 + 1))
            let number = source.tag.isEmpty ? first : taggedNumber(source.tag, first)
            return CheckpointRow(
                source: source.server.bytes, number: number, text: gtids.count == 1 && source.tag.isEmpty ? nil : text,
                last: numbers.max() ?? first)
        }.sorted { $0.source.lexicographicallyPrecedes($1.source) }
    }

    /// Below 0 and different for each tag, so that it is no other source's row.
    private static func taggedNumber(_ tag: String, _ number: Int64) -> Int64 {
        -Int64(FNV1a.hash("\(tag):\(number)") >> 2) - 1
    }

    func values(job: String) -> String {
        "(\(SQLText.quoted(job)),\(SQLText.hex(source)),\(number),\(text.map(SQLText.quoted) ?? "NULL"))"
    }

    func place(job: String) -> String {
        "job_name=\(SQLText.quoted(job)) AND source_uuid=\(SQLText.hex(source)) AND gtid=\(number)"
    }
}
