public import MoE
internal import Synchronization

extension AscendBackend {
    /// The backend as ``MoE/BackendCatalog`` takes what another module brings.
    ///
    /// The device is taken into use when its state is first asked for, and the backend shared from
    /// then on.
    ///
    /// - Parameter options: which device, and how it computes.
    /// - Returns: the offer; its status says which library, function or device is missing.
    public static func offer(_ options: AscendOptions = AscendOptions()) -> BackendOffer {
        let opening = Opening(options)
        return BackendOffer(name: .ascend) {
            do throws(AscendError) {
                let backend = try opening.backend()
                return BackendStatus(name: .ascend, available: true, reason: backend.summary)
            } catch {
                return BackendStatus(name: .ascend, available: false, reason: error.message)
            }
        } open: { () throws(MoEError) -> any ExpertBackend in
            do throws(AscendError) {
                return try opening.backend()
            } catch {
                throw MoEError(error)
            }
        }
    }

    /// The device and what it has, in one line.
    var summary: String {
        let memory = try? device.perform { session throws(AscendError) in
            try session.library.memoryInfo()
        }
        return "\(device.socName), device \(device.options.device) of \(device.deviceCount), "
            + "\(memory?.text ?? "memory unknown"), CANN in \(device.library.location)"
    }

    /// A backend that is opened when it is first needed.
    private final class Opening: Sendable {
        private let options: AscendOptions
        private let opened = Mutex<AscendBackend?>(nil)

        init(_ options: AscendOptions) {
            self.options = options
        }

        func backend() throws(AscendError) -> AscendBackend {
            try opened.withLock { opened throws(AscendError) in
                if let opened { return opened }
                let backend = try AscendBackend(options)
                opened = backend
                return backend
            }
        }
    }
}
