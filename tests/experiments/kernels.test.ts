import { expect, test } from 'vitest'
import wabt from 'wabt'
import { assembled } from '../../experiments/kernels/assembled.ts'
import { texts } from '../../experiments/kernels/texts.ts'

test.each(Object.entries(texts))('the kernel %s that runs is its text, assembled', async (name, text) => {
  const { buffer } = (await wabt()).parseWat(`${name}.wat`, text, { simd: true }).toBinary({})
  expect({ ...assembled }).toMatchObject({ [name]: Buffer.from(buffer).toString('base64') })
})

test('no kernel runs without a text', () => {
  expect(Object.keys(assembled)).toEqual(Object.keys(texts))
})
