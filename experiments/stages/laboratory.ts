import { laboratory } from '../definitions/laboratory.ts'
import { openEngine } from '../engine/index.ts'
import { activeInputs, load } from '../network.ts'
import { quantize } from '../quantized.ts'
import { readDataset, readParameters } from './inputs.ts'

/** Examples passed through the network at once. */
const chunk = 500

export default laboratory.implement(async ({ protocol, condition, epoch }, inputs, context) => {
  const { examples, train } = await readDataset(inputs.dataset)
  const parameters = await readParameters(inputs.training, epoch)
  const engine = await openEngine(context.engine)
  const { network, dispose } = load(engine, protocol, condition, parameters, examples)
  const outputs = new Float32Array(train.length)
  for (let from = 0; from < train.length; from += chunk) {
    const members = train.subarray(from, from + chunk)
    const values = engine.tf.tidy(() => network.forward(examples, members, { statistics: 'running' }).outputs)
    outputs.set(values.dataSync<'float32'>(), from)
    values.dispose()
    context.progress(from + members.length, train.length, 'examples')
  }
  dispose()
  return {
    network: {
      ...quantize(parameters, activeInputs(examples)),
      outputs: { shape: [train.length], data: outputs, axes: ['example'] },
    },
  }
})
