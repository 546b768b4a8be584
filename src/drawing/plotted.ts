import * as Plot from '@observablehq/plot'

/**
 * A picture by Observable Plot in the page's own type and colours, scaled to the width that the page gives
 * it: without Plot's style sheet, face and size, and its names for marks.
 */
export function plotted(options: Plot.PlotOptions): SVGSVGElement & Plot.Plot {
  // It is a figure of HTML only where a title, a caption or a legend is asked for.
  const svg = Plot.plot({ ...options, className: 'panel' }) as SVGSVGElement & Plot.Plot
  for (const style of svg.querySelectorAll('style')) style.remove()
  for (const name of ['fill', 'font-family', 'font-size', 'text-anchor', 'width', 'height'])
    svg.removeAttribute(name)
  for (const element of svg.querySelectorAll('[aria-label], [aria-description], [aria-hidden]'))
    for (const name of ['aria-label', 'aria-description', 'aria-hidden']) element.removeAttribute(name)
  return svg
}
