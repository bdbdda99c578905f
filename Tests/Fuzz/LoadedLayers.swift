import MoE
import MoECheckpoint

extension Checkpoint {
    /// Loads layers in both forms; one that loads must be one that a block takes.
    func loadLayers(_ layers: [Int]) {
        guard let backend = try? BackendCatalog.backend(.reference).backend else {
            fatalError("there is no reference backend")
        }
        for layer in Set(layers) {
            for format in ExpertFormat.allCases {
                guard let loaded = try? self.layer(layer, experts: format) else { continue }
                do {
                    _ = try MoEBlock(loaded, backend: backend, threads: 1)
                } catch {
                    fatalError("layer \(layer) was loaded and is no layer: \(error)")
                }
            }
        }
    }
}
