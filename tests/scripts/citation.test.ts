import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyProject } from '../project.ts'

let folder: string
let project: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'citation-test-'))
  project = await copyProject(folder)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const citation = (...options: string[]) =>
  promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'scripts/citation.ts', ...options],
    { cwd: project },
  )
const cff = () => readFile(join(project, 'CITATION.cff'), 'utf8')

test('the file of the citation is written once an author is named, follows what it is made of, and spares a person’s own', async () => {
  await rm(join(project, 'CITATION.cff'), { force: true })
  await citation()
  await expect(cff()).rejects.toThrow('ENOENT')

  const settings = join(project, 'content/site.yaml')
  const before = await readFile(settings, 'utf8')
  await writeFile(settings, before.replace(/^authors:.*/m, 'authors:\n  - name: Emmy Noether'))
  await expect(citation('--check')).rejects.toThrow('Run `npm run citation`.')
  await citation()
  expect(await cff()).toMatch(/^# Written by `npm run citation`[\s\S]*Noether/)
  await citation('--check')

  const article = join(project, 'content/article.mdx')
  const text = await readFile(article, 'utf8')
  await writeFile(article, text.replace(/^title: .*/m, 'title: Another title'))
  await expect(citation('--check')).rejects.toThrow('Run `npm run citation`.')
  await citation()
  expect(await cff()).toContain('Another title')

  await writeFile(join(project, 'CITATION.cff'), 'title: my own\n')
  for (const options of [[], ['--check']])
    await expect(citation(...options)).rejects.toThrow('was not written by this command')
  expect(await cff()).toBe('title: my own\n')
})
