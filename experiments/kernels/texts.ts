import { draw } from './draw.ts'
import { loops } from './loops.ts'
import { products } from './products.ts'
import { sums } from './sums.ts'

/** The kernels' texts by name: `npm run kernels` assembles them into assembled.ts, which is what runs. */
export const texts = { draw, loops, products: products(), sums: sums() }
