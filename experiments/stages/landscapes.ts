import type { Json, StageFunction, Tensor, Tensors } from '../../pipeline/stage.ts'
import { type FieldSummary, summarizeField } from '../agreement.ts'
import {
  backward,
  descend,
  displacements,
  landscape,
  layersFrom,
  type Minibatch,
  type Move,
  type Precision,
  transpose,
  type UnitPass,
} from '../landscape.ts'
import { mask } from '../network.ts'
import type { Protocol } from '../protocol.ts'
import type { CheckpointParameters } from './activations.ts'
import { readParameters } from './inputs.ts'

export interface DrawingParameters extends CheckpointParameters {
  readonly grid: Protocol['landscapes']['grid']
  readonly single: Protocol['landscapes']['single']
  readonly roundOff: number
}

/** What the landscapes of one layer are of and like. */
export interface LayerSummary {
  /** The two units whose parameters are moved: the first two of those that are active in the most minibatches. */
  readonly units: readonly [number, number]
  /** For each unit of the layer, the number of minibatches in which it is active for at least one example. */
  readonly active: readonly number[]
  readonly variants: { readonly [variant: string]: FieldSummary }
}

/** `summary.json` of the landscapes of a checkpoint. */
export interface LandscapesSummary {
  /** Mean absolute error, by minibatch. */
  readonly cost: readonly number[]
  /** Fraction of examples whose output exceeds the target, by minibatch. */
  readonly positiveResiduals: readonly number[]
  /** By layer, `layer1` and `layer2`. */
  readonly layers: { readonly [layer: string]: LayerSummary }
}

const gradientUnit = 'cost per unit of the parameter'

/**
 * The gradient landscapes of a checkpoint's minibatches over two shifts of units of hidden layers 1 and 2, parameters and masks held.
 *
 * `landscape-<variant>.safetensors`: layer<n> [minibatch, y, x, 2] and the displacements x, y; variants: `bias` (float64), `float32` (the same in single precision) and,
 * under batch normalization, `beta`. `single.safetensors`: the first minibatch on a finer grid. `centres.safetensors`: bias<n>, beta<n> [minibatch, unit], the gradients of all units' shifts.
 * `summary.json`: a LandscapesSummary.
 */
