import type { Scalar, Tensor } from '@tensorflow/tfjs'
import { type Adam, type AdamParameter, checkGradients, type Engine } from './engine.ts'

/** What changes parameters by their gradients: see `Adam`, whose moments another one need not have. */
export type Optimizer = Omit<Adam, 'state'> & { state(): { step: number; parameters: AdamParameter[] } }

/** Plain gradient descent: parameter -= learningRate gradient. It owns copies of these parameters. */
export function gradientDescent(
  { tf }: Engine,
  parameters: readonly AdamParameter[],
  learningRate: number,
  step = 0,
): Optimizer {
  const values: Tensor[] = parameters.map(({ shape, values }) =>
    tf.keep(tf.tensor(values.slice(), [...shape])),
  )
  return {
    values,
    get step() {
      return step
    },
    update(gradients, scale) {
      checkGradients(gradients, values)
      step += 1
      gradients.forEach((gradient, i) => {
        const before = values[i]
        values[i] = tf.keep(
          tf.tidy(() => {
            const rate: Scalar | number = scale ? scale.mul<Scalar>(learningRate) : learningRate
            return before.sub(gradient.mul(rate))
          }),
        )
        before.dispose()
      })
    },
    state: () => ({
      step,
      parameters: values.map((value) => ({
        shape: value.shape,
        values: value.dataSync<'float32'>().slice(),
      })),
    }),
    dispose() {
      tf.dispose(values)
    },
  }
}
