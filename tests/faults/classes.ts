import { archives } from './archives.ts'
import { damage } from './damage.ts'
import { kills } from './kills.ts'
import { pairs } from './pairs.ts'
import { places } from './places.ts'
import type { FaultClass } from './suite.ts'
import { targets } from './targets.ts'

/** All classes of faults. */
export const classes: readonly FaultClass[] = [kills, damage, archives, pairs, places, targets]
