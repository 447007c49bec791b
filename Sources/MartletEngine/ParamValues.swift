import MartletCore

/// Checks posted values against a job's declared parameters and fills in the defaults.
enum ParamValues {
    /// Returns the plain values and, apart from them, the secret ones as `MARTLET_PARAM_<NAME>`.
    static func resolve(_ posted: [String: JSONValue], for job: Job) throws(MartletError)
        -> (plain: [String: JSONValue], secret: [String: Secret])
    {
        let problems = Fields.Problems()
        var plain: [String: JSONValue] = [:]
        var secret: [String: Secret] = [:]
        for name in posted.keys.sorted() where job.params[name] == nil {
            let known = job.params.keys.sorted().joined(separator: ", ")
            problems.add(
                "params.\(name)",
                known.isEmpty ? "this job declares no parameters" : "unknown parameter; known: \(known)")
        }
        for (name, spec) in job.params.sorted(by: { $0.key < $1.key }) {
            guard let value = posted[name].map(spec.typed) ?? spec.default, value != .null else {
                if spec.required {
                    problems.add("params.\(name)", "is required: \(spec.description ?? spec.type.phrase)")
                }
                continue
            }
            if let problem = spec.problem(with: value) {
                problems.add("params.\(name)", problem)
            } else if spec.secret, let text = value.string {
                if text.utf8.count < Secret.shortest {
                    problems.add("params.\(name)", "is shorter than \(Secret.shortest) bytes and could not be masked")
                }
                secret[variable(name)] = Secret(text)
            } else {
                plain[name] = value
            }
        }
        try problems.check("a parameter")
        return (plain, secret)
    }

    static func variable(_ name: String) -> String { "MARTLET_PARAM_\(name.uppercased())" }
}
