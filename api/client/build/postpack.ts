import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Removes the files created for packing: in the repository the sources are run directly. */
export function cleanUp(): void {
  for (const name of ['dist', 'LICENSE', 'README.md']) {
    rmSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), { recursive: true, force: true })
  }
}

if (import.meta.main) cleanUp()
