internal import CANN
internal import MoE

/// A device in use: its stream, and the memory that all passes on it share.
///
/// Lives on the device's thread: made, used and dropped there. Passes follow one another on one
/// stream and each ends with a synchronisation, so between passes nothing is in flight and the
/// shared memory may be replaced by more.
final class DeviceSession {
    let library: CANNLibrary
    let options: AscendOptions
    /// The chip, as CANN names it.
    let socName: String
    /// How many devices there are.
    let deviceCount: Int

    private let stream: DeviceStream
    private var workspace = SharedMemory(purpose: "an operator's workspace")
    /// The rows of a pass, inputs first.
    private var activations = SharedMemory(purpose: "activations")
    private var input = StagingMemory()
    private var output = StagingMemory()

    /// Takes a device into use.
    ///
    /// - Parameters:
    ///   - library: CANN.
    ///   - options: which device, and how it computes.
    /// - Throws: `unavailable` if there is no such device, or it is none that the backend knows;
    ///   what a call reports.
    init(_ library: CANNLibrary, _ options: AscendOptions) throws(AscendError) {
        var count: UInt32 = 0
        try library.check(library.runtime.deviceCount(&count), "aclrtGetDeviceCount")
        guard options.device < Int(count) else {
            throw AscendError(
                .unavailable,
                count == 0
                    ? "CANN in \(library.location) sees no device"
                    : "device \(options.device): there are \(count), counted from 0")
        }
        let use = try DeviceUse(options.device, library)
        guard let name = library.runtime.socName().map({ String(cString: $0) }) else {
            throw library.failure("aclrtGetSocName", "")
        }
        guard SoC.isKnown(name) else {
            throw AscendError(
                .unavailable,
                "device \(options.device) is an \(name), wanted an Atlas A2 or A3 chip")
        }
        let context = try DeviceContext(use, library)
        try context.makeCurrent(library)
        stream = try DeviceStream(context, library)
        self.library = library
        self.options = options
        socName = name
        deviceCount = Int(count)
    }

    deinit {
        // Memory before the context that it belongs to.
        workspace.drop()
        activations.drop()
        input.drop()
        output.drop()
    }

    /// How often the activations' memory was replaced: addresses of another generation are stale.
    var generation: Int { activations.generation }

    /// Waits for everything on the stream.
    ///
    /// - Throws: what the call, or a kernel before it, reports.
    func synchronize() throws(AscendError) {
        try library.check(
            library.runtime.synchronizeStream(stream.handle), "aclrtSynchronizeStream")
    }

    /// Has `body` put work on the stream, and waits for it, also where `body` fails in the middle.
    ///
    /// Whatever the work uses may be dropped after this call, and not before.
    ///
    /// - Throws: what `body` throws, or what the work reports.
    func complete<Result>(
        _ body: () throws(AscendError) -> Result
    ) throws(AscendError) -> Result {
        let result: Result
        do throws(AscendError) {
            result = try body()
        } catch {
            do throws(AscendError) {
                try synchronize()
            } catch let second where second.code == .fault {
                throw second
            } catch {}
            throw error
        }
        try synchronize()
        return result
    }

    /// Checks that a layer's weights fit, beside the rows of a pass.
    ///
    /// - Parameter weights: the bytes of the weights.
    /// - Throws: `memory`, saying how much is missing.
    func checkRoom(for weights: Int) throws(AscendError) {
        let rows = max(0, options.activationMemory - activations.byteCount)
        let memory = try library.memoryInfo()
        let wanted = weights + rows
        guard wanted <= memory.free else {
            throw AscendError(
                .memory,
                "device \(options.device): \(byteText(wanted - memory.free)) are missing for "
                    + "\(byteText(weights)) of weights and \(byteText(rows)) for activations; "
                    + memory.text)
        }
    }

