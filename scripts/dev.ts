/** `npm run dev`: the live site. Prose edits show at once; an edit under experiments/ runs its stages again, then the page reloads. */

import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { experiments } from './experiments.ts'

const arguments_ = process.argv.slice(2)
let running: Promise<boolean> | undefined
let again = false

/** Runs the experiments in a process of their own, since edited modules have to be loaded anew; true if all results are there. */
function update(): Promise<boolean> {
  return new Promise((resolve) => {
    const run = spawn(process.execPath, [...process.execArgv, join(experiments.root, 'scripts/experiments.ts'), ...arguments_], {
      stdio: 'inherit',
    })
    run.once('exit', (code) => resolve(code === 0))
  })
}

if (!(await update())) process.exit(1)
process.env.ASTRO_TELEMETRY_DISABLED = '1'
const { dev } = await import('astro')
await dev({ root: experiments.root })

watch(join(experiments.root, 'experiments'), { recursive: true }, () => {
  again = true
  running ??= (async () => {
    let complete = true
    while (again) {
      again = false
      complete = await update()
    }
    running = undefined
    return complete
  })()
})
