/** The quantized network of each checkpoint, for the laboratory. */
import type { APIRoute } from 'astro'
import { encodeTensors } from '../../../pipeline/tensors.ts'
import { checkpoints } from '../../islands/lab/study.ts'
import { results } from '../../published.ts'

export const getStaticPaths = () =>
  checkpoints(results.protocol).map(({ condition, epoch }) => ({
    params: { checkpoint: `${condition}-${epoch}` },
    props: { stage: `laboratory ${condition} ${epoch}` },
  }))

export const GET: APIRoute<{ stage: string }> = async ({ props }) =>
  new Response(encodeTensors(await results.run.stage(props.stage).tensors('network.safetensors')))