    /// Puts the second phase of an operator on the stream.
    ///
    /// - Parameters:
    ///   - run: the second phase.
    ///   - executor: what the first phase made.
    ///   - workspace: the workspace.
    ///   - size: how many bytes of it the first phase asked for.
    /// - Returns: the status.
    func launch(
        _ run: cann_aclnn, _ executor: OpaquePointer,
        workspaceAt workspace: UnsafeMutableRawPointer?, size: UInt64
    ) -> cann_status {
        run(workspace, size, executor, stream.handle)
    }

    /// Memory for an operator's workspace; nil where it needs none.
    ///
    /// Operators on one stream run one after the other, so one workspace serves them all. It grows
    /// in the first pass of a shape, after what is in flight.
    func workspace(_ byteCount: UInt64) throws(AscendError) -> UnsafeMutableRawPointer? {
        guard byteCount > 0 else { return nil }
        return try workspace.reserve(Int(clamping: byteCount), self)
    }

    /// Memory for the rows of a pass; its addresses hold until a larger pass comes.
    func activations(_ byteCount: Int) throws(AscendError) -> UnsafeMutableRawPointer {
        try activations.reserve(byteCount, self)
    }

    /// Host memory for what goes to the device, and for what comes back.
    func staging(
        input: Int, output: Int
    ) throws(AscendError) -> (input: UnsafeMutableRawPointer, output: UnsafeMutableRawPointer) {
        (try self.input.reserve(input, library), try self.output.reserve(output, library))
    }

    /// Puts a copy to the device on the stream.
    func upload(
        _ source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer, count: Int
    ) throws(AscendError) {
        try library.check(
            library.runtime.copyAsync(
                destination, count, source, count, Int32(CANN_ACL_MEMCPY_HOST_TO_DEVICE),
                stream.handle), "aclrtMemcpyAsync", " of \(count) bytes to the device")
    }

    /// Puts a copy from the device on the stream.
    func download(
        _ source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer, count: Int
    ) throws(AscendError) {
        try library.check(
            library.runtime.copyAsync(
                destination, count, source, count, Int32(CANN_ACL_MEMCPY_DEVICE_TO_HOST),
                stream.handle), "aclrtMemcpyAsync", " of \(count) bytes from the device")
    }

    /// Copies elements to the device, at once.
    func write<Element: BitwiseCopyable>(
        _ elements: [Element], to destination: UnsafeMutableRawPointer
    ) throws(AscendError) {
        guard !elements.isEmpty else { return }
        let status = elements.withUnsafeBytes { bytes in
            library.runtime.copy(
                destination, bytes.count, bytes.baseAddress, bytes.count,
                Int32(CANN_ACL_MEMCPY_HOST_TO_DEVICE))
        }
        try library.check(status, "aclrtMemcpy", " to the device")
    }

    /// Copies elements from the device, at once; what is to be read has been waited for.
    func read<Element: BitwiseCopyable>(
        _ count: Int, from source: UnsafeRawPointer
    ) throws(AscendError) -> [Element] {
        let bytes = count * MemoryLayout<Element>.stride
        return try [Element](count: count) { elements throws(AscendError) in
            try library.check(
                library.runtime.copy(
                    elements, bytes, source, bytes, Int32(CANN_ACL_MEMCPY_DEVICE_TO_HOST)),
                "aclrtMemcpy", " from the device")
        }
    }

    /// Sets memory on the device to zeros, at once.
    func clear(_ address: UnsafeMutableRawPointer, count: Int) throws(AscendError) {
        try library.check(library.runtime.fill(address, count, 0, count), "aclrtMemset")
    }
}

extension AscendOptions {
    /// The type of what the second GEMM gives.
    var outputType: DeviceElement { output == .bf16 ? .bfloat16 : .float16 }

    /// The type of its channel scales: that of its output, or float32 where it can be exact.
    var downScaleType: DeviceElement { output == .bf16 ? .bfloat16 : .float32 }

    /// How weights lie.
    var weightLayout: DeviceTensor.Layout { weightFormat == .nz ? .fractalNZ : .transposed }
}
