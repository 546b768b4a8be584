import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { markName } from '../../scripts/target.ts'
import { copyProject } from '../project.ts'

const cache = inject('cache')
let folder: string
let project: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-test-'))
  project = await copyProject(folder)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Builds the copy's site from the results that are there; the exit code, and what was said about errors. */
const build = () =>
  new Promise<{ code: number; errors: string }>((resolve) => {
    const options = ['--profile', 'smoke', '--engine', 'wasm', '--cache', cache!, '--out', 'site']
    const child = execFile(
      process.execPath,
      ['scripts/build.ts', ...options],
      { cwd: project, timeout: 100_000, env: { ...process.env, NO_COLOR: '1' } },
      (_error, _output, errors) => resolve({ code: child.exitCode ?? -1, errors }),
    )
  })

describe.skipIf(cache === undefined)('a build with mistakes in the prose', () => {
  test.each([
    [
      'a name that does not exist',
      'So <Stat name="none.epoch10.layr1.cosine" />.',
      2,
      /^10: unknown statistic "none\.epoch10\.layr1\.cosine"\. Did you mean "none\.epoch10\.layer1\.cosine"/,
    ],
    ['a formula that cannot be typeset', 'So $\\frac{1}$.', 2, /: the formula cannot be typeset: /],
    ['markup that does not end', '<Figure', 2, /^1: the tag that begins here does not end/],
    ['code', 'If { a < b } so.', 2, /^4: \{ a < b \} is code/],
    ['a dead link', 'So [it is](./labb.html).', 2, /^4: unknown address "labb\.html"/],
  ])('says where: %s', async (_, mistake, below, expected) => {
    const article = join(project, 'content/article.mdx')
    const before = await readFile(article, 'utf8')
    await mkdir(join(project, 'site'), { recursive: true })
    await writeFile(join(project, 'site/index.html'), 'the last good page')
    await writeFile(join(project, 'site', markName), 'index.html\n')
    await writeFile(article, `${before.trimEnd()}\n\n${mistake}\n`)
    const { code, errors } = await build()
    await writeFile(article, before)
    const [, line, complaint] = errors.match(/^content\/article\.mdx:(\d+):(.*)$/m) ?? []
    expect(Number(line) - before.trimEnd().split('\n').length).toBe(below)
    expect(complaint).toMatch(expected)
    // Nothing but that line: no stack, no colours, no words of the libraries; Node's own warnings begin with
    // a bracket.
    expect(errors.split('\n').filter((line) => line && !/^\((?:node:|Use )/.test(line))).toHaveLength(1)
    expect(code).toBe(1)
    expect(await readFile(join(project, 'site/index.html'), 'utf8')).toBe('the last good page')
  })
})
