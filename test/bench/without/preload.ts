import { registerHooks } from 'node:module'
import { isPart, parts } from './parts.ts'

/**
 * Preloaded into api and worker of a run that measures the cost of one promise: replaces the parts that BENCH_WITHOUT
 * names with those beside this file. The product has no switch for that.
 */
const left = new Set((process.env['BENCH_WITHOUT'] ?? '').split(',').filter(isPart))
const own = new URL('.', import.meta.url).href

registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context)
    // a stand-in may build on the original
    if (context.parentURL?.startsWith(own)) return found
    for (const part of left) {
      const { file, standIn } = parts[part]
      if (found.url.endsWith(file)) return { ...found, url: new URL(standIn, own).href, shortCircuit: true }
    }
    return found
  },
})
