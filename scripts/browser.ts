/** A real browser from npm: for the browser tests, the screenshots and the benchmark. */
import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium, type LaunchOptions } from 'playwright-core'
import { areUntouched, readManifest, writeManifest } from '../native/manifest.ts'
import manifest from '../package.json' with { type: 'json' }
import { keepFolder, usersFolder } from '../pipeline/kept.ts'

/** Why there is no browser here; undefined where there is one. */
export const whyNoBrowser =
  process.env.CHROME_PATH || (process.platform === 'linux' && process.arch === 'x64')
    ? undefined
    : `npm has a browser for Linux on x64, not for ${process.platform} on ${process.arch}; CHROME_PATH can name one`

/** So that there is text on a system without fonts, too. */
const fontsAfterTheSystems = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir prefix="relative">fonts</dir></fontconfig>
`

/** The folder that holds the unpacked browser, its libraries and its fonts. */
async function unpacked(): Promise<string> {
  const version = manifest.devDependencies['@sparticuz/chromium']
  const folder = join(
    usersFolder('minibatch-composition', 'MINIBATCH_COMPOSITION_CACHE'),
    `chromium-${version}`,
  )
  await keepFolder(folder, {
    isWhole: async () => {
      const manifest = await readManifest(folder).catch(() => undefined)
      return manifest !== undefined && areUntouched(folder, manifest).catch(() => false)
    },
    // The package unpacks into the temporary folder; with the libraries that a bare system lacks if it takes
    // it for Amazon's.
    fill: async (temporary) => {
      const script = "await (await import('@sparticuz/chromium')).default.executablePath()"
      await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
        cwd: import.meta.dirname,
        env: { ...process.env, TMPDIR: temporary, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' },
      })
      await writeFile(join(temporary, 'fonts.conf'), fontsAfterTheSystems)
      const entries = await readdir(temporary, { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      await writeManifest(
        temporary,
        files.map((file) => relative(temporary, join(file.parentPath, file.name))),
      )
    },
  })
  return folder
}

/**
 * How to start the browser without a window: the one that CHROME_PATH names, or npm's, which is unpacked on
 * first use into the user's cache. The pages' rights in it are those that they have for a reader.
 * @throws where there is none, saying why
 */
export async function browserOptions(): Promise<LaunchOptions & { args: string[] }> {
  if (whyNoBrowser) throw new Error(`There is no browser here: ${whyNoBrowser}.`)
  const args = ['--font-render-hinting=none', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
  if (process.env.CHROME_PATH) return { executablePath: process.env.CHROME_PATH, args }
  const folder = await unpacked()
  const LD_LIBRARY_PATH = [join(folder, 'al2023/lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  const FONTCONFIG_FILE = join(folder, 'fonts.conf')
  return {
    executablePath: join(folder, 'chromium'),
    args,
    env: { ...process.env, LD_LIBRARY_PATH, FONTCONFIG_FILE },
  }
}

/** Starts the browser. */
export async function launch(): Promise<Browser> {
  return chromium.launch(await browserOptions())
}
