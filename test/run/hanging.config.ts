import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { include: ['test/run/hanging.ts'], pool: 'forks' } })
