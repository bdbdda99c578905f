package import MoE

extension AscendBackend: SelectingBackend {
    /// The device's selection for a router, if the options ask for it.
    package func selection(for router: Router) throws(MoEError) -> (any ExpertSelection)? {
        guard device.options.selection == .device else { return nil }
        do throws(AscendError) {
            return try AscendSelection(
                SelectionRule(router), bias: router.correctionBias, on: device)
        } catch {
            throw MoEError(error)
        }
    }
}
