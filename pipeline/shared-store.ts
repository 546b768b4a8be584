/**
 * A store of results that machines share: a web server that keeps what is PUT, with the files of results
 * under `/cas/<SHA-256>` and their records under `/ac/<key>`.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { addressOf, availability, shown } from './address.ts'
import { canonicalJson, sha256 } from './fingerprint.ts'
import { Pool } from './pool.ts'
import { Damaged } from './record.ts'
import { hexOf, type Manifest, parseManifest, type StoredFile } from './store.ts'

export interface SharedStoreOptions {
  /** Such as https://USER:PASSWORD@HOST/PATH. */
  readonly address: string
  /** Ends all that is under way, waiting included. */
  readonly signal: AbortSignal
  /** Gets a word when the server is away, and when it is back. */
  readonly say: (line: string) => void
}

const requestsAtOnce = 16
/** Milliseconds between two attempts to reach a server that is away. */
const [firstPause, longestPause] = [250, 5000]
/** Milliseconds that a request may take, and one more for each so many bytes. */
const patience = 30_000
const bytesPerMillisecond = 100

/**
 * The store at an address. A server that is away is waited for.
 * @throws when the address is none, or the server does not answer now or refuses
 */
export async function openSharedStore({ address, signal, say }: SharedStoreOptions) {
  const url = addressOf('--store', address, ['http:', 'https:'])
  const name = `The store ${shown(url)}`
  const headers = { ...authorization(url), 'accept-encoding': 'identity' }
  const base = shown(url)
  const room = new Pool(requestsAtOnce, Number.POSITIVE_INFINITY)
  const server = availability(name, say)

  /** One attempt. @throws an Error whose cause says that the server was not reached */
  async function attempt(method: string, path: string, body?: Uint8Array): Promise<Answer> {
    const time = AbortSignal.timeout(patience + Math.ceil((body?.length ?? 0) / bytesPerMillisecond))
    const response = await fetch(`${base}/${path}`, {
      method,
      headers,
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
      signal: AbortSignal.any([signal, time]),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const size = Number(response.headers.get('content-length') ?? Number.NaN)
    return { status: response.status, text: response.statusText, bytes, size }
  }

  async function ask(method: string, path: string, body?: Uint8Array): Promise<Answer> {
    const leave = await room.enter(0, 0, signal)
    try {
      for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
        const answer = await attempt(method, path, body).catch((error) => {
          signal.throwIfAborted()
          return reasonOf(error)
        })
        if (typeof answer !== 'string' && answer.status < 500) {
          server.answered()
          return permitted(answer, method, path)
        }
        server.missed(typeof answer === 'string' ? answer : `${answer.status} ${answer.text}`)
        await sleep(pause, undefined, { signal })
      }
    } finally {
      leave()
    }
  }

  /** @throws when the server understood and does not want to */
  function permitted(answer: Answer, method: string, path: string): Answer {
    const { status, text } = answer
    if (status < 400 || status === 404) return answer
    const remedy =
      status === 401 || status === 403
        ? ': give user and password in its address'
        : status === 413
          ? ': let it take larger files (client_max_body_size of nginx)'
          : ''
    throw new Error(`${name} answers ${status} ${text} to ${method} /${path.slice(0, 12)}${remedy}.`)
  }

  const first = await attempt('GET', 'ac/').catch((error) => {
    throw new Error(`${name} does not answer (${reasonOf(error)}).`)
  })
  // Servers that give no list of a folder say 403 or 404.
  if (first.status === 401 || first.status >= 500) permitted(first, 'GET', 'ac/')

  return {
    /** Keys of the results whose records were there at first; undefined where the server gives no list. */
    keys: first.status === 404 ? new Set<string>() : listOf(first),

    /** The record of the result with this key, if there is one. @throws Damaged when it is none */
    async record(key: string): Promise<Manifest | undefined> {
      const { status, bytes } = await ask('GET', `ac/${key}`)
      return status === 404 ? undefined : parseManifest(key, bytes.toString())
    },

    /** Keeps the record of a result whose files are there. */
    async putRecord(key: string, manifest: Manifest): Promise<void> {
      await ask('PUT', `ac/${key}`, Buffer.from(canonicalJson(manifest)))
    },

    /** Whether a file of that name and size is there. */
    async has(file: StoredFile): Promise<boolean> {
      const { status, size } = await ask('HEAD', `cas/${hexOf(file)}`)
      return status !== 404 && size === file.size
    },

    /** The file's bytes. @throws Damaged when it is missing or has not its digest */
    async get(file: StoredFile): Promise<Buffer> {
      const { status, bytes } = await ask('GET', `cas/${hexOf(file)}`)
      if (status === 404) throw new Damaged('is missing in the store')
      if (sha256(bytes) !== hexOf(file)) throw new Damaged('does not have its digest in the store')
      return bytes
    },

    async put(file: StoredFile, bytes: Uint8Array): Promise<void> {
      await ask('PUT', `cas/${hexOf(file)}`, bytes)
    },
  }
}

export type SharedStore = Awaited<ReturnType<typeof openSharedStore>>

interface Answer {
  readonly status: number
  readonly text: string
  readonly bytes: Buffer
  /** As the server says it; not a number when it does not. */
  readonly size: number
}

/** User and password of an address, as a request carries them: `fetch` takes no address that has them. */
function authorization({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** The names in a listing as nginx gives it (`autoindex_format json`). */
function listOf({ status, bytes }: Answer): Set<string> | undefined {
  if (status >= 400) return undefined
  try {
    const entries: { name: string }[] = JSON.parse(bytes.toString())
    return new Set(entries.map(({ name }) => name))
  } catch {
    return undefined
  }
}

/** Why a request came to nothing, without the address. */
function reasonOf(error: Error): string {
  const cause = error.cause as NodeJS.ErrnoException | undefined
  return error.name === 'TimeoutError'
    ? 'no answer in time'
    : (cause?.code ?? cause?.message ?? error.message)
}
