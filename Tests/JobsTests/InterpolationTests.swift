import MartletCore
import Testing

@testable import Jobs

/// `${…}` in what a task is given.
@Suite struct InterpolationTests {
    private let names = Interpolation(
        environment: ["NOMAD_TASK_NAME": "t", "NOMAD_META_x": "1", "HOME": "/h", "DOLLAR": "$"],
        node: ["node.datacenter": "dc1", "attr.kernel.name": "linux", "meta.rack": "r1"])

    @Test(arguments: [
        ("${NOMAD_TASK_NAME}", "t"), ("a${NOMAD_META_x}b${NOMAD_META_x}", "a1b1"), ("${env[\"HOME\"]}/x", "/h/x"),
        ("${ node.datacenter }", "dc1"), ("${attr.kernel.name}-${meta.rack}", "linux-r1"), ("${unknown}", "${unknown}"),
        ("$${1}", "${1}"), ("$${HOME}", "${HOME}"), ("${DOLLAR}${HOME}", "$/h"), ("${HOME", "${HOME"), ("$", "$"),
        ("${}", "${}"), ("plain", "plain"),
    ])
    func `names are replaced`(_ text: String, _ expected: String) { #expect(names.apply(text) == expected) }

    @Test func `texts are replaced wherever they stand`() {
        let config: JSONValue = ["args": ["${HOME}", 1, ["k${HOME}": "${HOME}"]], "x": .null]
        #expect(names.apply(config) == ["args": ["/h", 1, ["k${HOME}": "/h"]], "x": .null])
    }
}
