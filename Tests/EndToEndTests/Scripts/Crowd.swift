import Synchronization
import Testing

/// Lets a few of the script tests run at once. Each has a server and processes of its own, and dozens of them on two
/// cores would measure each other.
struct Crowd: TestTrait, SuiteTrait, TestScoping {
    let places: Int
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        await Places.shared.take(places)
        defer { Places.shared.give(places) }
        try await body()
    }

    private final class Places: Sendable {
        static let shared = Places()

        private struct State {
            var free = Crowd.most
            /// First come, first served.
            var waiting: [(places: Int, continuation: CheckedContinuation<Void, Never>)] = []
        }

        private let state = Mutex(State())

        func take(_ places: Int) async {
            await withCheckedContinuation { continuation in
                let isFree = state.withLock { state in
                    guard state.waiting.isEmpty, state.free >= places else {
                        state.waiting.append((places, continuation))
                        return false
                    }
                    state.free -= places
                    return true
                }
                if isFree { continuation.resume() }
            }
        }

        func give(_ places: Int) {
            let next = state.withLock { state in
                state.free += places
                var next: [CheckedContinuation<Void, Never>] = []
                while let first = state.waiting.first, first.places <= state.free {
                    state.free -= first.places
                    next.append(state.waiting.removeFirst().continuation)
                }
                return next
            }
            for continuation in next { continuation.resume() }
        }
    }

    fileprivate static let most = 4
}

extension Trait where Self == Crowd {
    /// A few at once.
    static var few: Crowd { Crowd(places: 1) }
    /// None of the others beside it.
    static var alone: Crowd { Crowd(places: Crowd.most) }
}
