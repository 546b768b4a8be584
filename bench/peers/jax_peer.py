"""The training step and the naive landscape in JAX, compiled. Arguments: the folder of the exchange, the number of threads (which JAX cannot be told: it takes all)."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from common import Exchange, serve

exchange = Exchange(sys.argv[1])
settings = exchange.meta
adam = settings["adam"]
inputs, targets = jnp.asarray(exchange["inputs"]), jnp.asarray(exchange["targets"])


def cost(parameters):
    values = inputs
    for i in range(0, 8, 2):
        values = values @ parameters[i] + parameters[i + 1]
        if i < 6:
            values = jax.nn.relu(values)
    return jnp.abs(values[:, 0] - targets).mean()


def update(parameters, m, v, t):
    gradient = jax.grad(cost)(parameters)
    norm = jnp.sqrt(sum((g * g).sum() for g in gradient))
    scale = jnp.minimum(1, settings["clipNorm"] / (norm + 1e-6))
    rate = settings["learningRate"] * jnp.sqrt(1 - adam["beta2"] ** t) / (1 - adam["beta1"] ** t)
    m = [a + (1 - adam["beta1"]) * (g * scale - a) for a, g in zip(m, gradient)]
    v = [a + (1 - adam["beta2"]) * ((g * scale) ** 2 - a) for a, g in zip(v, gradient)]
    moved = [p - rate * a / (jnp.sqrt(b) + adam["epsilon"]) for p, a, b in zip(parameters, m, v)]
    return moved, m, v, t + 1


compiled = jax.jit(update, donate_argnums=(0, 1, 2))
start = [jnp.asarray(p) for p in exchange.parameters("initial")]
state = (start, [jnp.zeros_like(p) for p in start], [jnp.zeros_like(p) for p in start], 1.0)


def step(count):
    global state
    for _ in range(count):
        state = compiled(*state)
    jax.block_until_ready(state)


drawn = [jnp.asarray(p) for p in exchange.parameters("parameters")]
a, b = settings["units"]


# The parameters are arguments: of constants the compiler would compute all that lies upstream of the bias once, when it compiles.
gradient_of = jax.jit(lambda parameters: jax.grad(cost)(parameters))


def gradient_at(x, y):
    bias = drawn[3].at[a].add(float(x)).at[b].add(float(y))
    gradient = gradient_of([*drawn[:3], bias, *drawn[4:]])[3]
    return np.asarray(gradient, np.float64)[[a, b]]


def naive(count):
    points = exchange.points()
    for i in range(count):
        gradient_at(*points[i % len(points)][:2])


step(1)
first = {"name": f"JAX {jax.__version__}", **exchange.compare([np.asarray(m) for m in state[1]], gradient_at)}
serve(first, {"step": step, "naive": naive})
