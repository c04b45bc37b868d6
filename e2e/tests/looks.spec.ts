import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from '../bed/office'
import { open } from '../bed/test'
import { strange, type Language } from '../bed/words'

const themes = ['pixel', 'cyber', 'office'] as const
const languages: Language[] = ['en', 'zh']
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const widths = [1440, 768, 360]

/** Beside the screens of the menu: the details, and the dialogs that an address leads to. */
const more = [
  'agents/worker%3Acarol',
  'providers/qwen',
  'providers?add=1',
  'routes/default-ai-route',
  'routes?add=1',
  'backups/4',
  'activity/audit',
]

// No trace: everything that there is to see is kept.
test.use({ trace: 'off', screenshot: 'off', contextOptions: { reducedMotion: 'reduce' } })
test.describe.configure({ timeout: 120_000 })

for (const theme of themes) {
  for (const language of languages) {
    test(`${theme}, ${language}`, async ({ page, office, watch }) => {
      // A form that is not filled in yet is refused.
      watch.expect(422, /\/api\/v1\/(providers|routes)/)
      await page.addInitScript(
        ([theme, language]) => {
          localStorage.setItem('agm.theme', theme!)
          localStorage.setItem('agm.language', language!)
        },
        [theme, language] as string[],
      )
      watch.own(office.management)
      await page.goto(office.management)
      await look(page, theme, language, 'login')
      await open(page, watch, office.management)
      await page.reload()
      const menu = page.getByRole('navigation').first().getByRole('link')
      await expect(menu.first()).toBeVisible()
      const screens = await menu.evaluateAll(links => links.map(link => link.getAttribute('href')!.slice(2)))
      for (const place of [...screens, ...more]) {
        await test.step(place || 'home', async () => {
          await page.goto(`${office.management}/#/${place}`)
          await look(page, theme, language, place)
        })
      }
    })
  }
}

async function look(page: Page, theme: string, language: Language, place: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.getByText(/^(Reading…|读取中…)$/)).toHaveCount(0)
  await page.evaluate(() => document.fonts.ready)
  const where = `${theme}, ${language}, ${place || 'home'}`
  expect.soft(await strange(page, language), `${where}: texts`).toEqual([])
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 })
    // What measures itself is drawn anew a frame later.
    await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
    expect.soft(await tooWide(page), `${where}, ${width} px: too wide`).toEqual([])
    const name = `${place || 'home'}`.replace(/\W+/g, '-')
    await page.screenshot({ path: `out/looks/${theme}-${language}-${width}-${name}.jpeg`, fullPage: true, quality: 80 })
    // The structure is the same in every theme, and the colours are on every screen.
    const structure = theme === 'pixel'
    if (width === 1440 || (width === 360 && structure)) {
      expect.soft(await faults(page, structure), `${where}, ${width} px: accessibility`).toEqual([])
    }
  }
  await page.setViewportSize({ width: widths[0]!, height: 900 })
}

/** Whether the page can be moved sideways, and which texts are cut. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) {
      const beyond = [...document.querySelectorAll('body *')].filter(
        one => one.getBoundingClientRect().right > clientWidth,
      )
      found.push(
        `the page is ${scrollWidth} px wide: ${beyond
          .slice(-3)
          .map(one => one.outerHTML.slice(0, 120))
          .join(' | ')}`,
      )
    }
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const text = texts.currentNode
      if (!text.textContent?.trim()) continue
      const range = document.createRange()
      range.selectNodeContents(text)
      const shown = range.getBoundingClientRect()
      for (let one = text.parentElement; one && one !== document.body; one = one.parentElement) {
        const frame = one.getBoundingClientRect()
        // What is only spoken is one pixel wide; what scrolls is not cut.
        if (getComputedStyle(one).overflowX === 'auto' || frame.width <= 1) break
        if (!['hidden', 'clip'].includes(getComputedStyle(one).overflowX)) continue
        if (shown.right > frame.right + 1 || shown.left < frame.left - 1) found.push(`cut: ${text.textContent.trim()}`)
      }
    }
    return found
  })
}

async function faults(page: Page, structure: boolean): Promise<string[]> {
  // The mood that lies over the page is nearly transparent, but axe tells no contrast through it.
  await page.evaluate(() => {
    const plain = new CSSStyleSheet()
    plain.replaceSync('body::after { content: none !important } body { background: var(--bg) !important }')
    document.adoptedStyleSheets = [plain]
  })
  const axe = new AxeBuilder({ page }).setLegacyMode(true)
  const results = await (structure ? axe.withTags(TAGS) : axe.withRules('color-contrast')).analyze()
  await page.evaluate(() => (document.adoptedStyleSheets = []))
  // A check of contrast that could judge nothing would find nothing.
  const judged = results.passes.find(rule => rule.id === 'color-contrast')?.nodes.length ?? 0
  expect.soft(judged, 'texts whose contrast was judged').toBeGreaterThan(5)
  return results.violations.flatMap(rule =>
    rule.nodes.map(
      node => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary?.split('\n').slice(1, 3).join(' ')}`,
    ),
  )
}
