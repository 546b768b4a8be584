import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Code,
  canonicalJson,
  differences,
  fingerprint,
  keyOf,
  readCode,
} from '../../pipeline/fingerprint.ts'
import type { Stage } from '../../pipeline/stage.ts'
import { toyCopy } from './helpers.ts'

async function edit(root: string, file: string, from: string | RegExp, to: string): Promise<void> {
  const source = await readFile(join(root, file), 'utf8')
  const edited = source.replaceAll(from, to)
  expect(edited).not.toBe(source)
  await writeFile(join(root, file), edited)
}

async function trainCode(root: string): Promise<Code> {
  return (await readCode(root, ['train.ts', 'numbers.ts'])).get('train.ts')!
}

describe('the hash of a stage’s code', () => {
  test.each([
    ['a comment', 'arithmetic.ts', '/** One step', '// Changed.\n/** One step'],
    ['white space', 'arithmetic.ts', 'return 3.9 * x', 'return  3.9  *  x'],
    ['the name of a local', 'arithmetic.ts', /\bx\b/g, 'argument'],
    ['the name of a helper', /^(arithmetic|train)\.ts$/, /\bnext\b/g, 'step1'],
    ['a type', 'train.ts', 'readonly rate: number', 'rate: number'],
    ['a function that no stage uses', 'arithmetic.ts', 'return x\n', 'return -x * 123456789\n'],
    ['another stage', 'numbers.ts', 'i + 1', 'i + 2'],
  ])('is not changed by %s', async (_, files, from, to) => {
    const root = await toyCopy()
    const before = await trainCode(root)
    for (const file of ['arithmetic.ts', 'train.ts', 'numbers.ts'])
      if (file.match(files)) await edit(root, file, from, to)
    expect((await trainCode(root)).hash).toBe(before.hash)
  })

  test('is changed by a helper, and the module is named', async () => {
    const root = await toyCopy()
    const before = await trainCode(root)
    await edit(root, 'arithmetic.ts', '3.9', '3.8')
    const after = await trainCode(root)
    expect(after.hash).not.toBe(before.hash)
    const changed = Object.keys(after.modules).filter(
      (module) => after.modules[module] !== before.modules[module],
    )
    expect(changed).toEqual(['arithmetic.ts'])
  })

  test('comes with the versions of the packages that the stage imports', async () => {
    const root = await toyCopy()
    const manifest = join(root, 'node_modules', '@toy', 'constants', 'package.json')
    await mkdir(join(root, 'node_modules', '@toy', 'constants'), { recursive: true })
    await writeFile(manifest, '{ "name": "@toy/constants", "version": "1.2.3" }')
    await edit(
      root,
      'arithmetic.ts',
      '/** One step',
      "import { rate } from '@toy/constants/rate.js'\nconsole.log(rate)\n/** One step",
    )
    expect((await trainCode(root)).packages).toEqual({
      node: process.versions.node,
      '@toy/constants': '1.2.3',
    })
    await writeFile(manifest, '{ "name": "@toy/constants", "version": "1.2.4" }')
    expect((await trainCode(root)).packages).toMatchObject({ '@toy/constants': '1.2.4' })
  })

  test('cannot be had of a module with a syntax error, and file, line and column are said', async () => {
    const root = await toyCopy()
    await edit(root, 'arithmetic.ts', 'return 3.9 * x', 'return 3.9 ** ** x')
    await expect(trainCode(root)).rejects.toThrow(/^arithmetic\.ts:3:17: Unexpected/)
  })

  test('cannot be had of a module that does not exist', async () => {
    await expect(readCode(await toyCopy(), ['trian.ts'])).rejects.toThrow(
      'trian.ts: Cannot resolve entry module ./trian.ts.',
    )
  })
})

