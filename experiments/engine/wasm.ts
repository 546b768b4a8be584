import type { EventEmitter } from 'node:events'
import * as tf from '@tensorflow/tfjs'
import { type BackendWasm, version_wasm } from '@tensorflow/tfjs-backend-wasm'
import {
  type Adam,
  type AdamOptions,
  type AdamParameter,
  checkGradients,
  completed,
  correctedRate,
  type Engine,
} from './engine.ts'
import { assembleLoops, type Loops } from './loops.ts'

/** Loads the WebAssembly backend, with SIMD where the processor has it, on one thread: the bits do not depend on the number of cores. */
export async function open(): Promise<Engine> {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  await withoutProcessListeners(() => tf.setBackend('wasm'))
  const backend = tf.backend() as BackendWasm
  replaceProduct(backend)
  const { asm } = backend.wasm as unknown as { asm: { memory: WebAssembly.Memory } }
  const loops = await assembleLoops(asm.memory)

  return {
    name: 'wasm',
    version: `tfjs-backend-wasm ${version_wasm}`,
    tf,
    matMul: (a, b, transposeA = false, transposeB = false) => tf.matMul(a, b, transposeA, transposeB),
    sumRows: (matrix, rows, segments, count) =>
      tf.tidy(() => {
        const sums = tf.sparse.sparseSegmentSum(matrix, rows, segments) as tf.Tensor2D
        const missing = count - sums.shape[0]
        return missing > 0
          ? sums.pad<tf.Tensor2D>([
              [0, missing],
              [0, 0],
            ])
          : sums
      }),
    gate: (gradient, gated) => gradient.mul(gated.step()),
    squaredNorm(tensors) {
      return tf.scalar(
        tensors.reduce(
          (sum, { dataId, size }) => sum + loops.sumOfSquares(backend.getMemoryOffset(dataId), size),
          0,
        ),
      )
    },
    adam: (parameters, options, step = 0) => adam(backend, loops, parameters.map(completed), options, step),
  }
}

/** The backend has the process end every uncaught error in a dump of the backend's own source. Node's way is more use. */
async function withoutProcessListeners(work: () => Promise<unknown>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection']
  const emitter: EventEmitter = process
  const before = events.map((event) => emitter.listeners(event))
  await work()
  for (const [i, event] of events.entries()) {
    const added = emitter.listeners(event).filter((listener) => !before[i]!.includes(listener))
    for (const listener of added) emitter.off(event, listener as () => void)
  }
}

/**
 * Replaces the backend's kernel for products of matrices, which has three faults. With a transposed factor it leaves XNNPACK for nested
 * loops, six times slower: here factors are transposed first. XNNPACK repacks the right factor, at several times the cost of a transposition:
 * here op(a) op(b) may be had as the transpose of op(b)' op(a)'. And the packed factor is kept for as long as the tensor lives, even if it is
 * used in another shape or its values change: here it is dropped at once.
 */
function replaceProduct(backend: BackendWasm): void {
  const product = tf.getKernel('BatchMatMul', 'wasm').kernelFunc
  const transposition = tf.getKernel('Transpose', 'wasm').kernelFunc
  /** Cost of packing a number, relative to moving it in a transposition. */
  const packing = 5

  function plain(a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
    const result = product({ inputs: { a, b }, backend, attrs: { transposeA: false, transposeB: false } })
    forgetPacked(backend, b)
    return result as tf.TensorInfo
  }
  function transposed(x: tf.TensorInfo): tf.TensorInfo {
    return transposition({ inputs: { x }, backend, attrs: { perm: [1, 0] } }) as tf.TensorInfo
  }

  tf.unregisterKernel('BatchMatMul', 'wasm')
  tf.registerKernel({
    kernelName: 'BatchMatMul',
    backendName: 'wasm',
    kernelFunc({ inputs, attrs }) {
      const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo }
      const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean }
      if (a.shape.length !== 2 || b.shape.length !== 2) return product({ inputs, backend, attrs })

      const [sizeA, sizeB] = [tf.util.sizeFromShape(a.shape), tf.util.sizeFromShape(b.shape)]
      const sizeOut = a.shape[transposeA ? 1 : 0]! * b.shape[transposeB ? 0 : 1]!
      const direct = (transposeA ? sizeA : 0) + (transposeB ? sizeB : 0) + packing * sizeB
      const reversed = (transposeA ? 0 : sizeA) + (transposeB ? 0 : sizeB) + packing * sizeA + sizeOut

      const reverse = reversed < direct
      const left = transposeA === reverse ? a : transposed(a)
      const right = transposeB === reverse ? b : transposed(b)
      let result = reverse ? plain(right, left) : plain(left, right)
      if (left !== a) backend.disposeData(left.dataId)
      if (right !== b) backend.disposeData(right.dataId)
      if (reverse) {
        const out = transposed(result)
        backend.disposeData(result.dataId)
        result = out
      }
      return result
    },
  })
}

/** Makes XNNPACK forget what it packed of a tensor, by taking the tensor off the backend's list and putting it back. */
function forgetPacked(backend: BackendWasm, { dataId, shape }: tf.TensorInfo): void {
  const { id, memoryOffset } = backend.dataIdMap.get(dataId)
  backend.wasm.tfjs.disposeData(id)
  backend.wasm.tfjs.registerTensor(id, tf.util.sizeFromShape(shape), memoryOffset)
}

/** Adam in place, on the backend's own memory: its operations would make and drop a dozen tensors of each parameter's size at every step. */
function adam(
  backend: BackendWasm,
  loops: Loops,
  parameters: Required<AdamParameter>[],
  options: AdamOptions,
  step: number,
): Adam {
  const { epsilon } = options
  const towards1 = 1 - Math.fround(options.beta1)
  const towards2 = 1 - Math.fround(options.beta2)
  const offset = ({ dataId }: tf.Tensor) => backend.getMemoryOffset(dataId)
  const keep = (values: Float32Array, shape: readonly number[]) => tf.keep(tf.tensor(values, [...shape]))
  const values = parameters.map(({ shape, values }) => keep(values, shape))
  const moments = parameters.map(({ shape, m, v }) => ({ m: keep(m, shape), v: keep(v, shape) }))

  return {
    values,
    get step() {
      return step
    },
    update(gradients, scale) {
      checkGradients(gradients, values)
      step += 1
      const rate = correctedRate(options, step)
      const factor = scale ? scale.dataSync()[0]! : 1
      values.forEach((parameter, i) => {
        const { m, v } = moments[i]!
        const offsets = [offset(parameter), offset(m), offset(v), offset(gradients[i]!)] as const
        loops.adam(...offsets, parameter.size, factor, rate, towards1, towards2, epsilon)
        forgetPacked(backend, parameter)
      })
    },
    state() {
      return {
        step,
        parameters: values.map((parameter, i) => ({
          shape: parameter.shape,
          values: parameter.dataSync<'float32'>(),
          m: moments[i]!.m.dataSync<'float32'>(),
          v: moments[i]!.v.dataSync<'float32'>(),
        })),
      }
    },
    dispose() {
      tf.dispose([values, moments])
    },
  }
}
