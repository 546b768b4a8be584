/** A copy of the project, to be edited and run by tests as a person would. */
import { cp, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Copies what a checkout has, without tests, results and sites, into a folder; the packages are linked. */
export async function copyProject(folder: string): Promise<string> {
  const project = join(folder, 'project')
  for (const name of await readdir(root))
    if (!/^(?:node_modules|dist.*|tests|evidence|docs|bench|\..*)$/.test(name))
      await cp(join(root, name), join(project, name), { recursive: true })
  await cp(join(root, '.npmrc'), join(project, '.npmrc'))
  await symlink(join(root, 'node_modules'), join(project, 'node_modules'))
  return project
}

/** The environment of a person's terminal, which knows nothing of the tests. */
export const personsEnvironment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITE|NODE_ENV|PROFILE|ENGINE$)/.test(name)),
  ),
  NO_COLOR: '1',
}
