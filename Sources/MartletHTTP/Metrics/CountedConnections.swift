import HummingbirdCore

/// Holds back what is more than `most` connections of one listener, and counts those of all.
struct CountedConnections: AvailableConnectionsDelegate {
    private let meter: RequestMeter
    private var limit: MaximumAvailableConnections

    init(_ most: Int, _ meter: RequestMeter) {
        self.meter = meter
        limit = MaximumAvailableConnections(most)
    }

    mutating func connectionOpened() {
        limit.connectionOpened()
        meter.connected()
    }

    mutating func connectionClosed() {
        limit.connectionClosed()
        meter.disconnected()
    }

    func isAcceptingNewConnections() -> Bool { limit.isAcceptingNewConnections() }
}
