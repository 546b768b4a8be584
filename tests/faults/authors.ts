import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command, projectWithSite, wholeSite } from './project.ts'
import { type Fault, proseFault } from './prose.ts'
import { protocolFault } from './protocol.ts'
import { type Chance, type FaultClass, promised } from './suite.ts'

/**
 * One file of a project is edited wrongly. A build says where and why, each mistake in a line, and leaves the
 * last site.
 */
const authors = (
  name: string,
  share: number,
  draw: (chance: Chance, read: (file: string) => Promise<string>) => Promise<Fault>,
): FaultClass => ({
  name,
  share,
  async run(folder, chance, tell) {
    const project = await projectWithSite(folder)
    const { kind, file, text, line, reason } = await draw(chance, (path) =>
      readFile(join(project, path), 'utf8'),
    )
    tell(`${kind} in ${file}:${line}`)
    await writeFile(join(project, file), text)
    const cache = join(folder, 'cache')
    const { code, output } = await command(project, 'build', cache).ended
    promised(code === 1, `the build fails with code 1, not ${code}: ${output}`)
    const lines = output.trimEnd().split('\n')
    for (const said of lines) promised(/^[^:]+:\d+:\d+: .+/.test(said), `a line says where: ${output}`)
    const told = lines.some((said) => said.startsWith(`${file}:${line}:`) && reason.test(said))
    promised(told, `it is told in its line: ${output}`)
    promised(!output.includes('\u001b'), 'no colours are shown')
    promised((await wholeSite(project)) === 'last', 'the last site is untouched')
    promised(!existsSync(cache), 'nothing was run')
  },
})

/** Mistakes in pages and bibliography. */
export const prose = authors('prose', 15, proseFault)
/** Mistakes in the protocol. */
export const protocol = authors('protocol', 10, protocolFault)
