import GoWire
import MartletCore
import Testing

@testable import Jobs

/// Jobs that nobody would write.
@Suite struct HostileJobTests {
    private static let odd: [JSONValue] = [
        .null, "", "x", 0, -1, .int(.max), .int(.min), .double(1.5), true, [], [:], [.null], [[:]], ["a": .null],
        "\u{0}",
        "${", ["Name": "g"], [["Name": "g"], ["Name": "g"]],
    ]

    /// `value` with one of its parts in the place of another value.
    private func changed(_ value: JSONValue, _ generator: inout Seeded) -> JSONValue {
        if Int.random(in: 0..<8, using: &generator) == 0 { return Self.odd.randomElement(using: &generator) ?? .null }
        switch value {
        case .object(var members):
            guard let key = members.keys.sorted().randomElement(using: &generator) else { return value }
            members[key] = changed(members[key] ?? .null, &generator)
            return .object(members)
        case .array(var elements):
            guard let index = elements.indices.randomElement(using: &generator) else { return value }
            elements[index] = changed(elements[index], &generator)
            return .array(elements)
        default: return Self.odd.randomElement(using: &generator) ?? .null
        }
    }

    @Test func `whatever is sent is read or refused`() throws {
        var generator = Seeded(state: 11)
        let plain = try JobSpec(registration: try Recording("177").bytes)
        var (read, refused) = (0, 0)
        for _ in 0..<3000 {
            var job = plain.json
            for _ in 0..<3 { job = changed(job, &generator) }
            do throws(GoJSONError) {
                let spec = try JobSpec(json: job)
                read += 1
                _ = (spec.problems(), spec.warnings(), JobDiff(from: plain, to: spec), JobDiff(from: nil, to: spec))
                let again = try JobSpec(json: spec.json)
                #expect(again == spec)
            } catch {
                refused += 1
                #expect(error.message.hasPrefix("json: cannot unmarshal") || error.message.hasPrefix("illegal base64"))
            }
        }
        #expect(read > 100 && refused > 100)
    }

    @Test func `a deep body is no danger`() {
        let deep = String(repeating: "[", count: 9000) + String(repeating: "]", count: 9000)
        let body = #"{"Job":{"ID":"a","TaskGroups":[{"Tasks":[{"Config":{"a":\#(deep)}}]}]}}"#
        #expect(throws: Never.self) { try JobSpec(registration: Array(body.utf8)).problems() }
    }
}
