/** A real browser from npm and a loopback server of built pages: for the browser tests and the screenshots. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import chromium from '@sparticuz/chromium'
import compression from 'compression'
import { type Browser, chromium as playwright } from 'playwright-core'
import sirv from 'sirv'

/** Serves a folder on 127.0.0.1, compressed as any static host would, on a port of the system's choice. */
export async function serve(folder: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const files = sirv(folder)
  const compress = compression()
  const server = createServer((request, response) =>
    compress(request as never, response as never, () =>
      files(request, response, () => void response.writeHead(404).end()),
    ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Where the browser is; unpacked on first use. */
export const executablePath = (): Promise<string> => chromium.executablePath()

/** The browser's arguments. As one process it would die with the first page that is closed. */
export const browserArguments: string[] = chromium.args.filter((argument) => argument !== '--single-process')

/** Starts the browser, without a window. */
export async function launch(): Promise<Browser> {
  return playwright.launch({ executablePath: await executablePath(), args: browserArguments, headless: true })
}
