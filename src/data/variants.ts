import type { DrawnVariant } from '../../experiments/definitions/landscapes.ts'
import type { Condition } from '../../experiments/protocol.ts'

/**
 * How landscapes are computed: over two biases in float64, with parameters and masks held (`bias`); the same
 * in float32; over two betas of batch normalization; or with a fresh dropout mask at every grid point.
 */
export type Variant = DrawnVariant | 'fresh'

/** The variants that a condition has. */
export const variantsOf = ({ dropout, batchNorm }: Pick<Condition, 'dropout' | 'batchNorm'>): Variant[] => [
  'bias',
  'float32',
  ...(batchNorm ? (['beta'] as const) : []),
  ...(dropout > 0 ? (['fresh'] as const) : []),
]
