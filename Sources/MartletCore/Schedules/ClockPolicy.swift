/// What becomes of a time at a change of clocks. Expressions whose hour field contains a star follow elapsed time
/// whatever this says: see docs/schedules.md, "Clock changes".
package enum ClockPolicy: String, Sendable, Codable, CaseIterable {
    /// A time that the clocks jump over runs once, right after the jump; a time that they show twice runs the first time.
    case once
    /// A time that the clocks jump over does not run; a time that they show twice runs the first time.
    case skip
    /// A time that the clocks jump over runs once, right after the jump; a time that they show twice runs both times.
    case all

    var fillsGaps: Bool { self != .skip }
    var repeats: Bool { self == .all }
}
