internal import CANN

/// The two phases of one operator.
struct OperatorFunction<Plan> {
    /// The name, `aclnnX`.
    let name: String
    /// `aclnnXGetWorkspaceSize`: checks, plans, makes an executor.
    let plan: Plan
    /// `aclnnX`: puts the kernels on a stream.
    let run: cann_aclnn

    /// The operator, if a library has both phases; one alone, or in another library, is none.
    init?(_ name: String, in images: [LibraryImage], without: Set<String>) {
        for image in images {
            let symbols = SymbolResolver([image], without: without)
            guard let plan: Plan = symbols.optional("\(name)GetWorkspaceSize"),
                let run: cann_aclnn = symbols.optional(name)
            else { continue }
            self.name = name
            self.plan = plan
            self.run = run
            return
        }
        return nil
    }
}

/// The operators that the backend calls, nil where a release does not have them.
struct OperatorFunctions {
    let initRouting: OperatorFunction<cann_aclnnMoeInitRoutingV3GetWorkspaceSize>?
    let groupedMatmulV5: OperatorFunction<cann_aclnnGroupedMatmulV5GetWorkspaceSize>?
    let groupedMatmulV4: OperatorFunction<cann_aclnnGroupedMatmulV4GetWorkspaceSize>?
    let groupedMatmulNZ: OperatorFunction<cann_aclnnGroupedMatmulWeightNzGetWorkspaceSize>?
    let dequantSwiGLUQuantV2: OperatorFunction<cann_aclnnDequantSwigluQuantV2GetWorkspaceSize>?
    let dequantSwiGLUQuantV1: OperatorFunction<cann_aclnnDequantSwigluQuantGetWorkspaceSize>?
    let unpermute: OperatorFunction<cann_aclnnMoeTokenUnpermuteGetWorkspaceSize>?
    let finalizeRouting: OperatorFunction<cann_aclnnMoeFinalizeRoutingV2GetWorkspaceSize>?
    let gatingTopK: OperatorFunction<cann_aclnnMoeGatingTopKGetWorkspaceSize>?

    /// The operators of libraries, looked for in their order.
    init(_ images: [LibraryImage], without: Set<String>) {
        initRouting = .init("aclnnMoeInitRoutingV3", in: images, without: without)
        groupedMatmulV5 = .init("aclnnGroupedMatmulV5", in: images, without: without)
        groupedMatmulV4 = .init("aclnnGroupedMatmulV4", in: images, without: without)
        groupedMatmulNZ = .init("aclnnGroupedMatmulWeightNz", in: images, without: without)
        dequantSwiGLUQuantV2 = .init("aclnnDequantSwigluQuantV2", in: images, without: without)
        dequantSwiGLUQuantV1 = .init("aclnnDequantSwigluQuant", in: images, without: without)
        unpermute = .init("aclnnMoeTokenUnpermute", in: images, without: without)
        finalizeRouting = .init("aclnnMoeFinalizeRoutingV2", in: images, without: without)
        gatingTopK = .init("aclnnMoeGatingTopK", in: images, without: without)
    }

    /// What the backend cannot do without and did not get, in words; empty if all is there.
    var missing: [String] {
        var missing: [String] = []
        if groupedMatmulV5 == nil && groupedMatmulV4 == nil {
            missing.append("aclnnGroupedMatmulV5 or aclnnGroupedMatmulV4")
        }
        if dequantSwiGLUQuantV2 == nil && dequantSwiGLUQuantV1 == nil {
            missing.append("aclnnDequantSwigluQuantV2 or aclnnDequantSwigluQuant")
        }
        return missing
    }

    /// Every operator by name, and whether it is there, for the report.
    var states: [(name: String, isPresent: Bool)] {
        [
            ("aclnnMoeInitRoutingV3", initRouting != nil),
            ("aclnnGroupedMatmulV5", groupedMatmulV5 != nil),
            ("aclnnGroupedMatmulV4", groupedMatmulV4 != nil),
            ("aclnnGroupedMatmulWeightNz", groupedMatmulNZ != nil),
            ("aclnnDequantSwigluQuantV2", dequantSwiGLUQuantV2 != nil),
            ("aclnnDequantSwigluQuant", dequantSwiGLUQuantV1 != nil),
            ("aclnnMoeTokenUnpermute", unpermute != nil),
            ("aclnnMoeFinalizeRoutingV2", finalizeRouting != nil),
            ("aclnnMoeGatingTopK", gatingTopK != nil),
        ]
    }
}
