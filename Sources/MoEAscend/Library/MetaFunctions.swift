internal import CANN

/// The functions that make and destroy what operators are called with.
struct MetaFunctions {
    let createTensor: cann_aclCreateTensor
    let destroyTensor: cann_aclDestroyTensor
    let createTensorList: cann_aclCreateTensorList
    let destroyTensorList: cann_aclDestroyTensorList
    let createIntArray: cann_aclCreateIntArray
    let destroyIntArray: cann_aclDestroyIntArray
    // One run consumes an executor, but a pass may fail before it comes to that.
    let destroyExecutor: cann_aclDestroyAclOpExecutor

    /// Without it, every pass plans its operators anew.
    let makeRepeatable: cann_aclSetAclOpExecutorRepeatable?

    /// The functions of the operator base library; see ``SymbolResolver``.
    init(_ symbols: inout SymbolResolver) {
        createTensor = symbols.required("aclCreateTensor")
        destroyTensor = symbols.required("aclDestroyTensor")
        createTensorList = symbols.required("aclCreateTensorList")
        destroyTensorList = symbols.required("aclDestroyTensorList")
        createIntArray = symbols.required("aclCreateIntArray")
        destroyIntArray = symbols.required("aclDestroyIntArray")
        destroyExecutor = symbols.required("aclDestroyAclOpExecutor")
        makeRepeatable = symbols.optional("aclSetAclOpExecutorRepeatable")
    }
}
