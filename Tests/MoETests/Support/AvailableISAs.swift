import MoEKernels

/// The instruction sets that this machine has, as raw values, which name the cases of a test.
let availableISAs = (0..<MOE_ISA_COUNT.rawValue).filter {
    moe_isa_available(moe_isa(rawValue: $0))
}
