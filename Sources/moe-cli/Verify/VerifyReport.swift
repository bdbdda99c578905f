import Foundation
import MoECheckpoint

/// The table of a comparison, as text and as JSON.
struct VerifyReport {
    let title: String
    let checks: [StageCheck]

    /// Whether everything is near enough.
    var passes: Bool { checks.allSatisfy(\.passes) }

    var text: String {
        let header =
            "stage".padded(to: 17) + "compared".padded(to: 14) + "measure".padded(to: 25)
            + "found".padded(to: 11) + "allowed".padded(to: 11)
        let lines = checks.map { check in
            check.stage.padded(to: 17) + check.subject.padded(to: 14)
                + check.measure.padded(to: 25) + Self.number(check.found).padded(to: 11)
                + Self.number(check.allowed).padded(to: 11) + (check.passes ? "ok" : "TOO FAR")
        }
        let verdict = passes ? "all stages agree" : "some stages differ"
        return ([title, header] + lines + [verdict]).joined(separator: "\n") + "\n"
    }

    var json: JSONValue {
        .object([
            "comparison": .string(title), "agrees": .bool(passes),
            "checks": .array(
                checks.map { check in
                    .object([
                        "stage": .string(check.stage), "compared": .string(check.subject),
                        "measure": .string(check.measure),
                        // JSON has no NaN.
                        "found": check.found.isFinite ? .number(check.found) : .null,
                        "allowed": .number(check.allowed), "ok": .bool(check.passes),
                    ])
                }),
        ])
    }

    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e6
            ? String(format: "%.0f", value) : String(format: "%.3g", value)
    }
}
