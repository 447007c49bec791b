/// Pages of the replaced system's lists: ten of each, and its last one for every number beyond.
package enum ClusterPage {
    package static let size = 10

    /// What page `number`, from 1, consists of.
    package static func slice<Item>(_ items: [Item], _ number: Int) -> ArraySlice<Item> {
        guard !items.isEmpty, number >= 1 else { return [] }
        let last = (items.count + size - 1) / size
        let start = (min(number, last) - 1) * size
        return items[start..<min(start + size, items.count)]
    }
}
