internal import CANN

/// What a device has of memory.
struct MemoryInfo {
    /// Bytes that are free.
    let free: Int
    /// All bytes.
    let total: Int

    /// `1.5 GiB free of 64.0 GiB`.
    var text: String { "\(byteText(free)) free of \(byteText(total))" }
}

extension CANNLibrary {
    /// What the current device has of memory.
    ///
    /// - Throws: what the call reports.
    func memoryInfo() throws(AscendError) -> MemoryInfo {
        var free = 0, total = 0
        try check(
            runtime.memoryInfo(Int32(CANN_ACL_HBM_MEM), &free, &total), "aclrtGetMemInfo")
        return MemoryInfo(free: free, total: total)
    }
}

/// Bytes in the unit that suits them, to one decimal: `1.5 GiB`.
func byteText(_ bytes: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    var unit = 0, tenths = min(bytes, Int.max / 10) * 10
    while abs(tenths) >= 10240, unit < units.count - 1 {
        tenths /= 1024
        unit += 1
    }
    return unit == 0 ? "\(bytes) bytes" : "\(tenths / 10).\(abs(tenths) % 10) \(units[unit])"
}
