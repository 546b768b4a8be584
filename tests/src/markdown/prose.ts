/** Reads and compiles prose as the site does, for the tests of what is found in it and done to it. */
import { compile } from '@mdx-js/mdx'
import remarkMath from 'remark-math'
import { VFile } from 'vfile'
import { rehypeMathematics } from '../../../src/markdown/mathematics.ts'
import { type Quoted, remarkNumber } from '../../../src/markdown/number.ts'
import { pageProblems, type Surroundings } from '../../../src/markdown/page.ts'
import { Mistakes } from '../../../src/markdown/problem.ts'

/** Lines of frontmatter before a page's text. */
export const head = '---\ntitle: A title\nsummary: What it is about.\n---\n'

const all = ['none', 'dropout', 'batch-norm-before']

export const surroundings: Surroundings = {
  vocabulary: {
    statistics: {
      'none.epoch10.layer2.cosine': 'estimate',
      'none.epoch10.layer1.cosine': 'estimate',
      'none.epoch10.r2': 'number',
      'none.start.agrees': 'verdict',
      'none.accurateFrom': 'number',
    },
    figures: {
      minibatches: { needs: ['condition', 'epoch', 'variant'], conditions: all },
      training: { needs: ['condition'], conditions: all },
      landscape: { needs: ['condition', 'epoch', 'layer'], conditions: all },
      'batch-size': { needs: ['condition'], conditions: ['none', 'dropout'] },
      walk: { needs: ['condition'], conditions: ['none'] },
    },
    conditions: {
      none: { epochs: [0, 10, 50], variants: ['bias', 'float32'] },
      dropout: { epochs: [0, 10], variants: ['bias', 'float32', 'fresh'] },
      'batch-norm-before': { epochs: [0, 10], variants: ['bias', 'float32', 'beta'] },
    },
    layers: [1, 2],
    minibatches: 50,
  },
  citations: ['kingma2014', 'ioffe2015'],
  pages: new Map([
    ['article.mdx', `${head}## What we found\n`],
    ['method.mdx', `${head}## Data\n\n<Equation id="eq-one">\n$$\nx\n$$\n</Equation>\n`],
  ]),
  addresses: ['provenance.html', 'lab.html', 'data/statistics.json', 'icon.svg'],
  beside: (path) => ['picture.png', './picture.png', './widget.ts'].includes(path),
}

export interface Compiled {
  /** The page's module, as JSX. */
  readonly code: string
  readonly quoted: Quoted
}

/** Compiles a page, without frontmatter. */
export async function prose(value: string): Promise<Compiled> {
  const frontmatter: { quoted?: Quoted } = {}
  const begin = () => (_tree: unknown, file: VFile) => {
    file.data.astro = { frontmatter }
  }
  const compiled = await compile(new VFile({ value, path: '/project/content/article.mdx' }), {
    jsx: true,
    remarkPlugins: [remarkMath, begin, remarkNumber],
    rehypePlugins: [rehypeMathematics],
  })
  return { code: String(compiled), quoted: frontmatter.quoted as Quoted }
}

/**
 * What is wrong with the text of a page, a line each, its lines counted from after the frontmatter; none if
 * nothing is.
 */
export function mistakes(text: string): string[] {
  const problems = pageProblems('content/article.mdx', head + text, surroundings)
  const { message } = new Mistakes(problems.map((problem) => ({ ...problem, line: problem.line - 4 })))
  return message === '' ? [] : message.split('\n')
}
