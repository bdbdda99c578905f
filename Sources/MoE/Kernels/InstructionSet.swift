internal import MoEKernels

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The instruction set whose kernels this process uses, chosen once.
///
/// The widest one that the processor has, unless the environment variable `MOE_ISA` names a
/// narrower one; a name that is unknown or that the processor lacks is ignored here and reported
/// by `moe-cli backends`.
enum InstructionSet {
    /// The choice, as the kernels' tables are indexed by it.
    static let chosen: moe_isa = {
        let available = all.filter { moe_isa_available($0) }
        if let forced = getenv("MOE_ISA").map({ String(cString: $0) }),
            let match = available.first(where: { name(of: $0) == forced })
        {
            return match
        }
        return available.last ?? MOE_ISA_SCALAR
    }()

    /// All instruction sets the library has kernels for, narrowest first.
    static let all: [moe_isa] = (0..<MOE_ISA_COUNT.rawValue).map { moe_isa(rawValue: $0) }

    /// The name of an instruction set.
    static func name(of isa: moe_isa) -> String {
        String(cString: moe_isa_name(isa))
    }
}
