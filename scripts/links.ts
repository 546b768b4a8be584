/**
 * `npm run check:links`: whether the web addresses that the pages, the bibliography and the docs name still
 * answer.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { main } from '../pipeline/command.ts'

/** What became of an address: the server's answer, or why there was none. */
interface Answer {
  /** ISO 8601. */
  readonly date: string
  readonly status?: number
  readonly failure?: string
}

interface Named {
  readonly address: string
  /** `content/method.mdx:3` */
  readonly place: string
}

const days = 24 * 60 * 60 * 1000
/** A page that answered is not asked again for so long. */
const trusted = 14 * days

/** The web addresses in a text, without the punctuation that ends a sentence or a pair of brackets. */
export function addressesIn(text: string, file: string): Named[] {
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/https?:\/\/[^\s<>"'`{}|\\^]+/g)].map(([found]) => ({
      address: trimmed(found),
      place: `${file}:${index + 1}`,
    })),
  )
}

function trimmed(found: string): string {
  let address = found
  for (;;) {
    const [opened, closed] = [/[([]/g, /[)\]]/g].map((bracket) => address.match(bracket)?.length ?? 0)
    const unopened = /[)\]]$/.test(address) && closed > opened
    if (!unopened && !/[.,;:!?*]$/.test(address)) return address
    address = address.slice(0, -1)
  }
}

/** Asks an address: its head first, and all of it where a server does not answer that. */
export async function ask(address: string, seconds = 15): Promise<Answer> {
  const date = new Date().toISOString()
  try {
    const request = (method: string) =>
      fetch(address, { method, redirect: 'follow', signal: AbortSignal.timeout(seconds * 1000) })
    const head = await request('HEAD')
    if (head.ok) return { date, status: head.status }
    const { status, body } = await request('GET')
    await body?.cancel()
    return { date, status }
  } catch (error) {
    const { cause, message } = error as Error
    return { date, failure: cause instanceof Error ? cause.message || message : message }
  }
}

/**
 * What is to be said of the addresses, and whether one of them is gone (404 or 410). What could not be
 * reached, or was refused to a program, may well be there for a reader.
 */
export function report(
  named: readonly Named[],
  answers: ReadonlyMap<string, Answer>,
): { readonly lines: readonly string[]; readonly gone: boolean } {
  const lines: string[] = []
  let [reached, gone] = [0, 0]
  for (const address of new Set(named.map(({ address }) => address))) {
    const { status, failure } = answers.get(address) ?? {}
    const places = [...new Set(named.flatMap((one) => (one.address === address ? [one.place] : [])))].join(
      ', ',
    )
    if (status !== undefined && status < 400) reached++
    else if (status === 404 || status === 410) {
      gone++
      lines.push(`${places}: ${address} is gone (${status})`)
    } else lines.push(`${places}: ${address} could not be reached (${failure ?? status ?? 'not asked'})`)
  }
  return {
    lines: [...lines, `${reached} of ${answers.size} addresses answered; ${gone} are gone.`],
    gone: gone > 0,
  }
}

async function namedIn(root: string): Promise<Named[]> {
  const files = ['README.md']
  for (const folder of ['content', 'docs'])
    for (const name of await readdir(join(root, folder)))
      if (/\.(?:mdx|md|bib)$/.test(name)) files.push(`${folder}/${name}`)
  const found = await Promise.all(
    files.map(async (file) => addressesIn(await readFile(join(root, file), 'utf8'), file)),
  )
  // Examples.
  return found
    .flat()
    .filter(({ address }) => !/^https?:\/\/(?:localhost|127\.|(?:www\.)?example\.)/.test(address))
}

const command = new Command('check:links')
  .description(
    'Asks the web addresses that the pages, the bibliography and the docs name; answers are kept for two weeks.',
  )
  .option('--again', 'ask all of them, whatever is kept')
  .action(async ({ again }: { again?: boolean }) => {
    const root = fileURLToPath(new URL('..', import.meta.url))
    const kept = join(root, '.cache/links.json')
    const named = await namedIn(root)
    const before: { readonly [address: string]: Answer } = again
      ? {}
      : await readFile(kept, 'utf8')
          .then(JSON.parse)
          .catch(() => ({}))
    const answers = new Map<string, Answer>()
    const open = [...new Set(named.map(({ address }) => address))]
    const work = async () => {
      for (let address = open.pop(); address; address = open.pop()) {
        const known = before[address]
        const good = known?.status !== undefined && known.status < 400
        const recent = good && Date.now() - Date.parse(known.date) < trusted
        answers.set(address, recent ? known : await ask(address))
      }
    }
    await Promise.all(Array.from({ length: 8 }, work))
    await mkdir(dirname(kept), { recursive: true })
    await writeFile(kept, JSON.stringify(Object.fromEntries(answers), null, 1))
    const { lines, gone } = report(named, answers)
    for (const line of lines) console.log(line)
    if (gone) process.exitCode = 1
  })

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(command)
