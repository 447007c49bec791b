/// The same number for the same bytes in every process and version, so that it can be stored; not against anyone who seeks
/// collisions. The hash of Fowler, Noll and Vo in 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
package enum FNV1a {
    private static let offset: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let prime: UInt64 = 0x100_0000_01b3

    package static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(offset) { ($0 ^ UInt64($1)) &* prime }
    }
}
