package import MartletCore

extension Schema {
    package static let runID = string("UUID version 7", pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    /// A name that ``Token`` takes.
    package static let token = string(pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$", length: 1...128)
    static let variable = "^[A-Za-z_][A-Za-z0-9_]{0,255}$"
    static let labelName = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._-]{0,127})?$"

    /// Texts, numbers and booleans, read as texts.
    static let scalar = Schema(json: ["type": ["string", "number", "boolean"]], named: [])
    static let span = Schema(
        json: [
            "description": "A time span such as 500ms, 30s, 1h30m, at most ten years; a number is seconds",
            "anyOf": [
                ["type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$"],
                ["type": "number", "minimum": 0, "maximum": 316224000],
            ], "examples": ["30s"],
        ], named: [])
    /// Names of stored secrets by the variables that get them.
    static let secretNames = map(of: token, names: variable, atMost: 1024)
    static let labels = map(of: string(length: 0...256), names: labelName, atMost: 64)
    static let environment = map(of: scalar, names: variable, atMost: 1024)
    static let secrets = map(of: string(length: 5...65_536), names: variable, atMost: 1024)

    /// What a parameter of a path is called tells what it is.
    static func pathParameter(_ name: String) -> Schema {
        switch name {
        case "id": string("Id of a run, or the one that a facade gave it", length: 1...64)
        case "name": string("A name: 1 to 128 of A-Z a-z 0-9 . _ -", length: 1...128)
        case "schedule": string("Name of a schedule", length: 1...128)
        case "notice": string("Number of a notice", pattern: "^[0-9]{1,18}$", length: 1...18)
        case "volume": string("One-word name of a volume", length: 1...256)
        case "version": string("Number or name of a version, or latest", length: 1...256)
        case "cluster": string("Id of a cluster", length: 1...64)
        case "nomadJob": string("Id of a job of the job API; a slash in it is %2F", length: 1...1024)
        case "host": string("Id of a host of clusters", length: 1...64)
        case "template": string("Id of a template of clusters", length: 1...64)
        default: string(length: 1...128)
        }
    }
}

extension NamedSchema {
    static let problem = NamedSchema(
        "Problem",
        .answer(
            [
                "type": .string(pattern: "^urn:martlet:problem:"), "title": .string(),
                "status": .integer(400...599), "detail": .string(), "instance": .string("Path of the request"),
                "code": .words(ProblemCode.self).described("For programs; stable"),
                "errors": .list(
                    of: .answer(["field": .string("Dotted path; empty: the whole"), "problem": .string()])),
                "requestId": .string("The same as in the header X-Request-Id"),
            ], optional: ["traceId": .string("Of the request's traceparent", pattern: "^[0-9a-f]{32}$")]),
        example: [
            "type": "urn:martlet:problem:invalid", "title": "The request is not valid", "status": 400,
            "detail": "the run is not valid", "instance": "/api/runs", "code": "invalid",
            "errors": [["field": "timeuot", "problem": "unknown key; known here: command, timeout"]],
            "requestId": "6a2d41f09c83b75e0000000000000011",
        ])
}

/// What the examples of the document speak of. A test makes runs of these kinds, and puts their ids in the place of these.
package enum Sample {
    package static let ended: JSONValue = "019aa5c4-7d21-7000-b5f3-0c6f1d3a9e42"
    package static let running: JSONValue = "019aa5c4-7d21-7000-b5f3-0c6f1d3a9e43"
    package static let paused: JSONValue = "019aa5c4-7d21-7000-b5f3-0c6f1d3a9e44"
    /// A stored job.
    package static let job: JSONValue = "hello"
    /// A stored secret.
    package static let secret: JSONValue = "prod-db"
    /// A schedule of that job, and one that waits for pings.
    package static let schedule: JSONValue = "nightly"
    package static let watch: JSONValue = "beat"
    /// A token in force.
    package static let token: JSONValue = "1f2e3d4c"
    /// A channel that cannot be reached, and a notice that waits for it.
    package static let channel: JSONValue = "ops"
    package static let notice: JSONValue = "900000012"
    /// A volume of the inventory, and a version of it that has the file /a.txt.
    package static let volume: JSONValue = "shop-shop.web.web-1-data"
    /// A tar archive that an import takes.
    package static let archive: JSONValue = "/old/shop-shop.web.web-1-data-1500000000.tar.gz"
    package static let version: JSONValue = "900000013"
    /// A run that made a version.
    package static let volumeRun: JSONValue = "019aa5c4-7d21-7000-b5f3-0c6f1d3a9e45"
    /// A run of a playbook.
    package static let playbookRun: JSONValue = "019aa5c4-7d21-7000-b5f3-0c6f1d3a9e46"
    /// A cluster in the status prepare with its name, a host, and a template.
    package static let cluster: JSONValue = "9df5a945"
    package static let clusterName: JSONValue = "sample cluster"
    package static let clusterHost: JSONValue = "3b1f0c7d"
    package static let clusterTemplate: JSONValue = "5c2e9a41"
    /// Nobody has it.
    package static let unknownRun: JSONValue = "019aa5c4-7d21-7000-b5f3-000000000000"
}
