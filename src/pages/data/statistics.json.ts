/** Every number and verdict of the run. */
import type { APIRoute } from 'astro'
import { stats } from '../../data/published.ts'

export const GET: APIRoute = () => new Response(JSON.stringify(stats, null, 2))
