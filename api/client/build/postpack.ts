import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Takes away what packing has made: in the repository the sources themselves are run. */
export function cleanUp(): void {
  for (const name of ['dist', 'LICENSE', 'README.md']) {
    rmSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), { recursive: true, force: true })
  }
}

if (import.meta.main) cleanUp()
