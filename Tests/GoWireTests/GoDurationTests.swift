import GoWire
import Testing

@Suite struct GoDurationTests {
    @Test(
        arguments: [
            (0, "0s"), (1, "1ns"), (1500, "1.5µs"), (2_000_000, "2ms"), (1_500_000_000, "1.5s"),
            (60_000_000_000, "1m0s"),
            (5_400_000_000_000, "1h30m0s"), (-15_000_000_000, "-15s"), (.max, "2562047h47m16.854775807s"),
        ] as [(Int64, String)])
    func `lengths of time are written as Go does`(_ nanoseconds: Int64, _ text: String) throws {
        #expect(GoDuration.text(nanoseconds) == text)
        if nanoseconds != .max { #expect(try GoDuration.nanoseconds(text) == nanoseconds) }
    }

    @Test(arguments: [
        ("", "time: invalid duration \"\""), ("5", "time: missing unit in duration \"5\""),
        ("1d", "time: unknown unit \"d\" in duration \"1d\""), ("x", "time: invalid duration \"x\""),
        (".s", "time: invalid duration \".s\""), ("9999999999h", "time: invalid duration \"9999999999h\""),
    ])
    func `what is no length of time is told as Go does`(_ text: String, _ message: String) {
        #expect(throws: GoJSONError(message)) { try GoDuration.nanoseconds(text) }
    }

    @Test func `errors are listed as Go's multierror does`() {
        #expect(GoErrors.text([]) == "")
        #expect(GoErrors.text(["a"]) == "1 error occurred:\n\t* a\n\n")
        #expect(GoErrors.text(["a", "b"]) == "2 errors occurred:\n\t* a\n\t* b\n\n")
        #expect(GoErrors.quoted("a\"\n\u{1}") == "\"a\\\"\\n\\x01\"")
    }
}
