/// The automaton (Aho and Corasick, 1975) over every form of some secrets. Immutable: one serves any number
/// of streams, each with a ``Masker`` of its own.
package final class MaskPatterns: Sendable {
    struct Node {
        var firstChild: Int32 = -1
        var nextSibling: Int32 = -1
        /// The state for the longest proper suffix.
        var fail: Int32 = 0
        var depth: Int32
        /// Length of the longest pattern that ends here; 0: none.
        var match: Int32 = 0
        var byte: UInt8
    }

    let nodes: [Node]
    /// Child of the root for each byte; 0: none.
    let roots: [Int32]

    /// Values under five bytes are passed over: they are refused as secrets before.
    package convenience init(_ secrets: [[UInt8]]) {
        self.init(patterns: secrets.reduce(into: Set()) { $0.formUnion(SecretForms.all(of: $1)) })
    }

    private init(patterns: Set<[UInt8]>) {
        var trie = Trie()
        for pattern in patterns { trie.insert(pattern) }
        trie.link()
        nodes = trie.nodes
        roots = trie.roots
    }

    package var isEmpty: Bool { nodes.count == 1 }

    func next(_ state: Int32, _ byte: UInt8) -> Int32 {
        var state = state
        while state != 0 {
            let found = Trie.child(of: state, byte, in: nodes)
            if found != 0 { return found }
            state = nodes[Int(state)].fail
        }
        return roots[Int(byte)]
    }

    /// A whole text at once.
    package func masked(_ bytes: [UInt8]) -> [UInt8] {
        var masker = Masker(self)
        var output: [UInt8] = []
        bytes.withUnsafeBytes { masker.mask($0, into: &output) }
        masker.finish(into: &output)
        return output
    }
}

/// The automaton while it is built.
private struct Trie {
    var nodes = [MaskPatterns.Node(depth: 0, byte: 0)]
    var roots = [Int32](repeating: 0, count: 256)

    static func child(of state: Int32, _ byte: UInt8, in nodes: [MaskPatterns.Node]) -> Int32 {
        var child = nodes[Int(state)].firstChild
        while child >= 0 {
            if nodes[Int(child)].byte == byte { return child }
            child = nodes[Int(child)].nextSibling
        }
        return 0
    }

    mutating func insert(_ pattern: [UInt8]) {
        var state: Int32 = 0
        for byte in pattern {
            let known = state == 0 ? roots[Int(byte)] : Self.child(of: state, byte, in: nodes)
            state = known != 0 ? known : add(byte, to: state)
        }
        nodes[Int(state)].match = Int32(pattern.count)
    }

    private mutating func add(_ byte: UInt8, to parent: Int32) -> Int32 {
        let index = Int32(nodes.count)
        var node = MaskPatterns.Node(depth: nodes[Int(parent)].depth + 1, byte: byte)
        node.nextSibling = nodes[Int(parent)].firstChild
        nodes[Int(parent)].firstChild = index
        nodes.append(node)
        if parent == 0 { roots[Int(byte)] = index }
        return index
    }

    /// Breadth first, so that a state's suffix is linked before it.
    mutating func link() {
        var queue: [Int32] = [0]
        var next = 0
        while next < queue.count {
            let parent = queue[next]
            next += 1
            var child = nodes[Int(parent)].firstChild
            while child >= 0 {
                let fail = parent == 0 ? 0 : target(nodes[Int(parent)].fail, nodes[Int(child)].byte)
                nodes[Int(child)].fail = fail
                nodes[Int(child)].match = max(nodes[Int(child)].match, nodes[Int(fail)].match)
                queue.append(child)
                child = nodes[Int(child)].nextSibling
            }
        }
    }

    private func target(_ state: Int32, _ byte: UInt8) -> Int32 {
        var state = state
        while state != 0 {
            let found = Self.child(of: state, byte, in: nodes)
            if found != 0 { return found }
            state = nodes[Int(state)].fail
        }
        return roots[Int(byte)]
    }
}
