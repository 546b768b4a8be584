import { summarizeField } from '../agreement.ts'
import type { Reader } from '../definition.ts'
import type { activations } from '../definitions/activations.ts'
import type { CheckpointParameters } from '../definitions/common.ts'
import { type DrawnVariant, landscapes } from '../definitions/landscapes.ts'
import { displacements, landscape } from '../landscape/landscape.ts'
import { layersFrom, type Minibatch, type Move, type Precision, transpose } from '../landscape/layers.ts'
import { backward, descend, type UnitPass } from '../landscape/one-pass.ts'
import { byLayer, drawnLayers } from '../layers.ts'
import { mask } from '../network.ts'
import { shiftOf } from '../parameters.ts'
import { maskNames } from '../streams.ts'
import { readParameters } from './inputs.ts'

export default landscapes.implement(async (parameters, inputs, context) => {
  const { protocol, condition, epoch, grid, single, roundOff } = parameters
  const network = await readParameters(inputs.training, epoch)
  const stored = await inputs.activations.activations()
  const placement = condition.batchNorm
  const layers = layersFrom(network, 1, { placement, epsilon: protocol.training.batchNorm.epsilon })
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

  const variants: { name: DrawnVariant; kind: Move['kind']; precision: Precision }[] = [
    { name: 'bias', kind: 'bias', precision: 'float64' },
    { name: 'float32', kind: 'bias', precision: 'float32' },
    ...(placement ? [{ name: 'beta', kind: 'beta', precision: 'float64' } as const] : []),
  ]
  const total = variants.length * layers.length * count
  let done = 0
  const fields = new Map<DrawnVariant, Float64Array[]>()
  for (const { name, kind, precision } of variants) {
    const seen = precision === 'float64' ? minibatches : roundedMinibatches
    const drawings = layers.map((_layer, l) => {
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
    fields.set(name, drawings)
  }

  const [fineX, fineY] = [displacements(single.x), displacements(single.y)]
  const axes = { x: { shape: [x.length], data: x }, y: { shape: [y.length], data: y } }
  const perUnit = (value: (unit: UnitPass) => number, l: number) => ({
    shape: [count, layers[l].units],
    data: Float64Array.from(centres.flatMap((pass) => pass.layers[l].map(value))),
  })
  const ofVariants = <T>(of: (fields: readonly Float64Array[], name: DrawnVariant) => T) => {
    const { bias, float32, beta } = Object.fromEntries(
      [...fields].map(([name, drawn]) => [name, of(drawn, name)]),
    )
    return { bias, float32, ...(placement && { beta }) }
  }
  return {
    landscape: ofVariants((drawn) => ({
      ...byLayer((layer) => ({ shape: [count, y.length, x.length, 2], data: drawn[layer - 1] })),
      ...axes,
    })),
    single: {
      ...byLayer((layer) => {
        const [first, second] = drawn[layer - 1].units
        const kind = shiftOf(condition)
        const moves: [Move, Move] = [
          { kind, unit: first },
          { kind, unit: second },
        ]
        const below = layers.slice(layer - 1)
        return {
          shape: [fineY.length, fineX.length, 2],
          data: landscape(below, minibatches[0][layer - 1], moves, fineX, fineY),
        }
      }),
      x: { shape: [fineX.length], data: fineX },
      y: { shape: [fineY.length], data: fineY },
    },
    centres: {
      bias1: perUnit(({ bias }) => bias, 0),
      bias2: perUnit(({ bias }) => bias, 1),
      beta1: placement ? perUnit(({ beta }) => beta, 0) : undefined,
      beta2: placement ? perUnit(({ beta }) => beta, 1) : undefined,
    },
    summary: {
      cost: centres.map(({ cost }) => cost),
      positiveResiduals: centres.map(
        ({ residuals }) => residuals.filter((residual: number) => residual > 0).length / residuals.length,
      ),
      layers: byLayer((layer) => ({
        ...drawn[layer - 1],
        variants: ofVariants((drawn, name) =>
          summarizeField(drawn[layer - 1], x.length, y.length, name === 'float32' ? 0 : roundOff),
        ),
      })),
    },
  }
})

type Stored = Awaited<ReturnType<Reader<typeof activations.files>['activations']>>

/** The i-th drawn minibatch as hidden layer 1 sees it. */
function minibatchOf(
  { minibatches, minibatchTargets }: Stored,
  i: number,
  protocol: CheckpointParameters['protocol'],
  condition: CheckpointParameters['condition'],
): Minibatch {
  const [, size, units] = minibatches.shape
  const preactivations = minibatches.data.subarray(i * size * units, (i + 1) * size * units)
  const masks = drawnLayers.flatMap((layer) => {
    const values = mask(protocol, condition, size, layer, maskNames.landscape(i))
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
