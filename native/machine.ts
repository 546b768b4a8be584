import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { usersFolder } from '../pipeline/kept.ts'
import { recipe } from './addon.ts'
import { cacheVariable } from './obstacle.ts'
import { type Wheel, wheels } from './wheels.ts'

/** The machine to set up. Tests put others in its place. */
export interface Machine {
  readonly environment: NodeJS.ProcessEnv
  /** Node's platform and architecture, such as `linux x64`. */
  readonly platform: string
  readonly wheels: Readonly<Record<string, Wheel>>
  /** The folder of the package tfjs-node. */
  readonly tfjsNode: string
}

/** Is told, in a line, of each thing that takes time. */
export type Report = (line: string) => void

const require = createRequire(import.meta.url)

export function thisMachine(): Machine {
  return {
    environment: process.env,
    platform: `${process.platform} ${process.arch}`,
    wheels,
    tfjsNode: dirname(require.resolve('@tensorflow/tfjs-node/package.json')),
  }
}

/** The version of an installed package. */
export function versionOf(name: string): string {
  return z.object({ version: z.string() }).parse(require(`${name}/package.json`)).version
}

/**
 * The folder for the libraries of this wheel and the addon; another wheel, another addon or another way to
 * make it has another one.
 */
export function cacheFolder(wheel: Wheel, { environment, platform }: Machine): string {
  const made = JSON.stringify([wheel, recipe, versionOf('@tensorflow/tfjs-node')])
  const digest = createHash('sha256').update(made).digest('hex').slice(0, 8)
  const name = `${wheel.project}-${wheel.version}-${platform.replace(' ', '-')}-${digest}`
  return join(usersFolder('minibatch-composition', cacheVariable, environment), name)
}
