import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../pipeline/helpers.ts'
import { root } from '../project.ts'

test.each(['content', '..'])('a build into %s is refused before anything runs', async (out) => {
  const cache = join(temporaryFolder(), 'cache')
  const args = ['--disable-warning=ExperimentalWarning', 'scripts/build.ts', '--cache', cache, '--out', out]
  const error = await promisify(execFile)(process.execPath, args, { cwd: root }).catch((error) => error)
  expect(error.stderr).toMatch(new RegExp(`^--out ${out.replaceAll('.', '\\.')} is refused: .*\\n$`))
  expect([error.code, error.stdout]).toEqual([1, ''])
  expect(existsSync(cache)).toBe(false)
})
