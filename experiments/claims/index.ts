/** All claims of the study. */
import { causes } from './causes.ts'
import type { Claim } from './claim.ts'
import { composition } from './composition.ts'
import { generality } from './generality.ts'
import { learning } from './learning.ts'
import { opposition } from './opposition.ts'
import { regularizers } from './regularizers.ts'
import { vote } from './vote.ts'

/** In the order of the ledger: what the source says first, then why. */
export const claims: readonly Claim[] = [
  ...learning,
  ...opposition,
  ...vote,
  ...causes,
  ...composition,
  ...regularizers,
  ...generality,
]
