internal import MoEKernels

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The instruction set whose kernels this process uses, chosen once.
///
/// The widest one that the processor has, unless the environment variable `MOE_ISA` names another
/// one that it has; what else it names is ignored and said in ``reason``.
enum InstructionSet {
    /// All instruction sets the library has kernels for, narrowest first.
    static let all: [moe_isa] = (0..<MOE_ISA_COUNT.rawValue).map { moe_isa(rawValue: $0) }

    /// The choice, as the kernels' tables are indexed by it.
    ///
    /// AMX must be asked for: its kernel has been run with emulated tiles only.
    static let chosen: moe_isa =
        forced ?? all.last { $0 != MOE_ISA_AMX && isAvailable($0) } ?? MOE_ISA_SCALAR

    /// Why it is that one.
    static var reason: String {
        guard let request else { return "the widest that this processor has" }
        return forced != nil
            ? "MOE_ISA asks for it"
            : "the widest that this processor has; MOE_ISA asks for \(request), which it lacks"
    }

    /// Whether this processor has an instruction set.
    static func isAvailable(_ isa: moe_isa) -> Bool { moe_isa_available(isa) }

    /// The name of an instruction set.
    static func name(of isa: moe_isa) -> String {
        String(cString: moe_isa_name(isa))
    }

    private static let request = getenv("MOE_ISA").map { String(cString: $0) }
    private static let forced = all.first { name(of: $0) == request && isAvailable($0) }
}
