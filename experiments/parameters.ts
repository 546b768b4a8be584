/** The parameters of a unit, by what they do. */
import type { Condition } from './protocol.ts'

/** One parameter of a unit. */
export type ParameterKind = 'bias' | 'weight' | 'gamma' | 'beta'

/** The parameter that shifts what a unit's ReLU sees. */
type Shift = 'bias' | 'beta'

/**
 * The shift of the units of a network: their biases or, under batch normalization before the ReLU, which
 * takes a bias out again, their betas.
 */
export const shiftOf = ({ batchNorm }: Pick<Condition, 'batchNorm'>): Shift =>
  batchNorm === 'before ReLU' ? 'beta' : 'bias'
