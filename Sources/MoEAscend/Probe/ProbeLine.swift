/// One line of a report about a device: what was tried, how it went, what was seen.
package struct ProbeLine: Sendable, Hashable {
    /// How it went.
    package enum Verdict: String, Sendable {
        /// As it should.
        case ok
        /// Not there, and the backend does without it.
        case missing
        /// Not as it should.
        case failed
        /// Neither right nor wrong: something that only a device can tell.
        case note
    }

    /// What was tried.
    package let name: String
    /// How it went.
    package let verdict: Verdict
    /// What was seen.
    package let text: String

    /// A line of its parts.
    package init(_ name: String, _ verdict: Verdict, _ text: String) {
        self.name = name
        self.verdict = verdict
        self.text = text
    }
}
