import Foundation

/// How a replication went lately: a bounded number of points, the older the job's process the further apart, of 32 hours at most.
struct ReplicationHistory: Sendable {
    struct Point: Sendable, Equatable {
        var at: Date
        /// Seconds; nil: the copy is not complete. The greatest of what was joined.
        var lag: Double?
        /// The mean of what was joined.
        var rowsPerSecond: Double
    }

    static let mostPoints = 720
    private static let first = 5.0
    private static let longest = 24.0 * 3600

    private(set) var points: [Point] = []
    /// Seconds between points.
    private(set) var interval = Self.first

    /// Passes over what comes sooner than a point is wanted.
    mutating func add(_ point: Point) {
        if let last = points.last, (0..<interval).contains(point.at.timeIntervalSince(last.at)) { return }
        points.append(point)
        guard points.count > Self.mostPoints else { return }
        if interval * Double(Self.mostPoints) < Self.longest {
            points = stride(from: 0, to: points.count, by: 2).map {
                Self.joined(points[$0..<min($0 + 2, points.count)])
            }
            interval *= 2
        } else {
            points.removeFirst(points.count - Self.mostPoints)
        }
    }

    private static func joined(_ some: ArraySlice<Point>) -> Point {
        var point = some[some.startIndex]
        point.lag = some.compactMap(\.lag).max()
        point.rowsPerSecond = some.map(\.rowsPerSecond).reduce(0, +) / Double(some.count)
        return point
    }
}
