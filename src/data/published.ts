/**
 * The results that this build of the site publishes: those of the last run. Read once; the development server
 * starts anew when they change.
 */
import { openLedger, readRecordings } from './ledger.ts'
import { openResults } from './results.ts'

export const results = await openResults()

/** Every number and verdict of the run, by name. */
export const stats = await results.stats()

/** Recorded evidence, by sweep. */
export const recordings = await readRecordings('evidence')

/** The claims, and what they come to. */
export const ledger = await openLedger(recordings, results)
