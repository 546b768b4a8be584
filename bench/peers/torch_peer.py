"""The training step and the naive landscape in PyTorch. Arguments: the folder of the exchange, the number of threads."""

import sys

import torch
from common import LAYERS, Exchange, serve

exchange = Exchange(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
settings = exchange.meta


def network(which):
    layers = []
    for layer in LAYERS:
        weight, bias = (torch.from_numpy(exchange[f"{which}-{layer}.{part}"]) for part in ("weight", "bias"))
        linear = torch.nn.Linear(*weight.shape)
        linear.weight.data = weight.T.contiguous()
        linear.bias.data = bias.clone()
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


inputs = torch.from_numpy(exchange["inputs"])
targets = torch.from_numpy(exchange["targets"])[:, None]
cost = torch.nn.L1Loss()
trained = network("initial")
adam = settings["adam"]
optimizer = torch.optim.Adam(
    trained.parameters(),
    lr=settings["learningRate"],
    betas=(adam["beta1"], adam["beta2"]),
    eps=adam["epsilon"],
    fused=True,
)


def step(count):
    for _ in range(count):
        optimizer.zero_grad()
        cost(trained(inputs), targets).backward()
        torch.nn.utils.clip_grad_norm_(trained.parameters(), settings["clipNorm"])
        optimizer.step()


drawn = network("parameters")
bias = drawn[2].bias
centre = bias.detach().clone()
a, b = settings["units"]


def gradient_at(x, y):
    with torch.no_grad():
        bias.copy_(centre)
        bias[a] += float(x)
        bias[b] += float(y)
    drawn.zero_grad()
    cost(drawn(inputs), targets).backward()
    return bias.grad[[a, b]].double().numpy()


def naive(count):
    points = exchange.points()
    for i in range(count):
        gradient_at(*points[i % len(points)][:2])


step(1)
moments = [optimizer.state[p]["exp_avg"].numpy() for p in trained.parameters()]
moments = [m.T if m.ndim == 2 else m for m in moments]
first = {"name": f"PyTorch {torch.__version__}", **exchange.compare(moments, gradient_at)}
serve(first, {"step": step, "naive": naive})
