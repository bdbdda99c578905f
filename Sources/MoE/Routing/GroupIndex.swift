/// Which rows belong to which group: count mode, as the Ascend operators call it.
///
/// The first `counts[0]` rows belong to group 0, the next `counts[1]` to group 1, and so on; rows
/// past the sum belong to none. A value of this type is always valid: no negative count, a sum
/// that fits. Its two other spellings, cumulative sums and (expert, count) pairs, are converted
/// by initialisers of their own, so that one cannot be mistaken for another.
///
/// ```swift
/// let groups = try GroupIndex(counts: [2, 0, 3])  // rows 0–1, none, 2–4
/// groups.cumulative                               // [2, 2, 5]
/// ```
public struct GroupIndex: Sendable, Hashable {
    /// A run of consecutive rows of one group.
    public struct Segment: Sendable, Hashable {
        /// The group: an expert, and the row of every per-group table.
        public let group: Int
        /// How many rows the run has; may be 0.
        public let count: Int

        /// A run of `count` rows of `group`.
        public init(group: Int, count: Int) {
            self.group = group
            self.count = count
        }
    }

    /// How the list is written where it is a tensor.
    public enum Form: Sendable, Hashable {
        /// `[G]`: entry g is the count of group g.
        case counts
        /// `[G, 2]`: rows (group, count), in any order, groups may repeat.
        case pairs
    }

    /// How the list was given, which decides how per-group tables are matched to it.
    public let form: Form
    /// The runs in row order.
    public let segments: [Segment]
    /// How many rows have a group: the sum of all counts.
    public let rowCount: Int

    /// Groups from their counts, `[G]`.
    ///
    /// - Parameter counts: how many rows each group has, at least one group.
    /// - Throws: `E09` without groups, `E10` for a negative count, `groupIndex` if the sum
    ///   does not fit.
    public init(counts: [Int64]) throws(MoEError) {
        try self.init(
            form: .counts,
            segments: counts.enumerated().map { ($0.offset, $0.element) })
    }

    /// Groups from (group, count) rows, `[G, 2]`.
    ///
    /// - Parameter pairs: the rows in order; the group of a row without tokens is not looked at.
    /// - Throws: `E09` without rows, `E10` for a negative count, `E17` for a negative group with
    ///   rows, `groupIndex` if the sum does not fit.
    public init(pairs: [(group: Int64, count: Int64)]) throws(MoEError) {
        try self.init(
            form: .pairs, segments: pairs.map { (Int(clamping: $0.group), $0.count) })
    }

    /// Groups from prefix sums, the form that the Ascend operators call cumulative.
    ///
    /// - Parameter cumulative: entry g is the number of rows of groups 0 through g.
    /// - Throws: `E09` without groups, `groupIndex` if the sums start below 0 or descend.
    public init(cumulative: [Int64]) throws(MoEError) {
        var counts: [Int64] = []
        var previous: Int64 = 0
        for (index, sum) in cumulative.enumerated() {
            guard sum >= previous else {
                throw MoEError(
                    .groupIndex,
                    "group_index[\(index)]: cumulative sum \(sum) is below \(previous)")
            }
            counts.append(sum - previous)
            previous = sum
        }
        try self.init(counts: counts)
    }

    private init(form: Form, segments: [(group: Int, count: Int64)]) throws(MoEError) {
        guard !segments.isEmpty else {
            throw MoEError(
                .operatorE(9), "group_index: shape [0], wanted [G] or [G, 2] with G >= 1")
        }
        var sum = 0
        for (index, segment) in segments.enumerated() {
            guard segment.count >= 0 else {
                throw MoEError(
                    .operatorE(10), "group_index[\(index)]: count \(segment.count) is negative")
            }
            guard segment.group >= 0 || segment.count == 0 else {
                throw MoEError(
                    .operatorE(17),
                    "group_index[\(index)]: id \(segment.group) is negative")
            }
            let (next, overflow) = sum.addingReportingOverflow(Int(segment.count))
            guard !overflow else {
                throw MoEError(
                    .groupIndex, "group_index[\(index)]: the sum of the counts overflows")
            }
            sum = next
        }
        self.form = form
        self.segments = segments.map { Segment(group: $0.group, count: Int($0.count)) }
        self.rowCount = sum
    }

    /// Groups whose counts are known to be valid: the library's own dispatch made them.
    package init(validCounts counts: some Collection<Int>) {
        self.form = .counts
        self.segments = counts.enumerated().map { Segment(group: $0.offset, count: $0.element) }
        self.rowCount = counts.reduce(0, +)
    }

    /// The counts in the order of the list, `[G]`.
    public var counts: [Int64] { segments.map { Int64($0.count) } }

    /// The prefix sums of the counts, `[G]`.
    public var cumulative: [Int64] {
        var sum: Int64 = 0
        return segments.map { segment in
            sum += Int64(segment.count)
            return sum
        }
    }

    /// The runs that hold rows, as (group, count).
    public var pairs: [(group: Int64, count: Int64)] {
        segments.filter { $0.count > 0 }.map { (Int64($0.group), Int64($0.count)) }
    }
}
