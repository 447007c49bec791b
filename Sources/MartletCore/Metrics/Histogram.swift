/// How often values fell into each of some ranges.
package struct Histogram: Sendable, Equatable {
    /// Upper ends of the ranges, inclusive, rising.
    package let bounds: [Double]
    /// One more than bounds: the last is for what is above them all.
    package private(set) var counts: [Int]
    package private(set) var sum = 0.0

    package init(_ bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}

extension Duration {
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
