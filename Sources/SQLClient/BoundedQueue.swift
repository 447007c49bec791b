/// Hands elements from threads to threads in order; those who put wait while it is full.
package final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: [(element: Element, cost: Int)] = []
        var first = 0
        var cost = 0
        var isClosed = false

        var isEmpty: Bool { first == elements.count }

        mutating func removeFirst() -> Element {
            let (element, cost) = elements[first]
            first += 1
            self.cost -= cost
            if first > 64, first * 2 > elements.count {
                elements.removeFirst(first)
                first = 0
            }
            return element
        }
    }

    private let capacity: Int
    private let state = Monitor(State())

    /// - Parameter capacity: how much cost it holds; an element that costs more is taken while it is empty.
    package init(capacity: Int) { self.capacity = capacity }

    /// False: it was closed, and the element is dropped.
    @discardableResult
    package func put(_ element: Element, cost: Int = 1) -> Bool {
        let isTaken = state.wait { state -> Bool? in
            if state.isClosed { return false }
            guard state.isEmpty || state.cost + cost <= capacity else { return nil }
            state.elements.append((element, cost))
            state.cost += cost
            return true
        }
        return isTaken == true
    }

    /// Nil: it is closed and empty.
    package func take() -> Element? {
        let taken = state.wait { state -> Element?? in
            if !state.isEmpty { return .some(state.removeFirst()) }
            return state.isClosed ? .some(nil) : nil
        }
        return taken ?? nil
    }

    /// Nothing more comes; what is in it can still be taken.
    package func close() { state.withLock { $0.isClosed = true } }

    /// Nothing more comes, and what is in it is dropped.
    package func clear() {
        state.withLock { state in
            state = State()
            state.isClosed = true
        }
    }

    package var count: Int { state.withLock { $0.elements.count - $0.first } }
}
