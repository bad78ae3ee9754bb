import { expect, test } from 'vitest'
import { isPart, parts, type Part } from './parts.ts'

const names = Object.keys(parts).filter(isPart)

test.each(names)('the stand-in for %s has everything that the original has', async (name: Part) => {
  const { file, standIn } = parts[name]
  const original = await load(`../../..${file}`)
  const inItsPlace = await load(standIn)
  expect(Object.keys(inItsPlace)).toEqual(expect.arrayContaining(Object.keys(original)))
})

/** By a whole URL, since Vite must know beforehand what a relative one may become. */
async function load(path: string): Promise<object> {
  return (await import(/* @vite-ignore */ new URL(path, import.meta.url).href)) as object
}
