import MartletCore
import Testing

@Suite struct TraceContextTests {
    private let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func `a proper header is read, and handed on with a span of its own for each attempt`() throws {
        let trace = try #require(TraceContext(traceparent: good, tracestate: "a=1,b=2"))
        #expect(trace.id == "4bf92f3577b34da6a3ce929d0e0e4736" && trace.parent == "00f067aa0ba902b7")
        #expect(trace.state == "a=1,b=2")
        let run = RunID(high: 0x019A_A5C4_7D21_7000, low: 0xB5F3_0C6F_1D3A_9E42)
        let headers = (1...3).map { trace.traceparent(of: $0, in: run) }
        #expect(Set(headers).count == 3 && headers[0] == trace.traceparent(of: 1, in: run))
        for header in headers {
            let child = try #require(TraceContext(traceparent: header), "\(header)")
            #expect(child.id == trace.id && child.parent != trace.parent && child.flags == "01")
        }
    }

    @Test(arguments: [
        "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
    ])
    func `what the recommendation calls invalid is ignored`(_ header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test func `a later version is read by its known beginning`() {
        let later = "cc" + good.dropFirst(2) + "-what-comes"
        #expect(TraceContext(traceparent: later)?.id == "4bf92f3577b34da6a3ce929d0e0e4736")
    }

    @Test(arguments: ["x", String(repeating: "a=1,", count: 40), String(repeating: "x", count: 600) + "=1"])
    func `a state that is none is left out`(_ state: String) {
        #expect(TraceContext(traceparent: good, tracestate: state)?.state == "")
    }
}
