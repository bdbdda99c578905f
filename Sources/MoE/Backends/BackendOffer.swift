/// A backend that another module brings: what ``BackendCatalog`` finds beside those of this library.
///
/// ```swift
/// let offers = [AscendBackend.offer()]
/// let (backend, reason) = try BackendCatalog.backend(.auto, offers: offers)
/// ```
public struct BackendOffer: Sendable {
    /// The name it is asked for by.
    public let name: BackendName
    /// Says whether the backend can be used here, or what is missing.
    public let status: @Sendable () -> BackendStatus
    /// Makes the backend.
    public let open: @Sendable () throws(MoEError) -> any ExpertBackend

    /// An offer of its parts.
    public init(
        name: BackendName, status: @escaping @Sendable () -> BackendStatus,
        open: @escaping @Sendable () throws(MoEError) -> any ExpertBackend
    ) {
        self.name = name
        self.status = status
        self.open = open
    }
}
