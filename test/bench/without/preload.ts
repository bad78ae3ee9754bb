import { registerHooks } from 'node:module'
import { isPart, parts } from './parts.ts'

/**
 * Preloaded into api and worker of a run that measures what one promise costs: the parts that BENCH_WITHOUT names are swapped for
 * those beside this file. The product has no switch for that.
 */
const left = new Set((process.env['BENCH_WITHOUT'] ?? '').split(',').filter(isPart))
const own = new URL('.', import.meta.url).href

registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context)
    // what stands in may build on what it stands in for
    if (context.parentURL?.startsWith(own)) return found
    for (const part of left) {
      const { file, standIn } = parts[part]
      if (found.url.endsWith(file)) return { ...found, url: new URL(standIn, own).href, shortCircuit: true }
    }
    return found
  },
})
