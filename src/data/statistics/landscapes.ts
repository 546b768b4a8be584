/** What the landscapes of a checkpoint are like: `none.epoch10.layer1.bias.neighbours`. */
import { mean } from 'd3-array'
import { open } from '../../../experiments/definition.ts'
import { fresh } from '../../../experiments/definitions/fresh.ts'
import { landscapes } from '../../../experiments/definitions/landscapes.ts'
import { type DrawnLayer, drawnLayers, layerName } from '../../../experiments/layers.ts'
import type { Protocol } from '../../../experiments/protocol.ts'
import { variantsOf } from '../variants.ts'
import { withDropout } from './study.ts'
import {
  atCheckpoint,
  type Checkpoint,
  checkpoints,
  digits,
  integer,
  number,
  percent,
  subject,
  verdict,
} from './subject.ts'

/** A hidden layer at a checkpoint. */
export interface LayerAt extends Checkpoint {
  readonly layer: DrawnLayer
}

export const layersAt = (protocol: Protocol): LayerAt[] =>
  checkpoints(protocol).flatMap((at) => drawnLayers.map((layer) => ({ ...at, layer })))

export const atLayer = ({ layer, ...at }: LayerAt) => `${atCheckpoint(at)}.layer${layer}` as const

const summaryOf = ({ condition, epoch }: Checkpoint, run: Parameters<typeof open>[0]) =>
  open(run, landscapes.at(condition, epoch)).summary()

export const residuals = subject({
  places: checkpoints,
  prefix: atCheckpoint,
  forms: {
    positiveResiduals: percent,
    /** Whether all residuals of all drawn minibatches have one sign. */
    oneSigned: verdict,
  },
  async measure(at, run) {
    const { positiveResiduals } = await summaryOf(at, run)
    return {
      positiveResiduals: mean(positiveResiduals) ?? null,
      oneSigned: [0, 1].some((side) => positiveResiduals.every((share) => share === side)),
    }
  },
})

export const units = subject({
  places: layersAt,
  prefix: atLayer,
  forms: {
    /** The units whose parameters are moved. */
    unitX: integer,
    unitY: integer,
    dead: integer,
    units: integer,
  },
  async measure({ layer, ...at }, run) {
    const { units, active } = (await summaryOf(at, run)).layers[layerName(layer)]
    return {
      unitX: units[0],
      unitY: units[1],
      dead: active.filter((count) => count === 0).length,
      units: active.length,
    }
  },
})

export const drawn = subject({
  places: (protocol) =>
    layersAt(protocol).flatMap((at) =>
      variantsOf(protocol.conditions[at.condition]).flatMap((variant) =>
        variant === 'fresh' ? [] : [{ ...at, variant }],
      ),
    ),
  prefix: ({ variant, ...at }) => `${atLayer(at)}.${variant}` as const,
  forms: {
    neighbours: number((angle) => ({ digits: angle < 1 ? 2 : 0, unit: '°' })),
    length: number((length) =>
      length > 0 && length < 1e-3 ? { format: 'scientific', digits: 1 } : { digits: 3 },
    ),
    zero: percent,
  },
  async measure({ layer, variant, ...at }, run) {
    const { variants } = (await summaryOf(at, run)).layers[layerName(layer)]
    const { neighbourAngle = null, length = null, zero = null } = variants[variant] ?? {}
    return { neighbours: neighbourAngle, length, zero }
  },
})

/** Landscapes with a mask of its own at every point, which only conditions with dropout have. */
export const redrawn = (protocol: Protocol): LayerAt[] =>
  layersAt(protocol).filter(({ condition }) => withDropout(condition, protocol))

export const atRedrawn = (at: LayerAt) => `${atLayer(at)}.fresh` as const

export const resampled = subject({
  places: redrawn,
  prefix: atRedrawn,
  forms: { neighbours: number({ digits: 0, unit: '°' }), length: digits(3) },
  async measure({ condition, epoch, layer }, run) {
    const summary = await open(run, fresh.at(condition, epoch)).summary()
    const { neighbourAngle, length } = summary[layerName(layer)]
    return { neighbours: neighbourAngle, length }
  },
})
