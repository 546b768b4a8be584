import { archives } from './archives.ts'
import { prose, protocol } from './authors.ts'
import { builds } from './builds.ts'
import { damage } from './damage.ts'
import { kills } from './kills.ts'
import { pairs } from './pairs.ts'
import { places } from './places.ts'
import { records } from './records.ts'
import { servers } from './servers.ts'
import type { FaultClass } from './suite.ts'
import { targets } from './targets.ts'

/** Classes of faults of the pipeline, on a small study. */
export const ofPipeline: readonly FaultClass[] = [kills, damage, archives, pairs, places, targets]

/** Classes of faults of the project's own commands, which take the results of the smoke profile. */
export const ofProject: readonly FaultClass[] = [prose, protocol, records, builds, servers]

/** All classes of faults. */
export const classes: readonly FaultClass[] = [...ofPipeline, ...ofProject]
