/// What libFuzzer calls: the bytes as a binlog file, checksums made right, every value decoded.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do {
        try Walk(repairsChecksums: true, limit: 1 << 22).run(bytes) { item in
            if case .rows(let event) = item { _ = try Walk.values(event) }
        }
    } catch {
        // A refusal is an answer; what must not happen is a trap, a leak or no end.
        return 0
    }
    return 0
}
