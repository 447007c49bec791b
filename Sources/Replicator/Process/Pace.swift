/// How fast something grows, over the last ten seconds.
struct Pace: Sendable {
    private static let window = Duration.seconds(10)
    private var samples: [(at: ContinuousClock.Instant, total: Int)] = []

    /// Takes a total and gives the growth for a second.
    mutating func add(_ total: Int, at now: ContinuousClock.Instant) -> Double {
        samples.append((now, total))
        while samples.count > 2, let second = samples.dropFirst().first, now - second.at >= Self.window {
            samples.removeFirst()
        }
        guard let first = samples.first, now > first.at else { return 0 }
        return Double(total - first.total) / ((now - first.at) / .seconds(1))
    }
}
