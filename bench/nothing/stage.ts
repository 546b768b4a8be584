import type { StageFunction } from '../../pipeline/stage.ts'

/** Does nothing: all it costs is what surrounds a stage. */
const nothing: StageFunction<{ number: number }> = async ({ number }) => ({ 'nothing.json': { number } })

export default nothing
