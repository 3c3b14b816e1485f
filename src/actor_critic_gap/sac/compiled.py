"""What numba compiles of SAC: passes through networks, and the loop of critic and res-critic as one function.

One file, because numba's cache watches only the file of the function that it compiled. An ensemble of n
networks with D inputs, two hidden layers of H rectified linear units and O outputs is w1 (n, D, H),
b1 (n, 1, H), w2 (n, H, H), b2 (n, 1, H), w3 (n, H, O), b3 (n, 1, O); inputs have B rows. Everything is
float32, and held against `actor_critic_gap.sac.networks` and `td.regress` by the tests.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Ensemble = tuple[Float32, Float32, Float32, Float32, Float32, Float32]

ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
LOG_2, HALF_LOG_2_PI = np.float32(np.log(2)), np.float32(0.5 * np.log(2 * np.pi))
BETA1, BETA2, EPSILON = np.float32(0.9), np.float32(0.999), np.float32(1e-8)

# 1 - 0.999f is off by 1.3e-5: the rounded constants are not
REST1, REST2 = np.float32(1 - 0.9), np.float32(1 - 0.999)

# sums may be reordered to vectorise them, but nan and inf stay what they are: divergence must show
compiled = njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})

# sums that the registers hold beside the factors: 32 registers of 512 bits, or 16 of 256
ROWS, VECTORS = (8, 2) if "+avx512f" in get_host_cpu_features() else (4, 1)
LANES = 16
COLUMNS = VECTORS * LANES


@intrinsic
def _tile(_: Any, a: Any, b: Any, c: Any, i: Any, j: Any) -> Any:
    """c[i : i + ROWS, j : j + COLUMNS] = a[i : i + ROWS] b[:, j : j + COLUMNS], summed in registers.

    In LLVM's own terms, because its optimiser does not find this form from loops. Rows of b and c are
    contiguous; a may be a transposed matrix.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number, index, byte = ir.FloatType(), ir.IntType(64), ir.IntType(8)
        vector = ir.VectorType(number, LANES)
        undefined = ir.Constant(vector, ir.Undefined)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        a, b, c = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args[:3], arguments[:3], strict=True)
        )
        rows = [builder.add(arguments[3], index(r)) for r in range(ROWS)]
        columns = [builder.add(arguments[4], index(v * LANES)) for v in range(VECTORS)]

        def element(matrix: Any, row: Any, column: Any, kind: Any) -> Any:
            strides = cgutils.unpack_tuple(builder, matrix.strides, 2)
            offset = builder.add(builder.mul(row, strides[0]), builder.mul(column, strides[1]))
            start = builder.bitcast(matrix.data, byte.as_pointer())
            return builder.bitcast(builder.gep(start, [offset]), kind.as_pointer())

        zero = ir.Constant(vector, [0.0] * LANES)
        sums = [[cgutils.alloca_once(builder, vector) for _ in columns] for _ in rows]
        for total in (total for totals in sums for total in totals):
            builder.store(zero, total)
        depth = cgutils.unpack_tuple(builder, a.shape, 2)[1]
        with cgutils.for_range(builder, depth) as loop:
            right = [builder.load(element(b, loop.index, column, vector), align=4) for column in columns]
            for row, totals in zip(rows, sums, strict=True):
                left = builder.load(element(a, row, loop.index, number))
                left = builder.insert_element(undefined, left, index(0))
                left = builder.shuffle_vector(left, undefined, everywhere)
                for total, factor in zip(totals, right, strict=True):
                    product = builder.fmul(left, factor, flags=["contract"])
                    builder.store(builder.fadd(builder.load(total), product, flags=["contract"]), total)
        for row, totals in zip(rows, sums, strict=True):
            for total, column in zip(totals, columns, strict=True):
                builder.store(builder.load(total), element(c, row, column, vector), align=4)
        return context.get_dummy_value()

    return types.void(a, b, c, i, j), generate


