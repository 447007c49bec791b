import CMartlet

package enum FileSystem {
    /// Waits until everything that was written to the file system of an open file is on disk. False with errno set.
    package static func sync(_ descriptor: Int32) -> Bool { mt_sync_file_system(descriptor) == 0 }
}

package enum SystemClock {
    /// Whether somebody (NTP, the host) keeps the clock right. Nil when the kernel does not tell.
    package static var isKept: Bool? {
        switch mt_clock_is_kept() {
        case 0: false
        case 1: true
        default: nil
        }
    }
}
