extension NativeExperts: MeasuredExperts {
    func forEachStretchOfWeights(_ body: (UnsafeRawBufferPointer) -> Void) {
        body(packed.weightBytes)
    }

    func planName(rows: Int, experts: Int, threads: Int) -> String {
        NativePlan(
            rows: rows, experts: experts, products: rows * shape.hiddenSize, threads: threads
        ).name
    }
}
