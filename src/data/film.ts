/** The film of training as its player reads it: a safetensors file, written by the build. */
import type { Tensors } from '../../pipeline/stage.ts'

/**
 * The tensors of a film's file: actual [example], predicted [epoch, example], r2 and mae [epoch], on all test
 * examples.
 */
export interface FilmFile {
  readonly actual: Float32Array
  readonly predicted: Float32Array
  readonly r2: Float32Array
  readonly mae: Float32Array
}

/** The tensors of a film, named as `unpackFilm` reads them. */
export function packFilm({ actual, predicted, r2, mae }: FilmFile): Tensors {
  const epochs = r2.length
  return {
    actual: { shape: [actual.length], data: actual, axes: ['example'] },
    predicted: { shape: [epochs, actual.length], data: predicted, axes: ['epoch', 'example'] },
    r2: { shape: [epochs], data: r2, axes: ['epoch'] },
    mae: { shape: [epochs], data: mae, axes: ['epoch'] },
  }
}

/** The film of a file of `packFilm`. */
export function unpackFilm(tensors: Tensors): FilmFile {
  const values = (name: keyof FilmFile) => tensors[name].data as Float32Array
  return { actual: values('actual'), predicted: values('predicted'), r2: values('r2'), mae: values('mae') }
}
