/// All families as one Markdown page: what `Models/README.md` holds.
public enum FamilyTable {
    /// The page.
    ///
    /// - Returns: Markdown, with a newline at the end.
    /// - Throws: `configuration` if a family does not know the usual keys.
    public static func markdown() throws(CheckpointError) -> String {
        var lines = [
            "# Models", "",
            "Which `model_type` runs, and how its MoE layers are read. This page is what "
                + "`moe-cli families --markdown` prints.", "",
            "| model_type | router | activation | shared experts | MoE layers | checked against |",
            "|---|---|---|---|---|---|",
        ]
        for family in ModelFamily.all {
            let summary = try FamilySummary(family)
            let cells = [
                summary.modelTypes.joined(separator: ", ")
                    + (summary.part.map { "; part `\($0)`" } ?? ""), summary.router,
                summary.activation,
                summary.shared, summary.layers, summary.checkedAgainst,
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        lines += [
            "",
            "Of a model with several parts the first is read, another one with `--part NAME`: its "
                + "layers have routers and experts of their own. Which tokens go through which part "
                + "is for the caller to know.", "",
            "A model of another `model_type` runs if its tensors have the usual names and its "
                + "configuration says `norm_topk_prob`; `moe-cli` then says which family it was "
                + "taken for.", "",
            "Refused by name:", "", "| model_type | why |", "|---|---|",
        ]
        lines += ModelFamily.refused.sorted { $0.key < $1.key }.map {
            "| \($0.key) | \($0.value) |"
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
