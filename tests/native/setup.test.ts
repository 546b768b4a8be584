import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chooseEngine } from '../../native/choice.ts'
import type { Machine } from '../../native/machine.ts'
import { setUpNative } from '../../native/setup.ts'
import { wheels } from '../../native/wheels.ts'

/**
 * A wheel of a few kilobytes stands in for TensorFlow's, with two libraries that have nothing in them and the
 * headers' places; a package with one source file stands in for tfjs-node; and a script stands in for Python,
 * which copies the wheel where pip would download it.
 */
const folder = mkdtempSync(join(tmpdir(), 'native-'))
const bin = join(folder, 'bin')
const wheelFile = join(folder, 'small.whl')
const source = join(folder, 'package/binding/addon.cc')
const goodSource = `#include <node_api.h>
#include "tensorflow/c/c_api.h"
NAPI_MODULE_INIT() { return exports; }`

function program(name: string, lines: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${lines}\n`)
  chmodSync(join(bin, name), 0o755)
}

/** Python whose pip does this to download. */
const python = (download: string) =>
  program(
    'python3',
    `case "$*" in *"pip --version"*) exit 0;; *"pip download"*) ${download};; *) exec ${realPython} "$@";; esac`,
  )

// biome-ignore lint/suspicious/noTemplateCurlyInString: these are the shell's
const downloads = 'for a in "$@"; do case $a in --dest=*) cp "$WHEEL" "${a#--dest=}/";; esac; done'

function find(command: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {}
  return undefined
}
const realPython = find('python3', '-c', 'import sys; print(sys.executable)')
const compiler = 'g++'
const possible = process.platform === 'linux' && realPython && find(compiler, '--version')

let machine: Machine
let said: string[]
const say = (line: string) => said.push(line)
const cache = join(folder, 'cache')
/** What is kept, besides its lock. */
const kept = () => readdirSync(cache).filter((name) => !name.includes('.lock'))
const cached = () => join(cache, kept()[0])
const linked = join(folder, 'package/lib/napi-v8/tfjs_binding.node')
const withEnvironment = (environment: NodeJS.ProcessEnv): Machine => ({
  ...machine,
  environment: { ...machine.environment, ...environment },
})

/** A wheel with these libraries compiled from nothing, and one header. */
function makeWheel(): void {
  const content = join(folder, 'wheel')
  const header = join(content, 'tensorflow/include/tensorflow/c/c_api.h')
  mkdirSync(dirname(header), { recursive: true })
  writeFileSync(header, '#pragma once\n')
  for (const path of wheels['linux x64'].libraries) {
    execFileSync(compiler, ['-shared', '-x', 'c++', '/dev/null', '-o', join(content, path)])
  }
  const script =
    'import shutil, sys; shutil.move(shutil.make_archive(sys.argv[1], "zip", sys.argv[2]), sys.argv[1])'
  execFileSync(realPython!, ['-c', script, wheelFile, content])
}

describe.skipIf(!possible)(
  `setting up the native engine${possible ? '' : ' (left out: it takes Linux, python3 and g++)'}`,
  () => {
    beforeAll(makeWheel)
    afterAll(() => rmSync(folder, { recursive: true }))
    beforeEach(() => {
      for (const name of ['cache', 'package', 'bin'])
        rmSync(join(folder, name), { recursive: true, force: true })
      for (const path of [bin, dirname(source)]) mkdirSync(path, { recursive: true })
      writeFileSync(source, goodSource)
      python(downloads)
      said = []
      const wheel = readFileSync(wheelFile)
      machine = {
        environment: {
          ...process.env,
          PATH: `${bin}:${process.env.PATH}`,
          MINIBATCH_COMPOSITION_CACHE: cache,
          WHEEL: wheelFile,
        },
        platform: 'linux x64',
        wheels: {
          'linux x64': {
            ...wheels['linux x64'],
            bytes: wheel.length,
            sha256: createHash('sha256').update(wheel).digest('hex'),
          },
        },
        tfjsNode: join(folder, 'package'),
      }
    })

    test('downloads, unpacks, compiles and links the addon, and says so as it goes', async () => {
      expect(await setUpNative(say, machine)).toEqual({
        ok: true,
        version: expect.stringMatching(/^tfjs-node .*, TensorFlow 2/),
      })
      expect(said.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
        'setting up',
        'downloading tensorflow-cpu',
        'unpacking the',
        "compiling tfjs-node's",
        'native engine',
      ])
      expect(realpathSync(linked)).toBe(join(realpathSync(cached()), 'tfjs_binding.node'))
      expect(kept()).toHaveLength(1)
      expect(readdirSync(cached()).sort()).toEqual([
        'libtensorflow_cc.so.2',
        'libtensorflow_framework.so.2',
        'manifest.json',
        'tfjs_binding.node',
      ])
    })

    test('needs neither Python nor a compiler a second time, even after npm ci has emptied the package', async () => {
      await setUpNative(say, machine)
      said = []
      rmSync(dirname(linked), { recursive: true })
      expect(await setUpNative(say, withEnvironment({ PATH: '/nowhere' }))).toMatchObject({ ok: true })
      expect(said).toEqual([])
      expect(realpathSync(linked)).toBe(join(realpathSync(cached()), 'tfjs_binding.node'))
    })

    test('checks what is kept when it was touched, and goes on with it when it is what it was', async () => {
      await setUpNative(say, machine)
      said = []
      const library = join(cached(), 'libtensorflow_cc.so.2')
      writeFileSync(library, readFileSync(library))
      expect(await setUpNative(say, withEnvironment({ PATH: '/nowhere' }))).toMatchObject({ ok: true })
      expect(said).toEqual([expect.stringContaining('which was moved or touched')])
      expect(await setUpNative(say, withEnvironment({ PATH: '/nowhere' }))).toMatchObject({ ok: true })
      expect(said).toHaveLength(1)
    })

    test.each(['libtensorflow_cc.so.2', 'tfjs_binding.node', 'manifest.json'])(
      'makes everything again when %s is damaged, and says so',
      async (name) => {
        await setUpNative(say, machine)
        said = []
        const file = join(cached(), name)
        const content = readFileSync(file)
        const good = Buffer.from(content)
        content[content.length >> 1] ^= 1
        writeFileSync(file, name === 'manifest.json' ? content.subarray(0, 20) : content)
        expect(await setUpNative(say, machine)).toMatchObject({ ok: true })
        expect(said.join('\n')).toMatch(/making the native engine again, because .* is damaged/)
        expect(said.at(-1)).toContain('ready')
        if (name !== 'manifest.json') expect(readFileSync(file)).toEqual(good)
        expect(kept()).toHaveLength(1)
      },
    )

    test.each(['{}', 'null', '[]', '{"tfjs_binding.node":{}}', 'no JSON'])(
      'makes everything again when the manifest says %s',
      async (content) => {
        await setUpNative(say, machine)
        writeFileSync(join(cached(), 'manifest.json'), content)
        expect(await setUpNative(say, machine)).toMatchObject({ ok: true })
        expect(said.join('\n')).toMatch(/making the native engine again, because .* is damaged/)
      },
    )

    test('is done once when two processes need it at the same time', async () => {
      const other: string[] = []
      const results = await Promise.all([inAnotherProcess(other), setUpNative(say, machine)])
      expect(results).toMatchObject([{ ok: true }, { ok: true }])
      expect([...said, ...other].filter((line) => line.startsWith('downloading'))).toHaveLength(1)
      expect(kept()).toHaveLength(1)
    })

    test('leaves nothing behind when it is interrupted', async () => {
      python('sleep 5')
      const lines: string[] = []
      const exit = inAnotherProcess(lines, 'SIGINT')
      await expect(exit).rejects.toBe('SIGINT')
      expect(lines.at(-1)).toContain('downloading')
      expect(kept()).toEqual([])
    })

    test('clears away what a killed process left behind', async () => {
      python('sleep 5')
      await expect(inAnotherProcess([], 'SIGKILL')).rejects.toBe('SIGKILL')
      expect(kept()).toEqual([expect.stringMatching(/\.new$/)])
      python(downloads)
      expect(await setUpNative(say, machine)).toMatchObject({ ok: true })
      expect(kept()).toHaveLength(1)
    })

    const obstacles: { [name: string]: { given: () => Machine; reason: RegExp; remedy: RegExp } } = {
      'a system that no wheel is pinned for': {
        given: () => ({ ...machine, platform: 'sunos x64' }),
        reason: /^no TensorFlow is pinned for sunos x64$/,
        remedy: /wasm.*linux x64/,
      },
      'no Python': {
        given: () => withEnvironment({ PATH: '/nowhere' }),
        reason: /^there is no Python with pip$/,
        remedy: /install Python 3 with pip/,
      },
      'a Python without pip': {
        given: () => {
          for (const name of ['python3', 'python']) program(name, 'echo "No module named pip" >&2; exit 1')
          return machine
        },
        reason: /^there is no Python with pip$/,
        remedy: /install Python 3 with pip/,
      },
      'no compiler': {
        given: () => withEnvironment({ CXX: 'no-such-compiler' }),
        reason: /^there is no working C\+\+ compiler \(tried no-such-compiler\)$/,
        remedy: /install g\+\+ or clang\+\+/,
      },
      'no network': {
        given: () => {
          python(`echo "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError('<HTTPSConnection>: Failed to
          establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/
          ERROR: No matching distribution found for tensorflow-cpu==2.15.1" >&2; exit 1`)
          return machine
        },
        reason: /^pip does not reach its package index \(Temporary failure in name resolution\)$/,
        remedy: /connect to the network/,
      },
      'an index without the wheel': {
        given: () => {
          python('echo "ERROR: No matching distribution found for tensorflow-cpu==2.15.1" >&2; exit 1')
          return machine
        },
        reason:
          /^pip cannot download tensorflow-cpu 2\.15\.1: ERROR: No matching distribution found for tensorflow-cpu==2\.15\.1$/,
        remedy: /pip config list/,
      },
      'a wheel with one byte flipped': {
        given: () => {
          const wheel = readFileSync(wheelFile)
          wheel[wheel.length >> 1] ^= 1
          const flipped = join(bin, 'flipped.whl')
          writeFileSync(flipped, wheel)
          return withEnvironment({ WHEEL: flipped })
        },
        reason:
          /^the tensorflow-cpu 2\.15\.1 that pip downloaded is not the pinned one: sha256 [0-9a-f]{64}, pinned [0-9a-f]{64}$/,
        remedy: /whether it serves what PyPI does/,
      },
      'a disk that gets full': {
        given: () => {
          python('echo "OSError: [Errno 28] No space left on device" >&2; exit 1')
          return machine
        },
        reason: /^the disk is full: setting up the native engine takes 1\.2 GB/,
        remedy: /MINIBATCH_COMPOSITION_CACHE/,
      },
      'a cache folder that cannot be made': {
        given: () => {
          writeFileSync(join(bin, 'file'), '')
          return withEnvironment({ MINIBATCH_COMPOSITION_CACHE: join(bin, 'file/cache') })
        },
        reason: /bin\/file\/cache.* cannot be written \(ENOTDIR\)$/,
        remedy: /MINIBATCH_COMPOSITION_CACHE/,
      },
      'a cache folder in a place that the system has no folders for': {
        given: () => withEnvironment({ MINIBATCH_COMPOSITION_CACHE: '/proc/no/such/folder' }),
        reason: /\/proc\/no cannot be written \(ENOENT\)$/,
        remedy: /MINIBATCH_COMPOSITION_CACHE/,
      },
      'sources that do not compile': {
        given: () => {
          writeFileSync(source, `${goodSource}\n#error these sources are wrong`)
          return machine
        },
        reason: /^tfjs-node's addon does not compile: .*addon\.cc:4:2: error: .*these sources are wrong$/,
        remedy: /CXX/,
      },
      'an addon that does not load': {
        given: () => {
          writeFileSync(source, `${goodSource}\nvoid missing(); void needed() { missing(); }`)
          return machine
        },
        reason: /^TensorFlow's libraries do not load on this system: .*undefined symbol: .*missing/,
        remedy: /wasm/,
      },
    }

    test.each(Object.keys(obstacles))('says why not, and what would help, given %s', async (name) => {
      const { given, reason, remedy } = obstacles[name]
      expect(await setUpNative(say, given())).toEqual({
        ok: false,
        reason: expect.stringMatching(reason),
        remedy: expect.stringMatching(remedy),
      })
      expect(`${said}`).not.toMatch(/error|warning|Traceback/i)
      expect(readdirSync(folder).includes('cache') ? kept() : []).toEqual([])
    })

    test('falls back on wasm with one line that says why, when any engine will do', async () => {
      const chosen = await chooseEngine('auto', say, withEnvironment({ CXX: 'no-such-compiler' }))
      const why = 'there is no working C++ compiler (tried no-such-compiler)'
      expect(chosen).toEqual({ name: 'wasm', version: expect.stringMatching(/^tfjs-backend-wasm /), why })
      expect(said.at(-1)).toMatch(
        /^wasm engine, because there is no working C\+\+ compiler .*; for the native one, install g\+\+/,
      )
    })

    test('fails with the remedy when the native engine was asked for', async () => {
      await expect(chooseEngine('native', say, withEnvironment({ CXX: 'no-such-compiler' }))).rejects.toThrow(
        /^The native engine is not to be had: there is no working C\+\+ compiler .* What would help: install g\+\+/,
      )
    })

    test('sets nothing up for the wasm engine', async () => {
      expect(await chooseEngine('wasm', say, machine)).toMatchObject({ name: 'wasm' })
      expect(said).toEqual([])
      expect(readdirSync(folder)).not.toContain('cache')
    })

    /**
     * Sets up in a process of its own, which is sent `signal` as soon as it downloads; rejects with the
     * signal that ended it.
     */
    function inAnotherProcess(lines: string[], signal?: NodeJS.Signals): Promise<unknown> {
      const module = JSON.stringify(new URL('../../native/setup.ts', import.meta.url).href)
      const script = `const { setUpNative } = await import(${module})
      const result = await setUpNative((line) => process.send({ line }), ${JSON.stringify(machine)})
      process.send({ result }); process.disconnect()`
      const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      return new Promise((resolve, reject) => {
        let result: unknown
        child.on('message', async (message: { line?: string; result?: unknown }) => {
          result = message.result
          if (message.line) lines.push(message.line)
          if (signal && message.line?.startsWith('downloading')) {
            await setTimeout(200)
            child.kill(signal)
          }
        })
        child.on('close', (_, endedBy) => (endedBy ? reject(endedBy) : resolve(result)))
      })
    }
  },
)
