import ArgumentParser
import MoE

/// Backends, `reference,native`.
struct BackendList: ExpressibleByArgument {
    let names: [BackendName]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        names = parts.compactMap { BackendName(rawValue: String($0)) }
        guard names.count == parts.count else { return nil }
    }
}
