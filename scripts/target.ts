/** Where a build writes its site. It replaces only what a build wrote. */

import { execFile } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import {
  access,
  constants,
  cp,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import { makeFolder, replaceFile } from '../pipeline/disk.ts'
import { listed } from '../pipeline/words.ts'

/**
 * The file that a build leaves in a site's folder: the paths of all files that it wrote there, a line each.
 */
export const markName = '.written-by-build'
const workspaceInfix = '.unfinished-'
/** Folders of the project that git does not track, but that are not a build's to replace. */
const ownFolders = ['.git', '.astro', '.cache', 'node_modules']
/** Files that operating systems leave in folders that were looked at. */
const systemFiles = ['.DS_Store', 'Thumbs.db', 'desktop.ini']

/**
 * Whether a site can be made of the checkout in a folder. @throws an Error that says why not: Vite cannot
 * read files at every path, and the build keeps files of its own in the checkout
 */
export async function checkCheckout(root: string): Promise<void> {
  const odd = /[#?*\p{Cc}]/u.exec(root)?.[0]
  if (odd !== undefined)
    throw new Error(
      `No site can be made in the folder ${root}: its path has ${JSON.stringify(odd)}. Move or rename it.`,
    )
  if (!(await isWritable(root)))
    throw new Error(
      `The checkout ${root} may not be written, and a site is not made without. Make it writable, or copy it.`,
    )
}

const isWritable = (path: string): Promise<boolean> =>
  access(path, constants.W_OK).then(
    () => true,
    () => false,
  )

/**
 * The folder that `out` stands for, symbolic links followed.
 * @throws an Error that says why a build may not write there: it is the project's or has what no build wrote,
 * or may not be written
 */
export async function checkTarget(root: string, out: string): Promise<string> {
  const refused = (why: string) =>
    new Error(`--out ${out} is refused: ${why}. Choose a folder that is empty or does not exist yet.`)
  const [project, site] = [await realpath(root), await followed(resolve(root, out))]
  if (isWithin(project, site)) throw refused("it is the project's own folder, or one that contains it")
  const found = await stat(site).catch(() => undefined)
  if (found && !found.isDirectory()) throw refused('it is a file')
  const files = found ? await filesIn(site) : []
  const written = await readMark(site)
  if (isWithin(site, project) && !written) {
    const inside = relative(project, site)
    const [first = ''] = inside.split(sep)
    if ((await namesOf(project, inside)).has(first)) throw refused(`${first} belongs to the project`)
  }
  if (files.length > 0 && !written) throw refused('it has files, and not the mark of a build that wrote them')
  const others = files.filter((file) => !written?.has(file))
  if (others.length > 0)
    throw refused(
      `it has what no build wrote (${listed(others)}; what lies in public/ is copied to every site)`,
    )
  const place = existing(site)
  if (!(await isWritable(place))) throw refused(`the folder ${place} may not be written`)
  return site
}

/** A folder, or the nearest above it that is there. */
const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)))

/** Whether `path` is `folder` or lies in it. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** The real path of what may not exist yet. */
async function followed(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const link = await readlink(path).catch(() => undefined)
    if (link !== undefined) return followed(resolve(dirname(path), link))
    return join(await followed(dirname(path)), basename(path))
  }
}

/**
 * First parts of the paths that are the project's: those that git tracks, or without git those that are
 * there.
 */
async function namesOf(project: string, inside: string): Promise<Set<string>> {
  const tracked = await promisify(execFile)('git', ['ls-files', '-z'], {
    cwd: project,
    maxBuffer: 2 ** 26,
  }).then(
    ({ stdout }) => stdout.split('\0').map((path) => path.split('/')[0] ?? ''),
    async () => (await readdir(project)).filter((name) => name !== inside),
  )
  return new Set([...tracked, ...ownFolders])
}

/**
 * Paths of all files in a site's folder, and of its empty folders; not of the mark and of what is not yet
 * moved.
 */
