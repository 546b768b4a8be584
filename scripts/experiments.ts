/** The experiments' command line (`npm run experiments -- --help`), and the function that a build calls. */

import { fileURLToPath } from 'node:url'
import { type EngineName, threadEnvironment } from '../experiments/engine/index.ts'
import { protocols } from '../experiments/protocol.ts'
import { study } from '../experiments/study.ts'
import { chooseEngine } from '../native/choice.ts'
import {
  type Experiments,
  experimentsCommand,
  main,
  type Request,
  runExperiments,
} from '../pipeline/command.ts'
import type { KeptRun } from '../pipeline/run.ts'
import type { Json } from '../pipeline/stage.ts'
import { checked } from './protocol.ts'

/** The study of `experiments/` as the pipeline sees it. */
export const experiments: Experiments = {
  root: fileURLToPath(new URL('..', import.meta.url)),
  profiles: Object.fromEntries(
    Object.keys(protocols).map((name) => [name, () => study(checked(protocols)[name])]),
  ),
  // An interface has no index; what it holds is JSON, as its schema says.
  protocolOf: (profile) => checked(protocols)[profile] as unknown as Json,
  engines: ['auto', 'native', 'wasm'],
  chooseEngine: (request, say) => chooseEngine(request as EngineName | 'auto', say),
  workerEnvironment: threadEnvironment(1),
}

/**
 * Brings the results up to date. @throws an Error with the one message to show; see `main` for its exit code
 */
export function updateResults(request: Request = {}): Promise<KeptRun> {
  return runExperiments(experiments, request)
}

/** What a parent process is told, by IPC, of a run that it has started and that came to its end. */
export interface RunMessage {
  /** The run's id, for EXPERIMENTS_RUN. */
  readonly run: string
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(experimentsCommand(experiments, process.stdout, ({ id }) => tellParent({ run: id })))
}

function tellParent(message: RunMessage): void {
  process.send?.(message)
}