@compiled
def _product_by_rows(a: Float32, b: Float32, c: Float32, first: int, end: int, column: int) -> None:
    """The part of c = a b in rows first to end and from a column on, where tiles do not fit."""
    for i in range(first, end):
        out = c[i, column:]
        out[:] = ZERO
        for k in range(a.shape[1]):
            left, right = a[i, k], b[k, column:]
            for j in range(out.size):
                out[j] += left * right[j]


@compiled
def product(a: Float32, b: Float32, c: Float32) -> None:
    """Compute c = a b; a may be a transposed matrix, b and c are contiguous."""
    m, n = c.shape
    tiled_m, tiled_n = m - m % ROWS, n - n % COLUMNS
    for j in range(0, tiled_n, COLUMNS):
        for i in range(0, tiled_m, ROWS):
            _tile(a, b, c, i, j)  # type: ignore[call-arg]  # numba gives the first one
    _product_by_rows(a, b, c, 0, tiled_m, tiled_n)
    _product_by_rows(a, b, c, tiled_m, m, 0)


@compiled
def _transpose(a: Float32, out: Float32) -> None:
    """Fill out with a', rows of a taken together by the cache line."""
    tiled = a.shape[0] - a.shape[0] % ROWS
    for start in range(0, tiled, ROWS):
        for j in range(a.shape[1]):
            for r in range(ROWS):
                out[j, start + r] = a[start + r, j]
    for i in range(tiled, a.shape[0]):
        for j in range(a.shape[1]):
            out[j, i] = a[i, j]


@compiled
def _layer(inputs: Float32, weights: Float32, biases: Float32, outputs: Float32) -> None:
    """Fill outputs with relu(inputs weights + biases)."""
    product(inputs, weights, outputs)
    for i in range(outputs.shape[0]):
        row = outputs[i]
        for j in range(row.size):
            x = row[j] + biases[0, j]
            row[j] = ZERO if x < ZERO else x


class Pass(NamedTuple):
    """What a pass through one network leaves: both hidden layers (B, H) and the outputs (B, O)."""

    hidden1: Float32
    hidden2: Float32
    outputs: Float32


@compiled
def _forward(networks: Ensemble, k: int, inputs: Float32, out: Pass) -> None:
    """Network k at inputs (B, D)."""
    w1, b1, w2, b2, w3, b3 = networks
    _layer(inputs, w1[k], b1[k], out.hidden1)
    _layer(out.hidden1, w2[k], b2[k], out.hidden2)
    # few outputs: products of rows with columns
    columns = np.empty((w3.shape[2], w3.shape[1]), np.float32)
    _transpose(w3[k], columns)
    for i in range(inputs.shape[0]):
        row = out.hidden2[i]
        for o in range(columns.shape[0]):
            column, total = columns[o], b3[k, 0, o]
            for j in range(row.size):
                total += row[j] * column[j]
            out.outputs[i, o] = total


@compiled
def forward(networks: Ensemble, inputs: Float32, outputs: Float32) -> None:
    """Fill outputs (n, B, O) with the networks at inputs (B, D)."""
    hidden = networks[2].shape[1]
    rows = 128  # at a time, so that the hidden layers stay in the cache
    for k in range(outputs.shape[0]):
        for first in range(0, inputs.shape[0], rows):
            part = inputs[first : first + rows]
            hidden1 = np.empty((part.shape[0], hidden), np.float32)
            past = Pass(hidden1, np.empty_like(hidden1), outputs[k, first : first + rows])
            _forward(networks, k, part, past)


@compiled
def act(actor: Ensemble, state: Float32, eps: Float32, log_std_bounds: Float32) -> Float32:
    """The action tanh(mean + std eps) (A,) at a state (S,)."""
    lowest, highest = log_std_bounds
    outputs = np.empty((1, 1, 2 * eps.size), np.float32)
    forward(actor, state.reshape(1, -1), outputs)
    action = np.empty(eps.size, np.float32)
    for a in range(eps.size):
        log_std = min(max(outputs[0, 0, eps.size + a], lowest), highest)
        action[a] = np.tanh(outputs[0, 0, a] + np.exp(log_std) * eps[a])
    return action