async function filesIn(site: string): Promise<string[]> {
  const entries = await readdir(site, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => relative(site, join(entry.parentPath, entry.name)))
  const isFolder = (at: number) => entries[at]?.isDirectory() ?? false
  return paths.filter((path, at) => {
    if (path === markName || path.startsWith(workspaceInfix) || systemFiles.includes(basename(path)))
      return false
    return !isFolder(at) || !paths.some((other) => other.startsWith(`${path}${sep}`))
  })
}

async function readMark(folder: string): Promise<Set<string> | undefined> {
  const text = await readFile(join(folder, markName), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : new Set(text.split('\n').filter(Boolean))
}

const writeMark = (folder: string, files: Iterable<string>) =>
  replaceFile(join(folder, markName), [...files].map((file) => `${file}\n`).join(''))

/** A place beside the site's folder where the next site is written. */
export interface Workspace {
  readonly folder: string
  /** Where Astro writes. */
  readonly site: string
}

/** Makes a workspace, and removes those of builds that were killed. To be called by one build at a time. */
export async function openWorkspace(site: string): Promise<Workspace> {
  const beside = { folder: dirname(site), prefix: `${basename(site)}${workspaceInfix}` }
  const inside = { folder: site, prefix: workspaceInfix }
  for (const { folder, prefix } of [beside, inside])
    for (const name of await readdir(folder).catch(() => []))
      if (name.startsWith(prefix) && (await isWorkspace(join(folder, name))))
        discard(join(folder, name), site)
  // Where a mount point's own folder can be written, the one that it is mounted in often cannot.
  const open = ({ folder, prefix }: typeof beside) => mkdtemp(join(folder, prefix))
  makeFolder(beside.folder)
  const folder = await open(beside).catch(() => open(inside))
  await writeMark(folder, [])
  return { folder, site: join(folder, 'site') }
}

/**
 * Whether a build made this folder: it has the mark, or nothing yet, if the build was killed before it was
 * written.
 */
async function isWorkspace(folder: string): Promise<boolean> {
  if (!/\.unfinished-\w{6}$/.test(folder)) return false
  const names = await readdir(folder).catch(() => undefined)
  return names?.every((name) => name.startsWith(markName)) || (await readMark(folder)) !== undefined
}

/** Removes a workspace; the last site, if it was just moved there, is back in its place. */
export function discard(folder: string, site: string): void {
  const old = join(folder, 'old')
  if (existsSync(old) && !existsSync(site)) renameSync(old, site)
  // The mark goes last, so that the next build knows what is left if this one is killed here.
  for (const path of [old, join(folder, 'site'), folder]) rmSync(path, { recursive: true, force: true })
}

/**
 * Puts the site of a workspace in its place, as a whole; in a folder that cannot be moved, file by file. If
 * it throws, `discard` brings the last site back.
 */
export async function place({ folder, site: fresh }: Workspace, site: string): Promise<void> {
  const files = await filesIn(fresh)
  await writeMark(fresh, files)
  const old = join(folder, 'old')
  const moved = await rename(site, old).then(
    () => true,
    (error) => {
      if (error.code === 'ENOENT') return false
      if (['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EINVAL'].includes(error.code)) return undefined
      throw error
    },
  )
  if (moved === undefined) await fill(site, fresh, files)
  else await rename(fresh, site)
  discard(folder, site)
}

async function fill(site: string, fresh: string, files: readonly string[]): Promise<void> {
  const before = (await readMark(site)) ?? new Set()
  await writeMark(site, new Set([...before, ...files]))
  for (const file of files) {
    makeFolder(dirname(join(site, file)))
    const beside = `${join(site, file)}.new`
    await cp(join(fresh, file), beside)
    await rename(beside, join(site, file))
  }
  for (const file of before) if (!files.includes(file)) await rm(join(site, file), { force: true })
  await writeMark(site, files)
}
