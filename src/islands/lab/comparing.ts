/**
 * Comparing: how the landscapes that the browser calculates agree with those that the build made for the
 * article.
 */
import { displacements, landscape } from '../../../experiments/landscape/landscape.ts'
import { transpose } from '../../../experiments/landscape/layers.ts'
import { type MaskName, maskNames } from '../../../experiments/streams.ts'
import { Checkpoint, type Seen } from './checkpoint.ts'
import type { Files, Report } from './files.ts'
import { finish } from './measuring.ts'
import { isPlain, type Study } from './study.ts'

/** How the browser's landscape of a minibatch of the article compares with the build's. */
export interface Comparison {
  readonly layer: 1 | 2
  readonly kind: 'bias' | 'beta'
  /** Largest difference of a component, calculated from the build's pre-activations. */
  readonly difference: number
  /**
   * Root mean square difference when calculated as for a minibatch of the reader's own, from rounded numbers.
   */
  readonly rounding: number
  /** Root mean square length of the build's arrows. */
  readonly length: number
}

/** Which minibatch of the article, counted from 1. */
export interface Compared {
  readonly condition: string
  readonly epoch: number
  readonly number: number
}

/**
 * Calculates the landscapes of a minibatch of the article as the build did, and again from rounded numbers.
 */
export async function compare(
  study: Study,
  files: Files,
  { condition, epoch, number }: Compared,
  report: Report,
  pause: () => Promise<void>,
): Promise<Comparison[]> {
  const studied = study.conditions[condition]
  const plain = isPlain(studied)
  const { minibatches, targets } = await files.examples(report)
  const lower = await files.lower(condition, epoch, report)
  const whole = plain
    ? undefined
    : { network: await files.network(condition, epoch, report), inputs: await files.inputs(report) }
  const { preactivations, ...fields } = await files.published(condition, epoch, number, report)
  const checkpoint = new Checkpoint(study, studied, targets, lower, whole)
  const places = Int32Array.from(minibatches[number - 1])
  const masks: MaskName | undefined = studied.dropout > 0 ? maskNames.landscape(number - 1) : undefined
  const [size, units] = preactivations.shape
  const exact = checkpoint.arrived(places, 1, transpose(preactivations.data, size, units), 'minibatch', masks)
  const rounded = async (layer: 1 | 2): Promise<Seen> => {
    if (!plain) return finish(checkpoint.see(places, 'minibatch', masks), () => {}, pause)
    const arrivals = await files.arrivals(condition, epoch, layer, report)
    return checkpoint.arrived(places, layer, arrivals.of(places), 'minibatch', masks)
  }
  const approximate = { 1: await rounded(1), 2: await rounded(2) }
  const [x, y] = [displacements(study.grid.x), displacements(study.grid.y)]
  return Object.entries(fields).map(([name, { data }]) => {
    const { layer, kind } = named(name)
    const [p, q] = studied.units[epoch][layer]
    const field = (seen: Seen) => {
      const view = checkpoint.view(seen, layer, [
        { kind, unit: p },
        { kind, unit: q },
      ])
      return landscape(view.layers, view.minibatch, view.moves, x, y)
    }
    const [here, again] = [field(exact), field(approximate[layer])]
    let [difference, errors, squares] = [0, 0, 0]
    data.forEach((value: number, at: number) => {
      difference = Math.max(difference, Math.abs(here[at] - value))
      errors += (again[at] - value) ** 2
      squares += value ** 2
    })
    const points = data.length / 2
    return {
      layer,
      kind,
      difference,
      rounding: Math.sqrt(errors / points),
      length: Math.sqrt(squares / points),
    }
  })
}

/** What a landscape of the article's files is of: `layer1.bias`. */
function named(name: string): Pick<Comparison, 'layer' | 'kind'> {
  const [layer, kind] = name.split('.')
  if ((layer !== 'layer1' && layer !== 'layer2') || (kind !== 'bias' && kind !== 'beta'))
    throw new Error(`${name} is no landscape of the article.`)
  return { layer: layer === 'layer1' ? 1 : 2, kind }
}
