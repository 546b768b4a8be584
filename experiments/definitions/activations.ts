import { defineStage, float32, float64, tensors } from '../definition.ts'
import { maskNames } from '../streams.ts'
import { type CheckpointParameters, type CheckpointPlace, gibibyte } from './common.ts'
import { dataset } from './dataset.ts'
import { training } from './training.ts'

const products = float64(['minibatch', 'minibatch'])

/**
 * What the engine has to compute once for the landscapes and the agreement of a checkpoint, in training mode,
 * dropout masks fixed for each minibatch.
 */
export const activations = defineStage<CheckpointParameters, CheckpointPlace>()({
  kind: 'activations',
  inputs: { dataset, training },
  masks: [maskNames.landscape, maskNames.trainingSet],
  usesEngine: true,
  memory: gibibyte,
  files: {
    /**
     * Pre-activations of hidden layer 1, of the drawn minibatches and of all training examples; targets
     * likewise.
     */
    activations: tensors({
      minibatches: float32(['minibatch', 'example', 'unit']),
      minibatchTargets: float32(['minibatch', 'example']),
      train: float32(['example', 'unit']),
      trainTargets: float32(['example']),
    }),
    /** Inner products of the minibatches' gradients with respect to the weights of each layer. */
    gradients: tensors({ hidden0: products, hidden1: products, hidden2: products, output: products }),
  },
})
