/** `npm run worker`: makes results that runs on other machines ask for. See `npm run worker -- --help`. */

import { main, workerCommand } from '../pipeline/command.ts'
import { experiments } from './experiments.ts'

await main(workerCommand(experiments))
