/** Compiles prose as the site does, for the tests of what is done to it. */
import { compile } from '@mdx-js/mdx'
import rehypeKatex from 'rehype-katex'
import remarkMath from 'remark-math'
import { VFile } from 'vfile'
import { remarkCheck } from '../../../src/markdown/check.ts'
import { rehypeCheckMathematics, rehypeJoinMathematics } from '../../../src/markdown/mathematics.ts'
import { type Quoted, remarkNumber } from '../../../src/markdown/number.ts'
import type { Vocabulary } from '../../../src/markdown/vocabulary.ts'

export const vocabulary: Vocabulary = {
  statistics: ['none.epoch10.layer2.cosine', 'none.epoch10.layer1.cosine', 'none.start.agrees'],
  figures: {
    minibatches: ['condition', 'epoch', 'variant'],
    training: ['condition'],
    landscape: ['condition', 'epoch', 'layer'],
  },
  conditions: {
    none: { epochs: [0, 10, 50], variants: ['bias', 'float32'] },
    dropout: { epochs: [0, 10], variants: ['bias', 'float32', 'fresh'] },
  },
  layers: [1, 2],
  minibatches: 50,
  citations: ['kingma2014', 'ioffe2015'],
  pages: ['article.mdx', 'method.mdx'],
}

export interface Compiled {
  /** The page's module, as JSX. */
  readonly code: string
  readonly quoted: Quoted
}

/** Compiles an article in `/project/content/article.mdx`, without frontmatter. @throws with the mistakes of its prose */
export async function prose(value: string): Promise<Compiled> {
  const frontmatter: { quoted?: Quoted } = {}
  const afterChecks = () => (_tree: unknown, file: VFile) => {
    file.data.astro = { frontmatter }
  }
  const root = '/project'
  const compiled = await compile(new VFile({ value, path: `${root}/content/article.mdx` }), {
    jsx: true,
    remarkPlugins: [remarkMath, [remarkCheck, { vocabulary, root }], afterChecks, remarkNumber],
    rehypePlugins: [rehypeKatex, [rehypeCheckMathematics, { root }], rehypeJoinMathematics],
  })
  return { code: String(compiled), quoted: frontmatter.quoted as Quoted }
}

/** The lines of what is wrong with an article; empty if nothing is. */
export async function mistakes(value: string): Promise<string[]> {
  return prose(value).then(
    () => [],
    (error) => error.message.split('\n'),
  )
}
