import Testing

@testable import MySQLWire

/// Whatever stands in the place of a server must not crash us nor learn the password.
@Suite struct HostileServerTests {
    static let greeting: [UInt8] =
        [10] + Array("9.7.4".utf8) + [0, 1, 0, 0, 0] + Array("12345678".utf8) + [
            0, 0xff, 0xff, 45, 2, 0, 0xff, 0xdf, 21,
        ]
        + [UInt8](repeating: 0, count: 10) + Array("123456789012".utf8) + [0] + Array("caching_sha2_password".utf8) + [
            0
        ]

    private func login(_ answers: [[UInt8]], _ change: (inout ConnectionSettings) -> Void = { _ in }) throws
        -> [[UInt8]]
    {
        let stream = ScriptedStream(answers)
        var settings = ConnectionSettings(address: .host("h", port: 1), user: "u", password: "s3cret")
        settings.tls = .off
        change(&settings)
        let packets = PacketStream(stream, limit: 1 << 20)
        _ = try Login(settings: settings, packets: packets, peer: "127.0.0.1").run()
        return stream.written
    }

    @Test func `an accepted login`() throws {
        let written = try login([packet(0, Self.greeting), packet(2, [0, 0, 0, 2, 0, 0, 0])])
        #expect(written.count == 1)
        #expect(!written[0].contains(sequence: Array("s3cret".utf8)))
    }

    @Test func `a switch to another plugin is answered with that plugin's proof`() throws {
        let change = [0xfe] + Array("mysql_native_password".utf8) + [0] + Array("abcdefghijklmnopqrst".utf8) + [0]
        let written = try login([packet(0, Self.greeting), packet(2, change), packet(4, [0, 0, 0, 2, 0, 0, 0])])
        #expect(written[1].dropFirst(4).elementsEqual(Proof.native("s3cret", Array("abcdefghijklmnopqrst".utf8))))
    }

    @Test(arguments: ["mysql_clear_password", "sha256_password", "dialog", ""])
    func `a plugin that would want the bare password gets nothing`(plugin: String) {
        let change = [0xfe] + Array(plugin.utf8) + [0] + Array("abcdefghijklmnopqrst".utf8) + [0]
        #expect {
            _ = try login([packet(0, Self.greeting), packet(2, change)])
        } throws: { error in
            if case .authentication? = error as? WireError { true } else { false }
        }
    }

    @Test func `a key that is none is refused and TLS that is demanded is not left out`() {
        let steps = [packet(0, Self.greeting), packet(2, [1, 4]), packet(4, [1] + Array("no key".utf8))]
        #expect(throws: WireError.self) { try login(steps) }
        var plain = Self.greeting
        // Capability bit 11 off.
        plain[21] &= 0xf7
        #expect(throws: WireError.tls("the server offers none, and the settings demand it")) {
            try login([packet(0, plain)]) { $0.tls = .required }
        }
    }

    @Test func `an early refusal keeps its words, an old protocol is named`() {
        let refusal = [0xff, 0x10, 0x04] + Array("Too many connections".utf8)
        #expect(throws: WireError.server(code: 1040, state: "HY000", message: "Too many connections")) {
            try login([packet(0, refusal)])
        }
        #expect(throws: WireError.malformed("greeting of protocol 9, not 10")) { try login([packet(0, [9, 0])]) }
    }

    @Test func `damaged greetings and answers end in errors`() {
        var random: UInt64 = 3
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((random >> 33) % UInt64(max(bound, 1)))
        }
        let answers: [[UInt8]] = [[0, 0, 0, 2], [0xfe], [1, 3], [1, 4], [0xff, 1], [0xfe, 65, 0], [], [1]]
        var (accepted, refused) = (0, 0)
        for _ in 0..<3000 {
            var damaged = Self.greeting
            if next(3) == 0 { damaged.removeLast(next(damaged.count)) }
            if !damaged.isEmpty { damaged[next(damaged.count)] = UInt8(next(256)) }
            do {
                _ = try login([
                    packet(0, damaged), packet(2, answers[next(answers.count)]), packet(4, answers[next(8)]),
                ])
                accepted += 1
            } catch {
                refused += 1
                #expect(!"\(error)".contains("s3cret"))
            }
        }
        #expect(accepted > 0)
        #expect(refused > 0)
    }

    @Test func `settings never show the password`() {
        var settings = ConnectionSettings(address: .host("h", port: 3306), user: "u", password: "s3cret")
        settings.schema = "d"
        var dumped = ""
        dump(settings, to: &dumped)
        #expect("\(settings)" == "u@h:3306")
        #expect(!dumped.contains("s3cret"))
        #expect(!String(reflecting: settings).contains("s3cret"))
    }
}

extension [UInt8] {
    func contains(sequence: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: sequence) }
    }
}
