import { createRequire } from 'node:module'
import util from 'node:util'
import type { Tensor, Tensor2D } from '@tensorflow/tfjs'
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js'
import {
  type Adam,
  type AdamOptions,
  type AdamParameterWithMoments,
  checkGradients,
  completed,
  correctedRate,
  type Engine,
} from './engine.ts'

type Tf = Engine['tf']
type Attribute = { name: string; type: number; value: boolean | number | string | number[] }

/**
 * Loads tfjs-node, whose addon `native/setup.ts` sets up.
 * @throws if there is no addon, or it does not load.
 */
export async function open(): Promise<Engine> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  // What tfjs-node calls of Node, but Node deprecates in version 22 and no longer has in version 23.
  Object.assign(util, { isArray: Array.isArray, isNullOrUndefined: (value: unknown) => value == null })
  const tf = load()
  await tf.setBackend('tensorflow')
  const backend = tf.backend() as NodeJSKernelBackend
  const float = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }
  const int = (name: string) => ({
    name,
    type: backend.binding.TF_ATTR_TYPE,
    value: backend.binding.TF_INT32,
  })

  return {
    name: 'native',
    version: `tfjs-node ${tf.version['tfjs-node']}, TensorFlow ${backend.binding.TF_Version}`,
    tf,
    matMul: (a, b, transposeA = false, transposeB = false) => tf.matMul(a, b, transposeA, transposeB),
    sumRows: (matrix, rows, segments, count) =>
      tf.tidy(() =>
        backend.executeSingleOutput(
          'SparseSegmentSumWithNumSegments',
          [float, int('Tidx'), int('Tsegmentids'), int('Tnumsegments')],
          [matrix, rows, segments, tf.scalar(count, 'int32')],
        ),
      ) as Tensor2D,
    gate: (gradient, gated) =>
      backend.executeSingleOutput('ReluGrad', [float], [gradient, gated]) as Tensor2D,
    squaredNorm(tensors) {
      return tf.tidy(() => {
        const halves = tensors.map((tensor) => backend.executeSingleOutput('L2Loss', [float], [tensor]))
        return tf.mul(2, tf.addN(halves))
      })
    },
    adam: (parameters, options, step = 0) => adam(tf, backend, parameters.map(completed), options, step),
  }
}

/** By `require`, because `import` would search megabytes of code for the names that they export. */
function load() {
  try {
    return createRequire(import.meta.url)('@tensorflow/tfjs-node') as typeof import('@tensorflow/tfjs-node')
  } catch (error) {
    throw new Error('The native engine does not load; it is set up by a build with the engine `native`', {
      cause: error,
    })
  }
}

/**
 * Adam by TensorFlow's own fused kernel on resource variables. TensorFlow.js has no door to either, but its
 * backend runs any TensorFlow operation by name: the parameters and moments stay in TensorFlow's memory and
 * are updated there, in one pass.
 */
function adam(
  tf: Tf,
  backend: NodeJSKernelBackend,
  parameters: AdamParameterWithMoments[],
  options: AdamOptions,
  step: number,
): Adam {
  const { binding } = backend
  const dtype = { name: 'dtype', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }
  const kept: Tensor[] = []

  function keep<T extends Tensor>(tensor: T): T {
    kept.push(tf.keep(tensor))
    return tensor
  }
  function variable(shape: readonly number[], values: Float32Array): Tensor {
    const attributes: Attribute[] = [
      dtype,
      { name: 'shape', type: binding.TF_ATTR_SHAPE, value: [...shape] },
      { name: 'shared_name', type: binding.TF_ATTR_STRING, value: `adam ${variables++}` },
    ]
    const handle = keep(backend.executeSingleOutput('VarHandleOp', attributes, []))
    // A copy, because TensorFlow may use the array's memory as its own.
    const value = tf.tensor(values.slice(), [...shape])
    backend.executeMultipleOutputs('AssignVariableOp', [dtype], [handle, value], 0)
    value.dispose()
    return handle
  }
  // Shares the variable's memory; copied only if it is still there when the variable changes.
  function read(handle: Tensor): Tensor {
    return backend.executeSingleOutput('ReadVariableOp', [dtype], [handle])
  }
  function copied(handle: Tensor): Float32Array {
    const value = read(handle)
    const data = value.dataSync<'float32'>()
    value.dispose()
    return data
  }

  const handles = parameters.map(({ shape, values, m, v }) => ({
    shape,
    parameter: variable(shape, values),
    m: variable(shape, m),
    v: variable(shape, v),
  }))
  const scalars = {
    zero: keep(tf.scalar(0)),
    beta1: keep(tf.scalar(options.beta1)),
    beta2: keep(tf.scalar(options.beta2)),
    epsilon: keep(tf.scalar(options.epsilon)),
  }
  const attributes = [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'use_locking', type: binding.TF_ATTR_BOOL, value: false },
    { name: 'use_nesterov', type: binding.TF_ATTR_BOOL, value: false },
  ]
  let values = handles.map(({ parameter }) => tf.keep(read(parameter)))

  return {
    get values() {
      return values
    },
    get step() {
      return step
    },
    update(gradients, scale) {
      checkGradients(gradients, handles)
      tf.dispose(values)
      step += 1
      // The kernel corrects the rate for bias with the powers of the betas. With zero powers it leaves the
      // rate as it is.
      const rate = tf.scalar(correctedRate(options, step))
      handles.forEach(({ parameter, m, v }, i) => {
        const gradient = scale ? tf.mul(gradients[i], scale) : gradients[i]
        const { zero, beta1, beta2, epsilon } = scalars
        const inputs = [parameter, m, v, zero, zero, rate, beta1, beta2, epsilon, gradient]
        backend.executeMultipleOutputs('ResourceApplyAdam', attributes, inputs, 0)
        if (scale) gradient.dispose()
      })
      rate.dispose()
      values = handles.map(({ parameter }) => tf.keep(read(parameter)))
    },
    state() {
      return {
        step,
        parameters: handles.map(({ shape, parameter, m, v }) => ({
          shape,
          values: copied(parameter),
          m: copied(m),
          v: copied(v),
        })),
      }
    },
    dispose() {
      tf.dispose(values)
      for (const { parameter, m, v } of handles) {
        for (const handle of [parameter, m, v]) {
          backend.executeMultipleOutputs('DestroyResourceOp', [], [handle], 0)
        }
      }
      tf.dispose(kept)
    },
  }
}

/** How many variables were ever made: TensorFlow tells them apart by name. */
let variables = 0
