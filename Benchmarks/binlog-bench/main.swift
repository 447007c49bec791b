import Binlog

#if canImport(Glibc)
    import Glibc
#endif

/// Prints how fast one core reads a binlog file that stands in memory.
/// Usage: binlog-bench FILE
struct Bench {
    let bytes: [UInt8]

    enum Depth: String, CaseIterable {
        case transactions
        case rows
        case values
    }

    func run(_ depth: Depth) throws {
        var (rows, values, transactions) = (0, 0, 0)
        var layouts: [ObjectIdentifier: RowLayout] = [:]
        let start = Self.cpuSeconds()
        var file = try BinlogFile(bytes)
        var framer = TransactionFramer(decoder: EventDecoder())
        while let packet = try file.next() {
            try framer.accept(packet) { item in
                switch item {
                case .end: transactions += 1
                case .rows(let event) where depth != .transactions:
                    let layout = try layouts[ObjectIdentifier(event.table)] ?? RowLayout(event.table)
                    layouts[ObjectIdentifier(event.table)] = layout
                    var reader = try RowReader(event, layout: layout)
                    while try reader.next() {
                        rows += 1
                        guard depth == .values else { continue }
                        for column in 0..<reader.after.count {
                            if try reader.before.value(column) != nil { values += 1 }
                            if try reader.after.value(column) != nil { values += 1 }
                        }
                    }
                default: break
                }
            }
        }
        let seconds = Self.cpuSeconds() - start
        report(depth, seconds, transactions, rows, values)
    }

    private func report(_ depth: Depth, _ seconds: Double, _ transactions: Int, _ rows: Int, _ values: Int) {
        func rate(_ count: Int) -> String { "\(Int(Double(count) / seconds / 1000)) k/s" }
        print(
            "\(depth): \(seconds) CPU-s, \(Int(Double(bytes.count) / seconds / 1e6)) MB/s, "
                + "\(transactions) transactions \(rate(transactions)), \(rows) rows \(rate(rows)), "
                + "\(values) values \(rate(values))")
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }
}

guard CommandLine.arguments.count == 2, let bytes = Bench.read(CommandLine.arguments[1]) else {
    print("usage: binlog-bench FILE")
    exit(2)
}
for depth in Bench.Depth.allCases { for _ in 0..<3 { try Bench(bytes: bytes).run(depth) } }
