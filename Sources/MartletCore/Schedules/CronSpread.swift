/// What `H` stands for: always the same for the same schedule and field, and evenly spread over schedules.
///
/// FNV-1a with 64 bits over `seed`, a zero byte and the field's name; then the finaliser of MurmurHash3, because FNV
/// leaves seeds that differ in their last character (`job-1`, `job-2`) close together.
enum CronSpread {
    static func hash(_ seed: String, _ field: CronField) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for part in [Array(seed.utf8), [0], Array(field.rawValue.utf8)] {
            for byte in part { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 33
    }

    /// From 0 to `count` - 1.
    static func index(_ seed: String, _ field: CronField, below count: Int) -> Int {
        Int(hash(seed, field) % UInt64(count))
    }
}
