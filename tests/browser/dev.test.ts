import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { copyProject, personsEnvironment, root } from '../project.ts'

const cache = inject('cache')
const patience = { timeout: 240_000, interval: 300 }
const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const
let folder: string
let project: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dev-test-'))
  project = await copyProject(folder)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** The processes that have begun below this one and are still there, by their command lines. */
async function processesOf(session: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'args'])
  return stdout.split('\n').filter((line) => line.includes(session) && !line.startsWith('ps '))
}

/** Starts the server of the copy; ends it with the test. */
async function serve(options: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(node[0], [node[1], 'scripts/dev.ts', '--engine', 'wasm', ...options], {
    cwd: project,
    env: { ...personsEnvironment, ...env },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      said += data
    })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  await expect.poll(() => said, patience).toMatch(/Local +http/)
  const [, url] = /Local +(http\S+)/.exec(said) ?? []
  return {
    child,
    ended,
    said: () => said,
    page: async (name: string) =>
      fetch(`${url}${name}`).then(
        (response) => response.text(),
        (error) => String(error),
      ),
  }
}

/** A port that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

const prose = (title: string, words: string) => `---\ntitle: ${title}\nsummary: A page.\n---\n\n${words}\n`

test('the development server tells its own options, and refuses others, without starting', async () => {
  const run = (...options: string[]) =>
    promisify(execFile)(node[0], [node[1], 'scripts/dev.ts', ...options], { cwd: root })
  const { stdout } = await run('--help')
  for (const option of ['--port', '--host', '--open', '--profile', '--engine', '--cache'])
    expect(stdout).toContain(option)
  await expect(run('--prot', '1')).rejects.toThrow('Did you mean --port?')
  await expect(run('--port', '1e9')).rejects.toThrow('a number from 0 to 65535')
  await expect(run('--profile', 'papre')).rejects.toThrow('paper, smoke')
})

describe.skipIf(cache === undefined)('the development server', { timeout: 600_000 }, () => {
  const content = (name: string) => join(project, 'content', name)
  const options = async () => {
    const own = await mkdtemp(join(folder, 'cache-'))
    await cp(String(cache), own, { recursive: true })
    return ['--profile', 'smoke', '--cache', own]
  }

  test('shows at once what is edited, added and removed, also after it has read its configuration anew', async () => {
    const { page, said, child, ended } = await serve(await options())
    await expect.poll(() => page(''), patience).toContain('Not the published results')
    for (const round of ['first', 'second']) {
      const name = `${round}-page`
      await writeFile(content(`${name}.mdx`), prose(`The ${round} title`, 'Some words.'))
      await expect.poll(() => page(name), patience).toContain(`>The ${round} title</h1>`)
      expect(await page(name)).toContain('Some words.')

      // As an editor does that writes beside the file and renames.
      await writeFile(content('.new'), prose(`A better ${round} title`, 'Other words.'))
      await rename(content('.new'), content(`${name}.mdx`))
      await expect.poll(() => page(name), patience).toContain(`>A better ${round} title</h1>`)

      const bibliography = await readFile(content('references.bib'), 'utf8')
      await writeFile(
        content('references.bib'),
        `${bibliography}\n@article{entry2031, title={Entry}, author={Noether, ${round}}, year={2031}, journal={J}}\n`,
      )
      await writeFile(content(`${name}.mdx`), prose('Cited', 'Words [@entry2031].'))
      await expect.poll(() => page(name), patience).toContain('Noether')
      await writeFile(content('references.bib'), bibliography)
      await expect.poll(said, patience).toContain(`content/${name}.mdx:6:8: unknown citation "entry2031"`)
      await expect.poll(() => page(name), patience).not.toContain('Noether')

      await rm(content(`${name}.mdx`))
      await expect.poll(() => page(name), patience).not.toContain('Words')
      if (round === 'first') {
        const configuration = join(project, 'astro.config.mjs')
        await writeFile(configuration, `${await readFile(configuration, 'utf8')}\n`)
        await expect.poll(() => said().match(/Local +http/g)?.length, patience).toBe(2)
      }
    }
    expect(await processesOf(project)).not.toEqual([])
    child.kill('SIGTERM')
    expect(await ended).toEqual([143, null])
    expect(await processesOf(project)).toEqual([])
  })

  test('runs what an edit of the experiments or of the pipeline changes, and shows the new results', async () => {
    const { page, said } = await serve(await options())
    const protocol = join(project, 'experiments/protocol.ts')
    await expect.poll(said, patience).toContain('Nothing to run.')
    const before = await readFile(protocol, 'utf8')
    onTestFinished(() => writeFile(protocol, before))
    await writeFile(protocol, before.replaceAll("label: 'no regularizer'", "label: 'nothing at all'"))
    await expect.poll(() => page(''), patience).toContain('nothing at all')

    const runs = said().match(/Nothing to run\./g)?.length ?? 0
    const words = join(project, 'pipeline/words.ts')
    await writeFile(words, `${await readFile(words, 'utf8')}\n`)
    await expect.poll(() => said().match(/Nothing to run\./g)?.length, patience).toBe(runs + 1)
  })

  test('shows the smallest networks first where no run has been, and goes on to those that were asked for', async () => {
    const [, , , own = ''] = await options()
    await rm(join(own, 'last-run.json'))
    const { page, said, child, ended } = await serve(['--cache', own])
    await expect.poll(() => page(''), patience).toContain('This copy shows the profile “smoke”')
    await expect.poll(said, patience).toMatch(/made +dataset/)
    child.kill('SIGTERM')
    await ended
    expect(await processesOf(project)).toEqual([])
  })

  test('listens at the port and on the addresses that it is told, and opens a browser at the page', async () => {
    const own = await options()
    const seen = join(folder, 'seen')
    const bin = join(folder, 'bin')
    await mkdir(bin)
    // What the system has to open a browser with.
    for (const name of ['xdg-open', 'open']) {
      await writeFile(join(bin, name), `#!/bin/sh\necho "$@" >> '${seen}'\n`)
      await chmod(join(bin, name), 0o755)
    }
    const port = await freePort()
    const { page, said } = await serve(
      [...own, '--port', String(port), '--host', '0.0.0.0', '--open', '/method'],
      { PATH: `${bin}:${process.env.PATH}`, BROWSER: undefined },
    )
    expect(said()).toContain(`http://localhost:${port}/`)
    expect(said()).toMatch(/Network +http/)
    expect(await page('')).toContain('</h1>')
    await expect
      .poll(() => readFile(seen, 'utf8').catch(() => ''), patience)
      .toContain(`http://localhost:${port}/method`)
  })

  test('shows an edit of the settings of the site, and says where one is wrong', async () => {
    const { page, said } = await serve(await options())
    const settings = content('site.yaml')
    const before = await readFile(settings, 'utf8')
    onTestFinished(() => writeFile(settings, before))
    await writeFile(settings, before.replace(/^name: .*/m, 'name: A journal of minibatches'))
    await expect.poll(() => page(''), patience).toContain('A journal of minibatches')
    await writeFile(settings, `${before}\nlanguag: de\n`)
    await expect
      .poll(said, patience)
      .toMatch(/content\/site\.yaml:\d+:\d+: unknown setting "languag"\. Did you mean "language"\?/)
    await writeFile(settings, before)
    await expect.poll(() => page(''), patience).not.toContain('A journal of minibatches')
  })
})
