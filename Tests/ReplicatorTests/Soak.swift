import Foundation

/// `make soak`: more of what takes long.
enum Soak {
    static let isOn = ProcessInfo.processInfo.environment["MARTLET_SOAK"] != nil
}
