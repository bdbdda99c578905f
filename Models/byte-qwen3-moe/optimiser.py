"""Muon for the matrices, AdamW for embedding, head, router and norms.

Muon (Jordan et al. 2024) steps by the momentum's nearest orthogonal matrix, found by a Newton-Schulz iteration.
Matrices of one shape are stepped together, in one batched product.
"""
import torch


def orthogonal(g, steps=5):
    """The matrices g [n, rows, columns], rows <= columns, with their singular values brought near one."""
    x = g / (g.float().norm(dim=(-2, -1), keepdim=True).to(g.dtype) + 1e-7)
    for _ in range(steps):
        a = x @ x.mT
        b = torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315)
        x = torch.baddbmm(x, b, x, beta=3.4445)
    return x


@torch.compile(dynamic=False)
def direction(gradients, momenta, keep):
    """Updates the momenta in place; the gradients moved towards them (Nesterov), joined, in bfloat16."""
    moved = []
    for g, m in zip(gradients, momenta):
        m.lerp_(g, 1 - keep)
        moved.append(g.lerp(m, keep).bfloat16())
    return torch.cat(moved)


@torch.compile(dynamic=False)
def move(parameters, updates, rate, decay):
    for p, u in zip(parameters, updates):
        p.copy_(p * (1 - rate * decay) - rate * u)


class Muon(torch.optim.Optimizer):
    """Every parameter is [..., rows, columns] with at least as many columns as rows: narrow matrices are kept turned.

    An expert's gate stands above its up projection in one parameter; they are stepped as two matrices.
    """

    def __init__(self, parameters, lr, momentum=0.95, decay=0.05):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, decay=decay))
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["momentum"] = torch.zeros_like(p)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            alike = {}
            for p in group["params"]:
                rows, columns = p.shape[-2:]
                if p.dim() == 3 and rows % 128 == 0:        # gate above up
                    rows //= 2
                alike.setdefault((rows, columns), []).append(p)
            rate = torch.tensor(group["lr"])
            for shape, members in alike.items():
                view = lambda tensors: [t.view(-1, *shape) for t in tensors]
                joined = direction(view(p.grad for p in members),
                                   view(self.state[p]["momentum"] for p in members), group["momentum"])
                parameters = view(members)
                move(parameters, orthogonal(joined).split([len(p) for p in parameters]), rate, group["decay"])


def optimisers(network, muon_rate, adam_rate):
    """(Muon, AdamW) over all parameters of the network."""
    matrices, rest = [], []
    for name, p in network.named_parameters():
        inside = name.startswith("layers.") and p.dim() >= 2 and not name.endswith("router")
        (matrices if inside else rest).append(p)
    return (Muon(matrices, lr=muon_rate),
            torch.optim.AdamW(rest, lr=adam_rate, betas=(0.9, 0.98), eps=1e-10, weight_decay=0.0, fused=True))
