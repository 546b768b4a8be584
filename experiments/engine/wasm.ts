import type { EventEmitter } from 'node:events'
import * as tf from '@tensorflow/tfjs'
import { type BackendWasm, version_wasm } from '@tensorflow/tfjs-backend-wasm'
import { block } from '../kernels/blocks.ts'
import {
  type Adam,
  type AdamOptions,
  type AdamParameterWithMoments,
  checkGradients,
  completed,
  correctedRate,
  type Engine,
} from './engine.ts'
import { type Loops, loopsIn } from './loops.ts'
import { packedBytes, productsIn } from './products.ts'
import { sumsIn } from './sums.ts'

/**
 * Loads the WebAssembly backend, with SIMD where the processor has it, on one thread: the bits do not depend
 * on the number of cores.
 */
export async function open(): Promise<Engine> {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  await withoutProcessListeners(() => tf.setBackend('wasm'))
  const backend = tf.backend() as BackendWasm
  const { asm } = backend.wasm as unknown as { asm: { memory: WebAssembly.Memory } }
  await replaceProduct(backend, asm.memory)
  replaceSlice(backend)
  const loops = await loopsIn(asm.memory)
  const sums = await sumsIn(asm.memory)

  return {
    name: 'wasm',
    version: `tfjs-backend-wasm ${version_wasm}`,
    tf,
    matMul: (a, b, transposeA = false, transposeB = false) => tf.matMul(a, b, transposeA, transposeB),
    sumRows(matrix, rows, segments, count) {
      const [, columns] = matrix.shape
      const out = backend.makeOutput([count, columns], 'float32')
      const [from, list, by, to] = [matrix, rows, segments, out].map(({ dataId }) =>
        backend.getMemoryOffset(dataId),
      )
      sums.sumRows(from, columns, list, by, rows.size, to, count)
      return tf.engine().makeTensorFromTensorInfo(out) as tf.Tensor2D
    },
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

/**
 * The backend has the process end every uncaught error in a dump of the backend's own source. Node's way is
 * more use.
 */
async function withoutProcessListeners(work: () => Promise<unknown>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection']
  const emitter: EventEmitter = process
  const before = events.map((event) => emitter.listeners(event))
  await work()
  for (const [i, event] of events.entries()) {
    const added = emitter.listeners(event).filter((listener) => !before[i].includes(listener))
    for (const listener of added) emitter.off(event, listener as () => void)
  }
}

/**
 * Replaces the backend's kernel for products of matrices, which leaves XNNPACK for nested loops, six times
 * slower, when a factor is transposed, packs the right factor anew at a cost that few rows do not repay, and
 * keeps what it packed for as long as the tensor lives, even if its values change.
 */
async function replaceProduct(backend: BackendWasm, memory: WebAssembly.Memory): Promise<void> {
  const batched = tf.getKernel('BatchMatMul', 'wasm').kernelFunc
  const products = await productsIn(memory)
  const float = Float32Array.BYTES_PER_ELEMENT

  tf.unregisterKernel('BatchMatMul', 'wasm')
  tf.registerKernel({
    kernelName: 'BatchMatMul',
    backendName: 'wasm',
    kernelFunc({ inputs, attrs }) {
      const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo }
      const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean }
      if (a.shape.length !== 2 || b.shape.length !== 2) return batched({ inputs, backend, attrs: attrs! })

      const [m, k] = transposeA ? [a.shape[1], a.shape[0]] : [a.shape[0], a.shape[1]]
      const n = b.shape[transposeB ? 0 : 1]
      /** Bytes from row to row and from column to column. */
      const steps = ({ shape }: tf.TensorInfo, transposed: boolean): [number, number] =>
        transposed ? [float, float * shape[1]] : [float * shape[1], float]
      const left = steps(a, transposeA)
      const right = steps(b, transposeB)
      // The right factor is packed. Where the left one is smaller, the product's transpose is computed
      // instead.
      const turned = m < n && k <= block
      const packed = backend.makeOutput([Math.ceil(packedBytes(k, turned ? m : n) / float)], 'float32')
      const c = backend.makeOutput([m, n], 'float32')
      const [atA, atB, atC, scratch] = [a, b, c, packed].map(({ dataId }) => backend.getMemoryOffset(dataId))
      if (turned)
        products.multiply(
          atB,
          right[1],
          right[0],
          atA,
          left[1],
          left[0],
          atC,
          float,
          float * n,
          n,
          m,
          k,
          scratch,
        )
      else products.multiply(atA, ...left, atB, ...right, atC, float * n, float, m, n, k, scratch)
      backend.disposeData(packed.dataId)
      return c
    },
  })
}

/**
 * Replaces the backend's kernel for slices, which copies the whole tensor before it takes the part, by one
 * that copies the part of a matrix row by row.
 */
function replaceSlice(backend: BackendWasm): void {
  const general = tf.getKernel('Slice', 'wasm').kernelFunc
  tf.unregisterKernel('Slice', 'wasm')
  tf.registerKernel({
    kernelName: 'Slice',
    backendName: 'wasm',
    kernelFunc({ inputs, attrs }) {
      const { x } = inputs as { x: tf.TensorInfo }
      if (x.shape.length !== 2 || x.dtype === 'string') return general({ inputs, backend, attrs: attrs! })

      const { begin, size } = attrs as { begin: number | number[]; size: number | number[] }
      const [[row, column], [rows, columns]] = tf.slice_util.parseSliceParams(x, begin, size)
      const part = backend.makeOutput([rows, columns], x.dtype)
      const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(part)]
      for (let i = 0; i < rows; i++) {
        const at = (row + i) * x.shape[1] + column
        to.set(from.subarray(at, at + columns), i * columns)
      }
      return part
    },
  })
}

/**
 * Makes XNNPACK forget what it packed of a tensor, by taking the tensor off the backend's list and putting it
 * back.
 */
function forgetPacked(backend: BackendWasm, { dataId, shape }: tf.TensorInfo): void {
  const { id, memoryOffset } = backend.dataIdMap.get(dataId)
  backend.wasm.tfjs.disposeData(id)
  backend.wasm.tfjs.registerTensor(id, tf.util.sizeFromShape(shape), memoryOffset)
}

/**
 * Adam in place, on the backend's own memory: its operations would make and drop a dozen tensors of each
 * parameter's size at every step.
 */
function adam(
  backend: BackendWasm,
  loops: Loops,
  parameters: AdamParameterWithMoments[],
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
      const factor = scale ? scale.dataSync()[0] : 1
      values.forEach((parameter, i) => {
        const { m, v } = moments[i]
        const offsets = [offset(parameter), offset(m), offset(v), offset(gradients[i])] as const
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
          m: moments[i].m.dataSync<'float32'>(),
          v: moments[i].v.dataSync<'float32'>(),
        })),
      }
    },
    dispose() {
      tf.dispose([values, moments])
    },
  }
}
