import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** Shared by all charts: readable on a white page and, with a background of their own, on a dark one. */
const config = {
  background: 'white',
  font: 'system-ui, sans-serif',
  axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', gridColor: '#eee', domainColor: '#999' },
  title: { fontSize: 15, anchor: 'start', subtitleFontSize: 12, subtitleColor: '#555', subtitlePadding: 6, offset: 14 },
  legend: { labelFontSize: 12, titleFontSize: 12 },
  view: { stroke: null },
  header: { labelFontSize: 13, labelFontWeight: 'bold', title: null },
} as const

/** Draws a chart, without a browser. */
export async function toSvg(spec: TopLevelSpec): Promise<string> {
  const compiled = compile({ padding: 16, ...spec, config })
  const view = new View(parse(compiled.spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return `${svg}\n`
}

/** Ours stands out; the others are subdued. */
const colors = new Map([
  ['ours', '#0b6e4f'],
  ['bare', '#8d99ae'],
  ['pg-boss', '#c9a227'],
  ['graphile-worker', '#b56576'],
])

/** The scale that gives each side its color, the same in every chart. */
export function colorsOf(sides: readonly string[]): { domain: string[]; range: string[] } {
  const shown = [...colors].filter(([side]) => sides.includes(side))
  return { domain: shown.map(([side]) => side), range: shown.map(([, color]) => color) }
}