const landscapes: StageFunction<DrawingParameters> = async (
  { protocol, condition, epoch, grid, single, roundOff },
  inputs,
  context,
) => {
  const parameters = await readParameters(inputs.training, epoch)
  const stored = await inputs.activations.tensors('activations.safetensors')
  const placement = condition.batchNorm
  const layers = layersFrom(parameters, 1, { placement, epsilon: protocol.training.batchNorm.epsilon })
  const [count] = stored.minibatches.shape
  const [x, y] = [displacements(grid.x), displacements(grid.y)]

  const first = Array.from({ length: count }, (_, i) => minibatchOf(stored, i, protocol, condition))
  const minibatches = first.map((minibatch) => descend(layers, minibatch))
  const roundedMinibatches = first.map((minibatch) => descend(layers, minibatch, 'float32'))

  const centres = first.map((minibatch) => backward(layers, minibatch))
  const drawn = layers.map((layer, l) => {
    const active = Array.from({ length: layer.units }, (_, unit) =>
      centres.reduce((sum, pass) => sum + (pass.layers[l][unit].active ? 1 : 0), 0),
    )
    return { active, units: mostActive(active) }
  })

  const variants: { name: string; kind: Move['kind']; precision: Precision }[] = [
    { name: 'bias', kind: 'bias', precision: 'float64' },
    { name: 'float32', kind: 'bias', precision: 'float32' },
    ...(placement ? [{ name: 'beta', kind: 'beta', precision: 'float64' } as const] : []),
  ]
  const total = variants.length * layers.length * count
  let done = 0
  const fields: { [variant: string]: Float64Array[] } = {}
  for (const { name, kind, precision } of variants) {
    const seen = precision === 'float64' ? minibatches : roundedMinibatches
    fields[name] = layers.map((_layer, l) => {
      const [first, second] = drawn[l].units
      const moves: [Move, Move] = [
        { kind, unit: first },
        { kind, unit: second },
      ]
      const field = new Float64Array(count * y.length * x.length * 2)
      seen.forEach((minibatch, i) => {
        field.set(
          landscape(layers.slice(l), minibatch[l], moves, x, y, precision),
          (i * field.length) / count,
        )
        context.progress(++done, total, 'landscapes', `${name}, hidden layer ${l + 1}`)
      })
      return field
    })
  }

  const names = layers.map((_, l) => `layer${l + 1}`)
  const [fineX, fineY] = [displacements(single.x), displacements(single.y)]
  const perUnit = (value: (unit: UnitPass) => number, l: number): Tensor => ({
    shape: [count, layers[l].units],
    data: Float64Array.from(centres.flatMap((pass) => pass.layers[l].map(value))),
    axes: ['minibatch', 'unit'],
    unit: gradientUnit,
  })
  return {
    ...Object.fromEntries(
      variants.map(({ name }) => [
        `landscape-${name}.safetensors`,
        {
          ...Object.fromEntries(
            fields[name].map((data, l) => [
              names[l],
              {
                shape: [count, y.length, x.length, 2],
                data,
                axes: ['minibatch', 'y', 'x', 'component'],
                unit: gradientUnit,
              },
            ]),
          ),
          x: { shape: [x.length], data: x, axes: ['x'] },
          y: { shape: [y.length], data: y, axes: ['y'] },
        },
      ]),
    ),
    'single.safetensors': {
      ...Object.fromEntries(
        layers.map((_, l) => {
          const [first, second] = drawn[l].units
          const kind = placement === 'before ReLU' ? 'beta' : 'bias'
          const moves: [Move, Move] = [
            { kind, unit: first },
            { kind, unit: second },
          ]
          return [
            names[l],
            {
              shape: [fineY.length, fineX.length, 2],
              data: landscape(layers.slice(l), minibatches[0][l], moves, fineX, fineY),
              axes: ['y', 'x', 'component'],
              unit: gradientUnit,
            },
          ]
        }),
      ),
      x: { shape: [fineX.length], data: fineX, axes: ['x'] },
      y: { shape: [fineY.length], data: fineY, axes: ['y'] },
    },
    'centres.safetensors': Object.fromEntries(
      layers.flatMap((_, l) => [
        [`bias${l + 1}`, perUnit(({ bias }) => bias, l)],
        ...(placement ? [[`beta${l + 1}`, perUnit(({ beta }) => beta, l)] as const] : []),
      ]),
    ),
    'summary.json': {
      cost: centres.map(({ cost }) => cost),
      positiveResiduals: centres.map(
        ({ residuals }) => residuals.filter((residual: number) => residual > 0).length / residuals.length,
      ),
      layers: Object.fromEntries(
        drawn.map(({ active, units }, l) => [
          names[l],
          {
            units,
            active,
            variants: Object.fromEntries(
              variants.map(({ name, precision }) => [
                name,
                summarizeField(fields[name][l], x.length, y.length, precision === 'float64' ? roundOff : 0),
              ]),
            ),
          } satisfies LayerSummary,
        ]),
      ),
    } as unknown as Json,
  }
}

export default landscapes

/** The i-th drawn minibatch as hidden layer 1 sees it. */
function minibatchOf(
  activations: Tensors,
  i: number,
  protocol: CheckpointParameters['protocol'],
  condition: CheckpointParameters['condition'],
): Minibatch {
  const { minibatches, minibatchTargets } = activations
  const [, size, units] = minibatches.shape
  const preactivations = minibatches.data.subarray(i * size * units, (i + 1) * size * units)
  const masks = [1, 2].flatMap((layer) => {
    const values = mask(protocol, condition, size, layer, 'landscape', i)
    return values ? [transpose(values, size, protocol.hidden[layer])] : []
  })
  return {
    size,
    preactivations: transpose(preactivations, size, units),
    targets: Float64Array.from(minibatchTargets.data.subarray(i * size, (i + 1) * size)),
    masks: masks.length > 0 ? masks : undefined,
  }
}

/** The first two of the units that are active in the most minibatches. */
function mostActive(active: readonly number[]): [number, number] {
  const [a, b] = active
    .map((count, unit) => ({ count, unit }))
    .sort((p, q) => q.count - p.count || p.unit - q.unit)
  return a.unit < b.unit ? [a.unit, b.unit] : [b.unit, a.unit]
}
