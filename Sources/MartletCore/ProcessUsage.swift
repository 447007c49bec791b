/// What one process of a task has used.
package struct ProcessUsage: Sendable, Hashable {
    package let pid: Int32
    /// Resident: bytes.
    package let memory: Int64
    /// Bytes.
    package let swap: Int64
    /// Time on processors since its start, in the kernel.
    package let system: TimeSpan
    /// The same in its own code.
    package let user: TimeSpan

    package init(pid: Int32, memory: Int64, swap: Int64, system: TimeSpan, user: TimeSpan) {
        self.pid = pid
        self.memory = memory
        self.swap = swap
        self.system = system
        self.user = user
    }
}
