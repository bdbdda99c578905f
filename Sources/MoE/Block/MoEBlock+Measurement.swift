/// What a benchmark asks of prepared experts beyond their results.
protocol MeasuredExperts {
    /// Calls `body` with every stretch of memory that holds packed or plain int8 weights.
    func forEachStretchOfWeights(_ body: (UnsafeRawBufferPointer) -> Void)

    /// How a pass over so many rows of so many experts is cut; the name in reports.
    func planName(rows: Int, experts: Int, threads: Int) -> String
}

extension MoEBlock {
    /// The way in which the most recent pass of a workspace went, `staged` where stages follow
    /// one another.
    package func planName(of workspace: borrowing Workspace) -> String {
        measured?.planName(
            rows: workspace.dispatch.rowCount, experts: workspace.dispatch.activeExperts.count,
            threads: threads) ?? "staged"
    }

    /// Reads all weights of the routed experts once, where they lie, on the block's threads.
    ///
    /// - Returns: bytes and seconds; nil for experts that do not show where their weights lie.
    package func readWeights() -> (bytes: Int, seconds: Double)? {
        guard let measured else { return nil }
        var bytes = 0, seconds = 0.0
        measured.forEachStretchOfWeights { stretch in
            bytes += stretch.count
            seconds += MachineLimits.secondsToRead(stretch, threads: threads)
        }
        return (bytes, seconds)
    }
}
