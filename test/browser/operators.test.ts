import { hashPassword } from '@encounter-gateway/api/operators/password.ts'
import type { AddressInfo } from 'node:net'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failed, openIngress, unknown, type Ingress } from '../fixtures/ingress.ts'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = process.env['CHROMIUM'] ?? BROWSERS.find((path) => existsSync(path))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
type Found = { passes: unknown[]; violations: { id: string; nodes: { html: string }[] }[] }
const PASSWORD = 'correct & horse'
const SCRIPT = '<img src=x onerror="document.title=1"><script>document.title=1</script>'

describe.skipIf(!executablePath)(
  'operators in a browser (needs Chromium: apt-get install chromium, or CHROMIUM)',
  () => {
    let gateway: Ingress
    let browser: Browser
    let url: string

    beforeAll(async () => {
      const passwordHash = await hashPassword(PASSWORD, { N: 1024, r: 8, p: 1 })
      const named = (name: string, role: string) => ({ name, role, passwordHash })
      gateway = await openIngress({
        operators: [named('ops', 'operator'), named('seer', 'viewer'), named('aud', 'auditor')],
      })
      await gateway.app.listen({ port: 0, host: '127.0.0.1' })
      url = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`
      browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] })
    }, 120_000)
    afterAll(async () => {
      await browser?.close()
      await gateway?.[Symbol.asyncDispose]()
    })

    async function signedIn(name: string): Promise<Page> {
      const page = await browser.newPage({ baseURL: url, viewport: { width: 1280, height: 900 } })
      await page.goto('/admin')
      await page.fill('#name', name)
      await page.fill('#password', PASSWORD)
      await page.press('#password', 'Enter')
      await page.waitForSelector('#live')
      return page
    }
    const path = () => `/admin/connections/Sandbox/${gateway.emrInstance}`

    /** What axe finds wrong with the page, and whether it scrolls sideways. */
    async function faultsOf(page: Page): Promise<string[]> {
      // with the browser's own tools: the pages permit no script from elsewhere
      await page.evaluate(axe)
      const { violations, passes } = await page.evaluate<Found>('axe.run()')
      expect(passes.length).toBeGreaterThan(10)
      const isWide = await page.evaluate<boolean>(
        'document.documentElement.scrollWidth > document.documentElement.clientWidth',
      )
      const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
      return isWide ? [...found, 'scrolls sideways'] : found
    }

    test('every page is without faults for axe, light and dark, from 390 to 1920 px', async () => {
      const [job, doubt] = [await gateway.accept(), await gateway.accept()]
      await gateway.finish(job, failed)
      await gateway.finish(doubt, unknown)
      const pages = [
        '/admin',
        path(),
        '/admin/jobs',
        `/admin/jobs/${doubt}`,
        '/admin/in-doubt',
        '/admin/fleet',
        '/admin/audit',
      ]
      const [asAuditor, asOps] = [await signedIn('aud'), await signedIn('ops')]
      for (const [width, colorScheme] of [
        [390, 'dark'],
        [1920, 'light'],
      ] as const) {
        for (const page of [asAuditor, asOps]) {
          await page.setViewportSize({ width, height: 900 })
          await page.emulateMedia({ colorScheme })
        }
        for (const each of pages) {
          const page = each === '/admin/audit' ? asAuditor : asOps
          await page.goto(each)
          expect({ each, width, faults: await faultsOf(page) }).toEqual({ each, width, faults: [] })
        }
      }
    }, 120_000)

    test('pause and resume with the keyboard; the first page shows it by itself, and no text becomes markup', async () => {
      const [watching, acting] = [await signedIn('seer'), await signedIn('ops')]
      await acting.goto(path())
      const order = async (label: string, reason: string) => {
        const form = acting.locator('details', { has: acting.locator(`summary:text-is("${label}")`) })
        await form.locator('summary').press('Enter')
        await form.locator('input[name=reason]').fill(reason)
        await form.locator('input[name=reason]').press('Enter')
      }
      await order('Pause', SCRIPT)
      await watching.waitForSelector(`tr.paused:has-text("${gateway.emrInstance}")`)
      expect(await watching.title()).toContain('Now')
      expect(await watching.locator('tr.paused').innerText()).toContain('<script>')
      expect(await gateway.connection.records.queue.isPaused()).toBe(true)
      await acting.waitForSelector('section.paused')
      await order('Resume', 'over')
      await watching.waitForSelector('tr.paused', { state: 'detached' })
      expect(await gateway.connection.records.queue.isPaused()).toBe(false)
      await watching.goto(path())
      expect(await watching.locator('summary').count()).toBe(0)
    }, 60_000)

    test('a job in doubt is resolved, and what failed is retried after the number was shown', async () => {
      const page = await signedIn('ops')
      const [doubt, one, two] = [await gateway.accept(), await gateway.accept(), await gateway.accept()]
      await gateway.finish(doubt, unknown)
      for (const id of [one, two]) await gateway.finish(id, failed)
      await page.goto('/admin/in-doubt')
      const line = page.locator('tr', { hasText: doubt })
      await line.locator('summary:text-is("It is there")').click()
      await line.locator('input[name=encounterId]').fill('E-1')
      await line.locator('input[name=reason]').first().fill('looked it up')
      await line.locator('button:text-is("It is there")').click()
      await page.waitForURL(`**/admin/jobs/${doubt}`)
      expect(await page.innerText('main')).toContain('Succeeded')
      expect(await page.innerText('main')).not.toContain('E-1')
      await page.goto(`/admin/jobs?Status=Failed&EmrInstance=${gateway.emrInstance}`)
      await page.click('button:has-text("Retry all that match")')
      expect(await page.innerText('h1')).toMatch(/^Retry \d jobs\?$/)
      await page.fill('#reason-Retry', 'the EMR is back')
      await page.click('main button')
      await page.waitForURL('**/admin/jobs')
      expect((await gateway.get(`/api/v1/Jobs/${one}`)).json()).toMatchObject({ Status: 'Queued' })
    }, 60_000)
  },
)
