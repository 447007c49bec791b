internal import CMariaDB

/// Where the data of a load comes from.
final class Feed {
    let fill: (UnsafeMutableRawBufferPointer) throws -> Int
    var error: (any Error)?

    init(_ fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) { self.fill = fill }
}

extension SQLSession {
    /// Runs a `LOAD DATA LOCAL INFILE …` with data of our own, whatever name it says. `fill` puts the next bytes into the buffer
    /// and says how many; 0: no more. Where it throws, the session is ended at once, so that the server keeps nothing of it.
    package func load(_ sql: String, fill: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> SQLOutcome {
        try withoutActuallyEscaping(fill) { fill in
            let feed = Feed(fill)
            self.feed = feed
            defer { self.feed = nil }
            do {
                return try run(sql)
            } catch {
                throw feed.error ?? error
            }
        }
    }

    /// A server may ask for a file at any time: it gets none unless a load of ours is going on.
    func refuseUnaskedLoads() {
        mysql_set_local_infile_handler(
            handle, { Local.open($0, $1, $2) }, { Local.read($0, $1, $2) }, { _ in }, { Local.explain($0, $1, $2) },
            Unmanaged.passUnretained(self).toOpaque())
    }
}

/// The calls of the library while it loads; `context` is the session, which outlives them.
private enum Local {
    static func session(_ context: UnsafeMutableRawPointer?) -> SQLSession? {
        context.map { Unmanaged<SQLSession>.fromOpaque($0).takeUnretainedValue() }
    }

    static func open(
        _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ name: UnsafePointer<CChar>?,
        _ context: UnsafeMutableRawPointer?
    ) -> Int32 {
        state?.pointee = context
        return session(context)?.feed == nil ? 1 : 0
    }

    static func read(
        _ context: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ size: UInt32
    ) -> Int32 {
        guard let session = session(context), let feed = session.feed else { return -1 }
        do {
            return Int32(try feed.fill(UnsafeMutableRawBufferPointer(start: buffer, count: Int(size))))
        } catch {
            feed.error = error
            session.interrupter.interrupt()
            return -1
        }
    }

    static func explain(
        _ context: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ size: UInt32
    ) -> Int32 {
        let text = Array("no data was meant for this statement".utf8).prefix(Int(size) - 1)
        UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)).copyBytes(from: text + [0])
        return 2068
    }
}
