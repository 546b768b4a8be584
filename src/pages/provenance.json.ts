/** What the provenance page tells, and what decided each stage's result, for `npm run compare`. */
import type { APIRoute } from 'astro'
import { ledger, results } from '../data/published.ts'
import { versionOf, writeVersion } from '../data/version.ts'
import { projectVersion } from '../site/index.ts'

export const GET: APIRoute = async () =>
  new Response(writeVersion(await versionOf(results.run, ledger, projectVersion)))
