import { describe, expect, test } from 'vitest'
import { canary } from '../../experiments/engine/canary.ts'
import { openEngine } from '../../experiments/engine/index.ts'
import { knownCanary, ofOtherProcessors } from '../../native/canary.ts'
import { chooseEngine } from '../../native/choice.ts'
import { thisMachine } from '../../native/machine.ts'
import { engines } from '../experiments/harness.ts'

const [hereOrNot] = (await engines()).filter(([name]) => name === 'native')

describe('the canary', () => {
  test('is the same every time', async () => {
    const engine = await openEngine('wasm')
    const found = canary(engine)
    expect(found).toMatch(/^[0-9a-f]{12}$/)
    expect(canary(engine)).toBe(found)
  })

  test('changes with a single bit of a single product', async () => {
    const engine = await openEngine('wasm')
    const { tf } = engine
    const nudged = {
      ...engine,
      matMul: (...factors: Parameters<typeof engine.matMul>) => {
        const product = engine.matMul(...factors)
        const values = product.dataSync<'float32'>().slice()
        new Uint32Array(values.buffer)[values.length - 1] ^= 1
        return tf.tensor2d(values, product.shape)
      },
    }
    expect(canary(nudged)).not.toBe(canary(engine))
  })

  test.skipIf(!hereOrNot?.[2])(
    'is in the version of the native engine, and another with other kernels',
    async () => {
      const versionWith = async (settings: NodeJS.ProcessEnv) => {
        const machine = {
          ...thisMachine(),
          environment: { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', ...settings },
        }
        const { version } = await chooseEngine('native', () => {}, machine)
        expect(version).toMatch(new RegExp(`, canary ${await knownCanary(machine)}$`))
        return version
      }
      expect(await versionWith({ ONEDNN_MAX_CPU_ISA: 'SSE41' })).not.toBe(
        await versionWith({ ONEDNN_MAX_CPU_ISA: 'AVX' }),
      )
    },
  )
})

test('results of processors of another class are counted and named', () => {
  const made = (engine: string | null) => ({ fingerprint: { engine } })
  const results = [made(null), made('wasm (1)'), made('native (1, canary aa)'), made('native (1, canary bb)')]
  expect(ofOtherProcessors(results.slice(0, 3), 'aa')).toBeUndefined()
  expect(ofOtherProcessors(results, 'aa')).toBe(
    '1 of them were made by the native engine on processors of another class ' +
      '(canary bb; here it is aa): builds here do not use them.',
  )
  expect(ofOtherProcessors(results, undefined)).toMatch(/^2 of them .* \(canary aa, bb\), or of this one/)
})
