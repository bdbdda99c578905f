/// What loading a layer's weights has changed of them.
public struct LoadReport: Sendable, Equatable {
    /// What requantising cost, a projection at a time; empty where nothing was requantised.
    public internal(set) var losses: [RequantizationLoss] = []
    /// What else a user should know, a sentence each.
    public internal(set) var notes: [String] = []

    /// Nothing to report.
    package init() {}

    /// A report in one line, or nil if there is nothing to report.
    public var summary: String? {
        var parts: [String] = []
        if let format = losses.first?.format {
            let errors = losses.map(\.description).joined(separator: ", ")
            parts.append(
                "\(format) weights requantised to int8 per channel, relative L2 error \(errors)")
        }
        parts += notes
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

/// How far the int8 weights of a projection are from those that a checkpoint's format stands for.
public struct RequantizationLoss: Sendable, Equatable, CustomStringConvertible {
    /// Which projection, of which experts: `gate·up`, `shared down`.
    public let projection: String
    /// The format the weights had.
    public internal(set) var format: String
    /// The sum of the squares of the differences.
    private var errorSquares = 0.0
    /// The sum of the squares of the weights.
    private var weightSquares = 0.0

    /// Nothing requantised so far.
    init(_ projection: String, format: String) {
        self.projection = projection
        self.format = format
    }

    /// The L2 norm of the differences over that of the weights; 0 if all weights are 0.
    public var relativeError: Double {
        weightSquares > 0 ? (errorSquares / weightSquares).squareRoot() : 0
    }

    /// Whether any weight was requantised that is not 0.
    var isEmpty: Bool { weightSquares == 0 }

    /// The error in per cent, and the projection.
    public var description: String {
        let hundredths = (relativeError * 1e5).rounded() / 1e3
        return "\(hundredths) % (\(projection))"
    }

    /// Adds what another thread has found out about the same projection.
    mutating func add(_ other: RequantizationLoss) {
        if format.isEmpty { format = other.format }
        errorSquares += other.errorSquares
        weightSquares += other.weightSquares
    }

    /// Adds a requantised channel.
    mutating func add(
        _ row: UnsafeBufferPointer<Float>, as integers: UnsafePointer<Int8>, scale: Float
    ) {
        // Eight sums beside each other are what one instruction adds.
        var (errors, weights) = (SIMD8<Float>(), SIMD8<Float>())
        let whole = row.count & ~7
        // Squares relative to the scale: those of the weights themselves may underflow.
        let unit = scale > 0 ? scale : 1
        for first in stride(from: 0, to: whole, by: 8) {
            var (values, codes) = (SIMD8<Float>(), SIMD8<Float>())
            for lane in 0..<8 {
                values[lane] = row[first + lane]
                codes[lane] = Float(integers[first + lane])
            }
            values /= unit
            let error = values - codes
            errors += error * error
            weights += values * values
        }
        var (error, weight) = (Double(errors.sum()), Double(weights.sum()))
        for place in whole..<row.count {
            let value = Double(row[place] / unit)
            let difference = value - Double(integers[place])
            error += difference * difference
            weight += value * value
        }
        let square = Double(unit) * Double(unit)
        errorSquares += error * square
        weightSquares += weight * square
    }
}

extension LoadReport {
    /// Adds what reading another part of a model has changed.
    mutating func add(_ other: LoadReport) {
        for loss in other.losses {
            if let place = losses.firstIndex(where: { $0.projection == loss.projection }) {
                losses[place].add(loss)
            } else {
                losses.append(loss)
            }
        }
        notes = (notes + other.notes).uniqued
    }
}