@compiled
def _through_relu(signals: Float32, hidden: Float32) -> None:
    """Stop signals where `hidden` is zero."""
    for i in range(signals.shape[0]):
        row, gate = signals[i], hidden[i]
        for j in range(row.size):
            row[j] = ZERO if gate[j] <= ZERO else row[j]


@compiled
def _signals(
    networks: Ensemble, k: int, outer: Float32, past: Pass, signals1: Float32, signals2: Float32
) -> None:
    """The derivatives of sum(outer * outputs), outer (B, O), in both hidden layers before relu, (B, H)."""
    w2, w3 = networks[2][k], networks[4][k]
    transposed3, transposed2 = np.empty((w3.shape[1], w3.shape[0]), np.float32), np.empty_like(w2)
    _transpose(w3, transposed3)
    product(outer, transposed3, signals2)
    _through_relu(signals2, past.hidden2)
    _transpose(w2, transposed2)
    product(signals2, transposed2, signals1)
    _through_relu(signals1, past.hidden1)


@compiled
def _sum_rows(rows: Float32, out: Float32) -> None:
    """Fill out (1, H) with the sum of rows (B, H)."""
    out[:] = ZERO
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            out[0, j] += rows[i, j]


@compiled
def _gradient(
    networks: Ensemble,
    k: int,
    inputs: Float32,
    outer: Float32,
    past: Pass,
    signals1: Float32,
    signals2: Float32,
    gradient: Ensemble,
) -> None:
    """The gradient of sum(outer * outputs), outer (B, O), in network k's parameters."""
    g1, gb1, g2, gb2, g3, gb3 = gradient
    _signals(networks, k, outer, past, signals1, signals2)
    product(inputs.T, signals1, g1[0])
    _sum_rows(signals1, gb1[0])
    product(past.hidden1.T, signals2, g2[0])
    _sum_rows(signals2, gb2[0])
    transposed = np.empty((outer.shape[1], past.hidden2.shape[1]), np.float32)
    product(outer.T, past.hidden2, transposed)
    _transpose(transposed, g3[0])
    _sum_rows(outer, gb3[0])


@compiled
def _empty_gradient(networks: Ensemble) -> Ensemble:
    """Room for the gradient of one network."""
    w1, b1, w2, b2, w3, b3 = networks
    return (
        np.empty_like(w1[:1]),
        np.empty_like(b1[:1]),
        np.empty_like(w2[:1]),
        np.empty_like(b2[:1]),
        np.empty_like(w3[:1]),
        np.empty_like(b3[:1]),
    )


@compiled
def _empty_pass(networks: Ensemble, rows: int) -> Pass:
    """Room for a pass of `rows` inputs."""
    hidden = np.empty((rows, networks[2].shape[1]), np.float32)
    return Pass(hidden, np.empty_like(hidden), np.empty((rows, networks[4].shape[2]), np.float32))


@compiled
def _passes(networks: Ensemble, inputs: Float32) -> tuple[list[Pass], Float32]:
    """What passes of inputs (B, D) through each network leave, and their values (n, B)."""
    n, batch = networks[0].shape[0], inputs.shape[0]
    passes = [_empty_pass(networks, batch) for _ in range(n)]
    values = np.empty((n, batch), np.float32)
    for k in range(n):
        _forward(networks, k, inputs, passes[k])
        values[k] = passes[k].outputs[:, 0]
    return passes, values


@compiled
def _least(values: Float32) -> NDArray[np.int64]:
    """Which of values (n, B) is the least, (B,); one that is not a number is."""
    which = np.zeros(values.shape[1], np.int64)
    for k in range(1, values.shape[0]):
        for i in range(which.size):
            value = values[k, i]
            if value < values[which[i], i] or np.isnan(value):
                which[i] = k
    return which


@compiled
def _take(values: Float32, which: NDArray[np.int64]) -> Float32:
    """The chosen ones of values (n, B)."""
    taken = np.empty(which.size, np.float32)
    for i in range(which.size):
        taken[i] = values[which[i], i]
    return taken


