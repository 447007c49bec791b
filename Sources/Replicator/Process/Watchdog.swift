/// Notices that nothing moves though there is something to do.
struct Watchdog: Sendable {
    /// Longer than what a slow statement takes, shorter than what a person bears.
    static let limit = Duration.seconds(30)

    private var progress = -1
    private var since: ContinuousClock.Instant?

    /// - Parameters:
    ///   - progress: any number that is another one when something moved.
    ///   - isBusy: whether there is something to do.
    /// - Returns: for how long nothing has moved, once that is too long.
    mutating func look(_ progress: Int, isBusy: Bool, at now: ContinuousClock.Instant) -> Duration? {
        guard isBusy, progress == self.progress, let since else {
            self.progress = progress
            since = now
            return nil
        }
        return now - since >= Self.limit ? now - since : nil
    }
}
