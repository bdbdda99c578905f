import MoEAscend

/// A way through the device: what the options ask for, or what a release of CANN lacks.
enum Variant: String, CaseIterable, Sendable {
    case plain
    case blocks = "weights=nz"
    case float16 = "output=f16"
    case quantizing = "quantize=device"
    case selecting = "select=device"
    case everything = "weights=nz,output=f16,quantize=device,select=device"
    case withoutRouting = "without=aclnnMoeInitRoutingV3"
    case withoutUnpermute = "without=aclnnMoeTokenUnpermute"
    case withoutSums = "without=aclnnMoeTokenUnpermute+aclnnMoeFinalizeRoutingV2"
    case withoutSumsInFloat16 = "output=f16,without=aclnnMoeTokenUnpermute"
    case older = "without=aclnnGroupedMatmulV5+aclnnDequantSwigluQuantV2"
    case oldest =
        "without=aclnnGroupedMatmulV5+aclnnDequantSwigluQuantV2+aclnnMoeInitRoutingV3+aclnnMoeTokenUnpermute+aclnnMoeFinalizeRoutingV2+aclSetAclOpExecutorRepeatable+aclrtMallocHost"
    case unrepeatable = "without=aclSetAclOpExecutorRepeatable"
    case turns = "memory=1"

    /// Sets it.
    func apply(to options: inout AscendOptions) {
        guard self != .plain, let own = try? AscendOptions(text: rawValue) else { return }
        options.weightFormat = own.weightFormat
        options.output = own.output
        options.quantization = own.quantization
        options.selection = own.selection
        options.without = own.without
        options.activationMemory = own.activationMemory
    }

    /// Whether the device rounds the tokens' rows to int8, ties away from zero.
    var quantizes: Bool { rawValue.contains("quantize=device") }
}