@compiled
def _signals_of_chosen(
    networks: Ensemble,
    k: int,
    past: Pass,
    which: NDArray[np.int64],
    signals1: Float32,
    signals2: Float32,
) -> None:
    """As `_signals`, of the sum over the rows that have chosen network k."""
    outer = np.empty((which.size, 1), np.float32)
    for i in range(which.size):
        outer[i, 0] = ONE if which[i] == k else ZERO
    _signals(networks, k, outer, past, signals1, signals2)


@compiled
def _add_slopes(
    networks: Ensemble, passes: list[Pass], which: NDArray[np.int64], first: int, slopes: Float32
) -> None:
    """Add the derivatives of the chosen values in the actions, inputs from the `first` on, to (B, A)."""
    signals1, signals2 = np.empty_like(passes[0].hidden1), np.empty_like(passes[0].hidden1)
    for k in range(len(passes)):
        _signals_of_chosen(networks, k, passes[k], which, signals1, signals2)
        weights = networks[0][k, first:]
        for i in range(slopes.shape[0]):
            for a in range(slopes.shape[1]):
                total = ZERO
                for j in range(weights.shape[1]):
                    total += signals1[i, j] * weights[a, j]
                slopes[i, a] += total


class ActorStep(NamedTuple):
    """The gradient of the actor's loss in its parameters, and per state what the loss is made of, (B,)."""

    gradient: Ensemble
    log_policy: Float32
    q: Float32
    w: Float32


@compiled
def actor_step(
    actor: Ensemble,
    critics: Ensemble,
    res_critics: Ensemble,
    own: bool,
    states: Float32,
    eps: Float32,
    weights: Float32,
    temperature: np.float32,
    log_std_bounds: Float32,
) -> ActorStep:
    """The gradient of `losses.actor_loss` by a = tanh(mean + std eps) (App. D.2.1).

    With u = mean + std eps, d log pi / du = 2 a and da / du = 1 - a^2. `actor` and the critics are ensembles;
    with no res-critics (n = 0) W is zero. States (B, S), noise eps (B, A), weights (B,).
    """
    lowest, highest = log_std_bounds
    batch, n_actions = eps.shape
    n_states = states.shape[1]
    past = _empty_pass(actor, batch)
    _forward(actor, 0, states, past)
    inputs = np.empty((batch, n_states + n_actions), np.float32)
    log_policy = np.zeros(batch, np.float32)
    for i in range(batch):
        inputs[i, :n_states] = states[i]
        for a in range(n_actions):
            log_std = min(max(past.outputs[i, n_actions + a], lowest), highest)
            u = past.outputs[i, a] + np.exp(log_std) * eps[i, a]
            inputs[i, n_states + a] = np.tanh(u)
            # log(1 - tanh(u)^2) = 2 (log 2 - |u| - log(1 + exp(-2 |u|)))
            slope = TWO * (LOG_2 - abs(u) - np.log1p(np.exp(-TWO * abs(u))))
            log_policy[i] -= HALF * eps[i, a] ** 2 + log_std + HALF_LOG_2_PI + slope
    slopes = np.zeros((batch, n_actions), np.float32)
    passes, values = _passes(critics, inputs)
    which = _least(values)
    w = np.zeros(batch, np.float32)
    if len(res_critics[0]):
        res_passes, res_values = _passes(res_critics, inputs)
        res_which = _least(res_values)
        if own:
            which = res_which = _least(values + res_values)
        w = _take(res_values, res_which)
        _add_slopes(res_critics, res_passes, res_which, n_states, slopes)
    q = _take(values, which)
    _add_slopes(critics, passes, which, n_states, slopes)
    outer = np.empty((batch, 2 * n_actions), np.float32)
    for i in range(batch):
        share = weights[i] / np.float32(batch)
        for a in range(n_actions):
            action, raw = inputs[i, n_states + a], past.outputs[i, n_actions + a]
            du = share * (TWO * temperature * action - slopes[i, a] * (ONE - action**2))
            outer[i, a] = du
            free = lowest <= raw <= highest
            spread = du * np.exp(raw) * eps[i, a] - share * temperature
            outer[i, n_actions + a] = spread if free else ZERO
    gradient = _empty_gradient(actor)
    signals1, signals2 = np.empty_like(past.hidden1), np.empty_like(past.hidden1)
    _gradient(actor, 0, states, outer, past, signals1, signals2, gradient)
    return ActorStep(gradient, log_policy, q, w)


