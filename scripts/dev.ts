/** `npm run dev`: the live site. Prose edits show at once; an edit under experiments/ runs its stages again, then the page reloads. */

import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { experiments } from './experiments.ts'

/** Runs the experiments in a process of their own, since edited modules have to be loaded anew; true if all results are there. */
function update(): Promise<boolean> {
  const command = [
    ...process.execArgv,
    join(experiments.root, 'scripts/experiments.ts'),
    ...process.argv.slice(2),
  ]
  return new Promise((resolve) => {
    spawn(process.execPath, command, { stdio: 'inherit' }).once('exit', (code) => resolve(code === 0))
  })
}

if (!(await update())) process.exit(1)
process.env.ASTRO_TELEMETRY_DISABLED = '1'
const { dev } = await import('astro')
await dev({ root: experiments.root })

let running = false
let edited = false
watch(join(experiments.root, 'experiments'), { recursive: true }, async () => {
  edited = true
  if (running) return
  running = true
  while (edited) {
    edited = false
    await update()
  }
  running = false
})
