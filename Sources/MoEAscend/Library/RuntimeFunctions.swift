internal import CANN

/// The runtime's functions: process, device, context, stream, memory.
struct RuntimeFunctions {
    let initialize: cann_aclInit
    let recentErrorMessage: cann_aclGetRecentErrMsg
    let deviceCount: cann_aclrtGetDeviceCount
    let setDevice: cann_aclrtSetDevice
    let resetDevice: cann_aclrtResetDevice
    let socName: cann_aclrtGetSocName
    let createContext: cann_aclrtCreateContext
    let destroyContext: cann_aclrtDestroyContext
    let setCurrentContext: cann_aclrtSetCurrentContext
    let createStream: cann_aclrtCreateStream
    let destroyStream: cann_aclrtDestroyStream
    let synchronizeStream: cann_aclrtSynchronizeStream
    let allocate: cann_aclrtMalloc
    let free: cann_aclrtFree
    let copy: cann_aclrtMemcpy
    let copyAsync: cann_aclrtMemcpyAsync
    let fill: cann_aclrtMemset
    let memoryInfo: cann_aclrtGetMemInfo

    // Without these two, copies go through ordinary memory and block.
    let allocateHost: cann_aclrtMallocHost?
    let freeHost: cann_aclrtFreeHost?
    // For the report alone.
    let version: cann_aclrtGetVersion?
    let packageVersion: cann_aclsysGetVersionStr?

    /// The functions of the runtime libraries; see ``SymbolResolver``.
    init(_ symbols: inout SymbolResolver) {
        initialize = symbols.required("aclInit")
        recentErrorMessage = symbols.required("aclGetRecentErrMsg")
        deviceCount = symbols.required("aclrtGetDeviceCount")
        setDevice = symbols.required("aclrtSetDevice")
        resetDevice = symbols.required("aclrtResetDevice")
        socName = symbols.required("aclrtGetSocName")
        createContext = symbols.required("aclrtCreateContext")
        destroyContext = symbols.required("aclrtDestroyContext")
        setCurrentContext = symbols.required("aclrtSetCurrentContext")
        createStream = symbols.required("aclrtCreateStream")
        destroyStream = symbols.required("aclrtDestroyStream")
        synchronizeStream = symbols.required("aclrtSynchronizeStream")
        allocate = symbols.required("aclrtMalloc")
        free = symbols.required("aclrtFree")
        copy = symbols.required("aclrtMemcpy")
        copyAsync = symbols.required("aclrtMemcpyAsync")
        fill = symbols.required("aclrtMemset")
        memoryInfo = symbols.required("aclrtGetMemInfo")
        allocateHost = symbols.optional("aclrtMallocHost")
        freeHost = symbols.optional("aclrtFreeHost")
        version = symbols.optional("aclrtGetVersion")
        packageVersion = symbols.optional("aclsysGetVersionStr")
    }
}
