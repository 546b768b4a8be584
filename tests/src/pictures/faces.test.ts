import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = `
const { openFaces, family } = await import('./src/pictures/faces.ts')
const { measure } = await openFaces()
const { default: sharp } = await import('sharp')
const { createHash } = await import('node:crypto')
const svg = (name) => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40"><text x="5" y="25" font-size="20" font-family="' + name + '">Gradient \\u2212 0.5</text></svg>')
const { data, info } = await sharp(svg(family)).trim().raw().toBuffer({ resolveWithObject: true })
console.log(JSON.stringify({ hash: createHash('sha256').update(data).digest('hex'), drawn: info.width, measured: measure('Gradient \\u2212 0.5', 400) * 20 }))
`

async function drawn(environment: NodeJS.ProcessEnv) {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...environment },
  })
  return JSON.parse(stdout)
}

test('pictures have the faces of the pages, whatever the system has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'no-fonts-'))
  try {
    const bare = join(folder, 'fonts.conf')
    await writeFile(bare, '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig/>')
    const here = await drawn({})
    const there = await drawn({ FONTCONFIG_FILE: bare, FONTCONFIG_PATH: folder })
    expect(there).toEqual(here)
    expect(Math.abs(here.drawn - here.measured)).toBeLessThan(4)
  } finally {
    await rm(folder, { recursive: true })
  }
})
