/// Stored secrets by the variables that get them: `{VARIABLE: name}`. Only names: nothing here is secret.
package enum SecretReferences {
    /// Reads `key`. A name that is none is not repeated: somebody may have written the secret itself there.
    package static func parse(_ fields: inout Fields, _ key: String = "secrets") -> [String: String] {
        let references = Variables.parse(&fields, key)
        for (variable, name) in references where !Token.isValid(name) {
            fields.problem("\(key).\(variable)", "must be the name of a stored secret: it \(Token.rule)")
        }
        return references.filter { Token.isValid($0.value) }
    }

    /// What is wrong with a reference to a secret that is not stored.
    package static func missing(_ name: String) -> String {
        "there is no stored secret \(name); store it with: martlet secret set \(name)"
    }

    /// A variable cannot have two values.
    package static func refuseDoubles(_ job: Job, _ problems: Fields.Problems) {
        for (index, task) in job.tasks.enumerated() {
            let names = Set(job.secrets.keys).union(task.secrets.keys)
            for name in names.intersection(task.environment.keys).sorted() {
                problems.add("secrets.\(name)", "stands in the environment of task \(index + 1), too; give it once")
            }
        }
    }

    /// The variable of a word of ``Job/secretReferences``.
    package static func variable(_ word: String) -> String {
        word.firstIndex(of: "/").map { String(word[word.index(after: $0)...]) } ?? word
    }
}

extension Job {
    /// Every stored secret that a run of the job needs, by the word that the run keeps its value under: `VARIABLE` for
    /// all tasks, `task/VARIABLE` for one.
    package var secretReferences: [String: String] {
        tasks.reduce(into: secrets) { all, task in
            for (variable, name) in task.secrets { all["\(task.name)/\(variable)"] = name }
        }
    }
}

extension Run {
    /// Of the values that it keeps, those that its present task gets, by variable.
    package func secrets(from all: [String: Secret]) -> [String: Secret] {
        let own = currentTask.name + "/"
        var found = all.filter { !$0.key.contains("/") }
        for (word, value) in all where word.hasPrefix(own) { found[String(word.dropFirst(own.count))] = value }
        return found
    }
}
