import Foundation

/// Both ends of a pipe, which programs do not inherit unless they are handed it.
struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws(WorkFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw WorkFailure.system("no pipe can be made") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }

    func close() {
        Foundation.close(reading)
        Foundation.close(writing)
    }
}