@compiled
def _gram(a: Float32, out: Float32) -> None:
    """Fill the lower triangle of out (B, B) with a a', and what else shares its tiles."""
    transposed = np.empty((a.shape[1], a.shape[0]), np.float32)
    _transpose(a, transposed)
    n = a.shape[0]
    tiled = n - n % COLUMNS  # of which COLUMNS is a multiple of ROWS
    for j in range(0, tiled, COLUMNS):
        for i in range(j, tiled, ROWS):
            _tile(a, transposed, out, i, j)  # type: ignore[call-arg]  # numba gives the first one
    _product_by_rows(a, transposed, out, tiled, n, 0)


@compiled
def _fill_kernel(inputs: Float32, past: Pass, signals1: Float32, signals2: Float32, kernel: Float32) -> None:
    """Fill kernel (B, B) with J J' / B: by layers (a a' + 1) * (g g') of activations a and signals g."""
    batch = kernel.shape[0]
    parts = [np.empty_like(kernel) for _ in range(5)]
    for part, rows in zip(parts, (inputs, signals1, past.hidden1, signals2, past.hidden2)):  # noqa: B905
        _gram(rows, part)
    first, slope1, second, slope2, third = parts
    for i in range(batch):
        for j in range(i + 1):
            value = (first[i, j] + ONE) * slope1[i, j] + (second[i, j] + ONE) * slope2[i, j]
            kernel[i, j] = (value + third[i, j] + ONE) / np.float32(batch)
    for i in range(batch):
        for j in range(i):
            kernel[j, i] = kernel[i, j]


@compiled
def _add_along(
    activations: Float32, signals: Float32, weights: Float32, biases: Float32, out: Float32
) -> None:
    """Add the derivatives of B values along one layer's weights and biases to out (B,)."""
    products = np.empty((activations.shape[0], weights.shape[1]), np.float32)
    product(activations, weights, products)
    for i in range(out.size):
        total = ZERO
        for j in range(products.shape[1]):
            total += (products[i, j] + biases[0, j]) * signals[i, j]
        out[i] += total


@compiled
def response(critics: Ensemble, inputs: Float32, actor_inputs: Float32, kernels: Float32) -> Float32:
    """Fill kernels (n, B, B) with J_k J_k' / B and return M_k 1 (n, B), see `stackelberg.response`.

    M_k 1 are the derivatives of the values at `inputs` along the gradient of the sum of the least ones at
    `actor_inputs`, over B.
    """
    n, batch = critics[0].shape[0], inputs.shape[0]
    actor_passes, actor_values = _passes(critics, actor_inputs)
    passes, _ = _passes(critics, inputs)
    which = _least(actor_values)
    signals1, signals2 = np.empty_like(passes[0].hidden1), np.empty_like(passes[0].hidden1)
    ones, chosen = np.ones((batch, 1), np.float32), np.empty((batch, 1), np.float32)
    gradient = _empty_gradient(critics)
    right = np.zeros((n, batch), np.float32)
    for k in range(n):
        past = passes[k]
        for i in range(batch):
            chosen[i, 0] = ONE / np.float32(batch) if which[i] == k else ZERO
        _gradient(critics, k, actor_inputs, chosen, actor_passes[k], signals1, signals2, gradient)
        _signals(critics, k, ones, past, signals1, signals2)
        g1, gb1, g2, gb2, g3, gb3 = gradient
        _add_along(inputs, signals1, g1[0], gb1[0], right[k])
        _add_along(past.hidden1, signals2, g2[0], gb2[0], right[k])
        _add_along(past.hidden2, ones, g3[0], gb3[0], right[k])
        _fill_kernel(inputs, past, signals1, signals2, kernels[k])
    return right


