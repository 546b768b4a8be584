/**
 * What the laboratory loads: the training examples, the quantized network of each checkpoint, and the
 * published minibatches.
 */
import type { APIRoute } from 'astro'
import type { Tensors } from '../../../pipeline/stage.ts'
import { encodeTensors } from '../../../pipeline/tensors.ts'
import { results } from '../../data/published.ts'
import { laboratoryFiles, studyOf } from '../../laboratory.ts'

const files = laboratoryFiles(results, await studyOf(results))

export const getStaticPaths = () =>
  [...files].map(([file, read]) => ({ params: { file: file.replace(/^lab\//, '') }, props: { read } }))

export const GET: APIRoute<{ read: () => Promise<Tensors> }> = async ({ props }) =>
  new Response(encodeTensors(await props.read()))