const code: Code = {
  hash: 'h',
  packages: { node: '22.0.0' },
  modules: { 'a.ts': '1', 'b.ts': '2' },
  sources: {},
}
const stage: Stage = {
  name: 'training',
  module: 'a.ts',
  parameters: { rate: 0.1, layers: [3, 2] },
  inputs: { data: 'dataset' },
  usesEngine: true,
}
const base = fingerprint(stage, code, { dataset: 'd1' }, 'wasm (1)')

describe('the key of a result', () => {
  test('does not depend on the order of the parameters’ names', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (parameters) => {
        const reversed = Object.fromEntries(Object.entries(parameters).reverse())
        const keys = [parameters, reversed].map((each) =>
          keyOf(fingerprint({ ...stage, parameters: each as never }, code, { dataset: 'd1' }, 'wasm (1)')),
        )
        expect(keys[0]).toBe(keys[1])
      }),
    )
  })

  test('does not depend on what stages are called', () => {
    const renamed = { ...stage, name: 'other', inputs: { data: 'records' } }
    expect(keyOf(fingerprint(renamed, code, { records: 'd1' }, 'wasm (1)'))).toBe(keyOf(base))
  })

  test('depends on the engine only if the stage uses it', () => {
    const without = { ...stage, usesEngine: false }
    const keys = ['wasm (1)', 'native (2)'].map((engine) =>
      keyOf(fingerprint(without, code, { dataset: 'd1' }, engine)),
    )
    expect(keys[0]).toBe(keys[1])
    expect(keyOf(fingerprint(stage, code, { dataset: 'd1' }, 'native (2)'))).not.toBe(keyOf(base))
  })
})

describe('what changed is said', () => {
  test.each([
    [
      'a parameter',
      fingerprint(
        { ...stage, parameters: { rate: 0.2, layers: [3, 2] } },
        code,
        { dataset: 'd1' },
        'wasm (1)',
      ),
      ['parameter rate 0.1 -> 0.2'],
    ],
    [
      'a parameter within a list',
      fingerprint(
        { ...stage, parameters: { rate: 0.1, layers: [3, 4] } },
        code,
        { dataset: 'd1' },
        'wasm (1)',
      ),
      ['parameter layers.1 2 -> 4'],
    ],
    [
      'a new parameter',
      fingerprint(
        { ...stage, parameters: { rate: 0.1, layers: [3, 2], decay: 1 } },
        code,
        { dataset: 'd1' },
        'wasm (1)',
      ),
      ['parameter decay added: 1'],
    ],
    [
      'the engine',
      fingerprint(stage, code, { dataset: 'd1' }, 'native (2)'),
      ['engine wasm (1) -> native (2)'],
    ],
    [
      'an upstream result',
      fingerprint(stage, code, { dataset: 'd2' }, 'wasm (1)'),
      ['upstream dataset: another result'],
    ],
    [
      'a module',
      fingerprint(
        stage,
        { ...code, hash: 'i', modules: { 'a.ts': '1', 'b.ts': '3', 'c.ts': '1' } },
        { dataset: 'd1' },
        'wasm (1)',
      ),
      ['code b.ts', 'code c.ts (new)'],
    ],
    [
      'a package',
      fingerprint(stage, { ...code, packages: { node: '22.1.0' } }, { dataset: 'd1' }, 'wasm (1)'),
      ['package node 22.0.0 -> 22.1.0'],
    ],
    ['nothing', base, []],
  ])('of %s', (_, now, lines) => {
    const real = (hash: string) => hash.padStart(64, '0')
    const withDigests = (one: typeof base) => ({
      ...one,
      code: {
        ...one.code,
        modules: Object.fromEntries(
          Object.entries(one.code.modules).map(([path, hash]) => [path, real(hash)]),
        ),
      },
    })
    expect(differences(withDigests(base), withDigests(now))).toEqual(lines)
  })
})

test('canonical JSON is the same for values that are, and refuses what JSON does not have', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
  expect(canonicalJson({ b: 1, a: [true, null, 1e21] })).toBe('{"a":[true,null,1e+21],"b":1}')
  expect(() => canonicalJson({ a: Number.NaN })).toThrow('NaN is not allowed')
})
