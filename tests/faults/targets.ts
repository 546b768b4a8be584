import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkTarget, discard, markName, openWorkspace } from '../../scripts/target.ts'
import { type FaultClass, promised, start } from './suite.ts'

const module = new URL('../../scripts/target.ts', import.meta.url).href

/** A process that writes one site after the other into `dist`; each has twenty pages that say the same. */
const writer = (root: string) => `
import { mkdir, writeFile } from 'node:fs/promises'
import { checkTarget, openWorkspace, place } from '${module}'
for (let number = 1; ; number++) {
  const site = await checkTarget('${root}', 'dist')
  const workspace = await openWorkspace(site)
  await mkdir(workspace.site)
  for (let page = 0; page < 20; page++) await writeFile(workspace.site + '/' + page + '.html', String(number))
  await place(workspace, site)
}`

/**
 * The writing of a site is killed: the last site or the next is there, whole; and what a person put aside is
 * untouched.
 */
export const targets: FaultClass = {
  name: 'targets',
  share: 9,
  async run(folder, chance, tell) {
    const root = join(folder, 'paper')
    const own = ['dist.unfinished-notes/mine', 'content/article.mdx', '../beside/mine'].map((path) =>
      join(root, path),
    )
    for (const path of own) {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, 'mine')
    }
    await writeFile(join(folder, 'writer.mjs'), writer(root))
    const { child, ended } = start([join(folder, 'writer.mjs')])
    const moment = 200 + chance.below(1500)
    await sleep(moment)
    child.kill('SIGKILL')
    const { output } = await ended
    tell(`killed after ${moment} ms`)
    promised(output === '', `nothing goes wrong before: ${output}`)
    const site = join(root, 'dist')
    const workspace = await openWorkspace(site)
    discard(workspace.folder, site)
    const pages = (await readdir(site).catch(() => [])).filter((name) => name !== markName)
    const contents = new Set(await Promise.all(pages.map((name) => readFile(join(site, name), 'utf8'))))
    promised(
      [0, 20].includes(pages.length) && contents.size <= 1,
      `one whole site is there: ${[...contents]}`,
    )
    const left = (await readdir(root)).filter((name) => name.includes('unfinished'))
    promised(left.join() === 'dist.unfinished-notes', `nothing else is left: ${left}`)
    const out = chance.pick(['content', '.', '..', '../beside', 'dist.unfinished-notes', 'content/site'])
    const refused = await checkTarget(root, out).then(
      () => false,
      () => true,
    )
    promised(refused, `--out ${out} is refused`)
    for (const path of own) promised((await readFile(path, 'utf8')) === 'mine', `${path} is untouched`)
  },
}
