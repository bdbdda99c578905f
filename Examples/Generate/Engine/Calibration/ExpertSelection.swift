/// The power of its factors that every expert gets.
///
/// Rounding costs divergence on the average, but which way it moves the surprise at a text, up or
/// down, is chance: the gradient of the surprise along what happened to be rounded away. That chance
/// is a property of the experts and of the kind of text, and can be measured. Taken is the least
/// divergence among the choices with which the surprise at no text is greater than without factors,
/// and that by two standard errors. The changes of single experts are so small that they add.
struct ExpertSelection {
    /// By how many standard errors the surprise has to be less.
    private static let margin = 2.0
    /// The prices of a nat of surprise, in nats of divergence, that are tried one after the other.
    private static let leastPrice = 1e-4, greatestPrice = 1e3, priceStep = 1.15

    /// By expert the change that is taken; nil for no factors.
    let chosen: [ExpertChange?]

    /// Selects among changes.
    ///
    /// - Parameter options: what may be taken, by expert; measured on the same windows.
    init(_ options: [[ExpertChange]]) {
        let texts = options.first?.first?.surprises.count ?? 0
        let divergences = Self.expected(options) { $0.divergences.flatMap { $0 } }
        let surprises = (0..<texts).map { text in Self.expected(options) { $0.surprises[text] } }
        // What a nat of surprise costs, by text, goes up wherever the surprise is in excess.
        var prices = surprises.map { _ in Self.leastPrice }
        while let greatest = prices.max(), greatest < Self.greatestPrice {
            let places = options.indices.map { expert in
                Self.cheapest(
                    options[expert].indices.map { place in
                        zip(prices, surprises).reduce(divergences[expert][place]) {
                            $0 + $1.0 * $1.1[expert][place]
                        }
                    })
            }
            let bounds = surprises.enumerated().map { text, surprises in
                Self.bound(places, options, surprises, text: text)
            }
            guard bounds.contains(where: { $0 > 0 }) else {
                chosen = zip(options, places).map { options, place in place.map { options[$0] } }
                return
            }
            for (text, bound) in bounds.enumerated() where bound > 0 {
                prices[text] *= Self.priceStep
            }
        }
        chosen = options.map { _ in nil }
    }

    /// The sum of the changes of the surprise at a text, and the standard errors on top.
    private static func bound(
        _ places: [Int?], _ options: [[ExpertChange]], _ surprises: [[Double]], text: Int
    ) -> Double {
        var windows: [Double] = [], sum = 0.0
        for (expert, place) in places.enumerated() {
            guard let place else { continue }
            let change = options[expert][place].surprises[text]
            windows = windows.isEmpty ? change : zip(windows, change).map { $0 + $1 }
            sum += surprises[expert][place]
        }
        return windows.isEmpty ? 0 : sum + margin * windows.standardError
    }

    /// The means over the windows, drawn towards the mean of all by as much as they differ by chance.
    ///
    /// Whatever looks best among many owes some of it to chance; James and Stein's estimate does not.
    private static func expected(
        _ options: [[ExpertChange]], _ windows: (ExpertChange) -> [Double]
    ) -> [[Double]] {
        let all = options.joined().map(windows)
        let means = all.map(\.mean), center = means.mean
        let chance = all.map { $0.standardError * $0.standardError }.mean
        let spread = means.map { ($0 - center) * ($0 - center) }.mean
        let trust = spread > chance ? 1 - chance / spread : 0
        return options.map { $0.map { center + trust * (windows($0).mean - center) } }
    }

    /// The option that costs least; nil where none costs less than none.
    private static func cheapest(_ costs: [Double]) -> Int? {
        costs.indices.min { costs[$0] < costs[$1] }.flatMap { costs[$0] < 0 ? $0 : nil }
    }
}
