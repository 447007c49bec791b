/// Everything a keeper needs to start and watch one task attempt: one message of the server to the zygote.
/// On the wire: magic and body length (u32 each, little-endian), then the fields in order.
package struct LaunchFrame: Sendable, Equatable {
    /// Numeric identity of the task's process.
    package struct User: Sendable, Equatable {
        package var uid: UInt32
        package var gid: UInt32
        package var groups: [UInt32]
        package init(uid: UInt32, gid: UInt32, groups: [UInt32]) {
            self.uid = uid
            self.gid = gid
            self.groups = groups
        }
    }

    /// Repeated in the reply.
    package var requestID: UInt64 = 0
    /// Absolute; its parent exists.
    package var runDirectory: String
    /// `<attempt>.<task>`: files are this with a suffix.
    package var baseName: String
    /// Public part of the tree's environment mark; written to the control file.
    package var mark: String
    /// Revealed only in the exit record, which is believed because of it.
    package var seal: String
    package var bootID: String
    package var argv: [String]
    /// `KEY=VALUE`, complete.
    package var environment: [String]
    package var cwd: String?
    package var user: User?
    /// The task gets its progress file as an open descriptor: its user cannot reach the run directory.
    package var progressByDescriptor = false
    package var umask: UInt32?
    package var nice: Int32?
    package var memory: Int64?
    package var openFiles: Int64?
    package var processes: Int64?
    package var stopSignal: Int32 = 15
    /// Milliseconds from the start; 0: none.
    package var deadline: Int64 = 0
    /// Milliseconds between the stop signal and KILL.
    package var grace: Int64
    /// Bytes of log and index kept.
    package var logCap: Int64
    /// Raw values to mask in the log.
    package var secrets: [[UInt8]] = []
    /// Sentences that the exit record repeats.
    package var warnings: [String] = []

    package init(
        runDirectory: String, baseName: String, mark: String, seal: String, bootID: String, argv: [String],
        environment: [String], grace: Int64, logCap: Int64
    ) {
        self.runDirectory = runDirectory
        self.baseName = baseName
        self.mark = mark
        self.seal = seal
        self.bootID = bootID
        self.argv = argv
        self.environment = environment
        self.grace = grace
        self.logCap = logCap
    }

    /// `MLF1`.
    private static let magic: UInt32 = 0x3146_4C4D
    /// A larger body is refused by both sides.
    package static let longest = 16 << 20
    package static let headerLength = 8

    /// Why bytes are not a frame.
    package enum Malformed: Error { case notAFrame, tooLong, body }

    /// Body length from the first ``headerLength`` bytes.
    package static func bodyLength(header: ArraySlice<UInt8>) throws(Malformed) -> Int {
        var reader = ByteReader(header)
        guard let magic = try? reader.read(UInt32.self), magic == Self.magic,
            let length = try? reader.read(UInt32.self)
        else { throw .notAFrame }
        guard length <= longest else { throw .tooLong }
        return Int(length)
    }
}

extension LaunchFrame {
    /// Header and body. Throws when it is too long to send.
    package func encoded() throws(Malformed) -> [UInt8] {
        var body = ByteWriter()
        write(to: &body)
        guard body.bytes.count <= Self.longest else { throw .tooLong }
        var frame = ByteWriter()
        frame.write(Self.magic)
        frame.write(UInt32(body.bytes.count))
        return frame.bytes + body.bytes
    }

    private func write(to body: inout ByteWriter) {
        body.write(requestID)
        for text in [runDirectory, baseName, mark, seal, bootID] { body.write(text) }
        body.write(argv) { $0.write($1) }
        body.write(environment) { $0.write($1) }
        body.write(cwd) { $0.write($1) }
        body.write(user) { writer, user in
            writer.write(user.uid)
            writer.write(user.gid)
            writer.write(user.groups) { $0.write($1) }
        }
        body.write(UInt8(progressByDescriptor ? 1 : 0))
        body.write(umask) { $0.write($1) }
        body.write(nice) { $0.write($1) }
        for limit in [memory, openFiles, processes] { body.write(limit) { $0.write($1) } }
        body.write(stopSignal)
        for number in [deadline, grace, logCap] { body.write(number) }
        body.write(secrets) { $0.write($1) }
        body.write(warnings) { $0.write($1) }
    }

    /// From a body without its header.
    package init(body: ArraySlice<UInt8>) throws(Malformed) {
        do { try self.init(fields: ByteReader(body)) } catch { throw .body }
    }

    private init(fields: ByteReader) throws {
        var body = fields
        requestID = try body.read()
        runDirectory = try body.readText()
        baseName = try body.readText()
        mark = try body.readText()
        seal = try body.readText()
        bootID = try body.readText()
        argv = try body.readList { try $0.readText() }
        environment = try body.readList { try $0.readText() }
        cwd = try body.readOptional { try $0.readText() }
        user = try body.readOptional {
            User(uid: try $0.read(), gid: try $0.read(), groups: try $0.readList { try $0.read() })
        }
        progressByDescriptor = try body.read(UInt8.self) != 0
        umask = try body.readOptional { try $0.read() }
        nice = try body.readOptional { try $0.read() }
        memory = try body.readOptional { try $0.read() }
        openFiles = try body.readOptional { try $0.read() }
        processes = try body.readOptional { try $0.read() }
        stopSignal = try body.read()
        deadline = try body.read()
        grace = try body.read()
        logCap = try body.read()
        secrets = try body.readList { try $0.readBytes() }
        warnings = try body.readList { try $0.readText() }
        guard !argv.isEmpty else { throw Malformed.body }
    }
}
