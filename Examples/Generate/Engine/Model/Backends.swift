public import MoE
import MoEAscend

/// The backends that can compute a decoder's experts: the library's own, and a device where one is.
public enum Backends {
    // Opened once: all layers and all decoders share the device.
    private static let offers = [AscendBackend.offer()]

    /// The backends that this machine has, the plainest first.
    public static var available: [BackendName] {
        BackendCatalog.all(with: offers).filter(\.available).map(\.name)
    }

    /// The backend of a name.
    ///
    /// - Parameter name: the name; `auto` for the best.
    /// - Returns: the backend.
    /// - Throws: `backendUnavailable` if this build or machine does not have it.
    static func backend(_ name: BackendName) throws -> any ExpertBackend {
        try BackendCatalog.backend(name, offers: offers).backend
    }
}