@compiled
def adam_and_polyak(
    parameters: Float32,
    gradient: Float32,
    means: Float32,
    squares: Float32,
    targets: Float32,
    rate: np.float32,
    correction: np.float32,
    tau: np.float32,
) -> None:
    """One step of Adam (Kingma and Ba, 2015), then targets += tau (parameters - targets)."""
    p, g, m = parameters.reshape(-1), gradient.reshape(-1), means.reshape(-1)
    v, t = squares.reshape(-1), targets.reshape(-1)
    for i in range(p.size):
        # all reads before all writes: or LLVM would not know that the arrays do not overlap
        slope, mean, square, parameter, target = g[i], m[i], v[i], p[i], t[i]
        mean += REST1 * (slope - mean)
        square = BETA2 * square + REST2 * slope * slope
        parameter -= rate * mean / (np.sqrt(square) * correction + EPSILON)
        m[i], v[i], p[i], t[i] = mean, square, parameter, target + tau * (parameter - target)


class CriticArrays(NamedTuple):
    """The ensemble, its targets, and Adam's moments; updated in place."""

    parameters: Ensemble
    targets: Ensemble
    means: Ensemble
    squares: Ensemble


class RegressionArrays(NamedTuple):
    """`td.Regression` in NumPy."""

    inputs: Float32
    base: Float32
    discount: Float32
    next_inputs: Float32
    tau: np.float32
    own: bool
    bound: np.float32


@compiled
def _fitted_to(targets: Ensemble, data: RegressionArrays, i: int, past: Pass, y: Float32) -> None:
    """Fill y (n, B) with what minibatch i says the members should be."""
    n, batch = y.shape
    for k in range(n):
        _forward(targets, k, data.next_inputs[i], past)
        y[k] = past.outputs[:, 0]
    if not data.own:
        for j in range(batch):
            for k in range(1, n):
                y[0, j] = np.minimum(y[0, j], y[k, j])
            y[:, j] = y[0, j]
    for k in range(n):
        base = data.base[i, k % data.base.shape[1]]
        for j in range(batch):
            value = base[j] + data.discount[i, j] * y[k, j]
            # not by minimum and maximum: what is not a number must stay so
            value = data.bound if value > data.bound else value
            y[k, j] = -data.bound if value < -data.bound else value


@compiled
def regress(learner: CriticArrays, steps: int, lr: float, data: RegressionArrays) -> tuple[Float32, Float32]:
    """As `td.regress`, after `steps` steps of Adam: the losses (m,) and errors (m, n, B)."""
    parameters, targets, means, squares = learner
    n = parameters[0].shape[0]
    minibatches, batch = data.discount.shape
    losses = np.zeros(minibatches, np.float32)
    errors = np.empty((minibatches, n, batch), np.float32)
    past = _empty_pass(parameters, batch)
    signals1, signals2 = np.empty_like(past.hidden1), np.empty_like(past.hidden1)
    y, outer = np.empty((n, batch), np.float32), np.empty((batch, 1), np.float32)
    gradient = _empty_gradient(parameters)
    for i in range(minibatches):
        _fitted_to(targets, data, i, past, y)
        t = steps + i + 1
        rate, correction = np.float32(lr / (1 - 0.9**t)), np.float32(1 / np.sqrt(1 - 0.999**t))
        for k in range(n):
            _forward(parameters, k, data.inputs[i], past)
            for j in range(batch):
                errors[i, k, j] = past.outputs[j, 0] - y[k, j]
                outer[j, 0] = errors[i, k, j] / np.float32(batch)
                losses[i] += HALF * errors[i, k, j] * outer[j, 0]
            _gradient(parameters, k, data.inputs[i], outer, past, signals1, signals2, gradient)
            for layer in range(6):
                adam_and_polyak(
                    parameters[layer][k],
                    gradient[layer][0],
                    means[layer][k],
                    squares[layer][k],
                    targets[layer][k],
                    rate,
                    correction,
                    data.tau,
                )
    return losses, errors
