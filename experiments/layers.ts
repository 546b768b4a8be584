/** The hidden layers whose landscapes are drawn. */
export const drawnLayers = [1, 2] as const

export type DrawnLayer = (typeof drawnLayers)[number]

/** @throws for a number that is none of them */
export function drawnLayer(number: number): DrawnLayer {
  const layer = drawnLayers.find((drawn) => drawn === number)
  if (!layer)
    throw new RangeError(`Landscapes are drawn of hidden layers ${drawnLayers.join(' and ')}, not ${number}.`)
  return layer
}

/** The name under which results keep what is of a hidden layer. */
export const layerName = <L extends DrawnLayer>(layer: L) => `layer${layer}` as const

/** The same for both drawn layers. */
export const byLayer = <T>(of: (layer: DrawnLayer) => T): { readonly layer1: T; readonly layer2: T } => ({
  layer1: of(1),
  layer2: of(2),
})
