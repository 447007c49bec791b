import MartletEngine
import Testing

/// Who orders goes before what was ordered.
@Suite struct NomadBellTests {
    private let breath = Duration.milliseconds(5)
    private let forEver = Duration.seconds(600)

    @Test func `one order alone is not waited for`() async throws {
        let bell = NomadBell()
        try await bell.lull(atMost: forEver)
        bell.ring()
        let began = ContinuousClock.now
        try await bell.lull(atMost: forEver)
        #expect(ContinuousClock.now - began < .seconds(300))
    }

    @Test func `orders that come one after the other are waited for`() async throws {
        let bell = NomadBell()
        // A test that loses the processor between its two orders has made none that are close together.
        for _ in 0..<100 {
            bell.ring()
            bell.ring()
            let last = ContinuousClock.now
            try await bell.lull(atMost: forEver)
            if ContinuousClock.now - last >= breath { return }
        }
        Issue.record("a lull began with the last order")
    }

    @Test func `orders that never end hold nobody for ever`() async throws {
        let bell = NomadBell()
        let ordering = Task { while !Task.isCancelled { bell.ring() } }
        defer { ordering.cancel() }
        try await bell.lull(atMost: .milliseconds(100))
    }
}
