"""The results as a table to read, as Markdown, and as JSON."""
import statistics

NOISY = 0.1  # others' share of the processors from which figures are marked


class Report:
    """Everything a run found out."""

    def __init__(self, peers, cases, errors, absent, failures):
        self.peers, self.cases = [peer for peer in peers if peer.name not in absent], cases
        self.errors, self.absent, self.failures = errors, absent, failures

    @property
    def _turns(self):
        return [turn for case in self.cases for turn in case.ours]

    @property
    def _busy(self):
        """What others took of the processors, the median of all turns; None where nobody knows."""
        turns = self._turns + [turn for case in self.cases for peer in case.peers.values() for turn in peer]
        shares = [turn["busy_elsewhere"] for turn in turns if turn["busy_elsewhere"] is not None]
        return statistics.median(shares) if shares else None

    @property
    def _machine(self):
        if not self._turns:
            return ""
        turn = self._turns[0]
        busy = self._busy
        noise = f"; noisy, shared machine: others took {busy:.0%} of the processors" if busy and busy > NOISY else ""
        return f"{turn['cpu']}, {turn['isa']}, {turn['threads']} threads{noise}"

    @property
    def _legend(self):
        return ("ms of one layer, median of the rounds; ours in brackets without the router, which most peers are not "
                "asked for. Theirs in brackets: ours ÷ theirs, the median of the ratios of the rounds, below 1 where "
                "we are faster. Error: relative L2 distance from float64 on a small layer.")

    def _cell(self, case, peer):
        if peer.name not in case.peers:
            return "–"
        return f"{case.median(peer.name):.3g} ({case.median(peer.name, 'ratio'):.2f})"

    def _error(self, name):
        return f"{self.errors[name]:.3g}" if name in self.errors else "–"

    @property
    def _missing(self):
        """What did not install or gave up, a line each."""
        lines = [f"{name}: not installed: {reason}" for name, reason in self.absent.items()]
        for (name, shape, tokens), reason in self.failures.items():
            where = " ".join([shape] + ([f"{tokens} tokens"] if tokens else []))
            lines.append(f"{name}: {where}: {reason}")
        return lines

    @property
    def text(self):
        lines = [self._machine, self._legend, "p10: the tenth of the passes that others disturbed least."]
        for case in self.cases:
            lines.append(f"\n{case.shape}, {case.tokens} tokens; reading {case.stream_read:.1f} GB/s")
            lines.append(f"  {'':<34}{'ms':>9}  {'ratio':<18}{'p10':>9}  {'ratio':<7}{'error':<9}")
            ours = f"{case.our_median():>9.3f}  {'':<18}{case.our_median('p10'):>9.3f}"
            lines.append(f"  {'swift-moe':<34}{ours}  {'':<7}{self._error('swift-moe'):<9}")
            lines.append(f"  {'  without its router':<34}{case.our_experts_median:>9.3f}")
            for peer in self.peers:
                if peer.name not in case.peers:
                    continue
                ratios = [turn["ratio"] for turn in case.peers[peer.name]]
                spread = f"{case.median(peer.name, 'ratio'):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
                lines.append(
                    f"  {peer.title:<34}{case.median(peer.name):>9.3f}  {spread:<18}"
                    f"{case.median(peer.name, 'p10'):>9.3f}  {case.median(peer.name, 'p10_ratio'):<7.2f}"
                    f"{self._error(peer.name):<9}{peer.arithmetic}")
        return "\n".join(lines + [""] + self._missing).strip() + "\n"

    @property
    def markdown(self):
        titles = ["shape, tokens", "swift-moe"] + [peer.title for peer in self.peers] + ["read, GB/s"]
        rows = [[f"{case.shape}, {case.tokens}", f"{case.our_median():.3g} ({case.our_experts_median:.3g})"]
                + [self._cell(case, peer) for peer in self.peers] + [f"{case.stream_read:.1f}"] for case in self.cases]
        rows.append(["error", self._error("swift-moe")] + [self._error(peer.name) for peer in self.peers] + [""])
        rows.append(["arithmetic", "W8A8, exact int32"] + [peer.arithmetic for peer in self.peers] + [""])
        lines = [self._machine + ". " + self._legend, ""]
        lines += ["| " + " | ".join(row) + " |" for row in [titles, ["---"] * len(titles)] + rows]
        return "\n".join(lines + [""] + [f"- {line}" for line in self._missing]).strip() + "\n"

    @property
    def json(self):
        turn = self._turns[0] if self._turns else {}
        return {
            "machine": {**{key: turn.get(key) for key in ("cpu", "isa", "threads")}, "busy_elsewhere": self._busy},
            "relative_error": self.errors, "not_installed": self.absent,
            "failed": [{"peer": name, "shape": shape, "tokens": tokens or None, "reason": reason}
                       for (name, shape, tokens), reason in self.failures.items()],
            "cases": [{"shape": case.shape, "tokens": case.tokens,
                       "swift-moe": {"median_ms": case.our_median(), "experts_ms": case.our_experts_median,
                                     "turns": case.ours},
                       "peers": {name: {"median_ms": case.median(name), "ratio": case.median(name, "ratio"),
                                        "turns": turns} for name, turns in case.peers.items()}}
                      for case in self.cases],
        }
