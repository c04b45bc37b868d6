import type { Page } from '@playwright/test'
import { expect, open, placeOf, test } from '../bed/test'

/** What has the focus, as an assistive technology names it. */
const focused = (page: Page) => page.locator('*:focus')

test('the first key leads past the menu', async ({ page, agm, watch }) => {
  await open(page, watch, agm.management, 'agents')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  expect(placeOf(page)).toBe('#/agents')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Add a worker' })).toBeFocused()
})

test('the menu, and a key for every screen', async ({ page, agm, watch }) => {
  await open(page, watch, agm.management)
  const menu = page.getByRole('navigation', { name: 'Screens' })
  await menu.getByRole('link', { name: 'Office' }).focus()
  await page.keyboard.press('Tab')
  await expect(menu.getByRole('link', { name: 'Providers' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Providers')
  await expect(menu.getByRole('link', { name: 'Providers' })).toHaveAttribute('aria-current', 'page')

  // What the help lists is what works.
  await page.keyboard.press('?')
  const help = page.getByRole('dialog', { name: 'Keyboard' })
  const jumps = (await help.getByRole('term').allTextContents()).filter(keys => /^g .$/.test(keys))
  const screens = await menu.getByRole('link').evaluateAll(links => links.map(link => link.getAttribute('href')))
  expect(jumps).toHaveLength(screens.length)
  await page.keyboard.press('Escape')
  await expect(help).toBeHidden()
  for (const [index, keys] of jumps.entries()) {
    await page.keyboard.press('g')
    await page.keyboard.press(keys.slice(-1))
    await expect.poll(() => placeOf(page)).toBe(screens[index])
  }
})

test('a search, and letters that are only typed', async ({ page, agm, watch }) => {
  await agm.addWorker('alice')
  await open(page, watch, agm.management, 'agents')
  await expect(page.getByRole('row', { name: /worker:alice/ })).toBeVisible()
  await page.keyboard.press('/')
  await expect(page.getByRole('searchbox')).toBeFocused()
  await page.keyboard.type('g p?')
  await expect(page.getByRole('searchbox')).toHaveValue('g p?')
  expect(placeOf(page)).toMatch(/^#\/agents/)
  await expect(page.getByText('Nothing matches.')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('searchbox')).toHaveValue('')
  await expect(page.getByRole('row', { name: /worker:alice/ })).toBeVisible()
})

test('the palette goes anywhere', async ({ page, agm, watch }) => {
  await open(page, watch, agm.management, 'agents')
  const add = page.getByRole('button', { name: 'Add a worker' })
  await add.focus()
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: 'Commands' })
  await expect(palette.getByRole('combobox')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(palette).toBeHidden()
  await expect(add).toBeFocused()

  await page.keyboard.press('Control+k')
  await page.keyboard.type('go to')
  await page.keyboard.press('ArrowDown')
  await expect(palette.getByRole('option', { selected: true })).toHaveText('Go to Providers')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Providers')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('cyber')
  await page.keyboard.press('Enter')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'cyber')
})

test('a dialog keeps the focus, and gives it back', async ({ page, agm, watch }) => {
  await open(page, watch, agm.management, 'agents')
  const add = page.getByRole('button', { name: 'Add a worker' })
  await add.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Add a worker' })
  await expect(dialog).toBeVisible()
  for (let stop = 0; stop < 12; stop++) {
    await page.keyboard.press('Tab')
    // Between its last stop and its first one, the focus is the browser's own.
    const inside = await focused(page).evaluateAll(all =>
      all.every(one => one === document.body || one.closest('dialog')),
    )
    expect(inside, `stop ${stop}`).toBe(true)
  }
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(add).toBeFocused()
})

test('a model is set without a mouse', async ({ page, agm, vendors, watch }) => {
  await agm.addProvider(vendors.qwen)
  await agm.addWorker('alice')
  await open(page, watch, agm.management, 'agents/worker%3Aalice')
  await page.getByRole('button', { name: 'Set model' }).press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Provider').focus()
  await page.keyboard.type('qwen')
  await expect(dialog.getByLabel('Provider')).toHaveValue('qwen')
  await page.keyboard.press('Tab')
  await expect(dialog.getByLabel('Model')).toBeFocused()
  await expect(dialog.getByRole('option', { name: vendors.qwen.model })).toBeVisible()
  await page.keyboard.type(vendors.qwen.model.slice(0, 4))
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(dialog.getByLabel('Model')).toHaveValue(vendors.qwen.model)
  await expect(dialog.getByRole('region', { name: 'The plan' })).toBeVisible()
  await dialog.getByLabel('Model').press('Enter')
  await expect(dialog.getByRole('status')).toContainText(/^Done/)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('region', { name: 'Assignment' })).toContainText(vendors.qwen.model)
})

test('where the focus is, is seen everywhere', async ({ page, agm, vendors, watch }) => {
  await agm.addProvider(vendors.qwen)
  await agm.addWorker('alice')
  await open(page, watch, agm.management)
  const places = await page
    .getByRole('navigation', { name: 'Screens' })
    .getByRole('link')
    .evaluateAll(links => links.map(link => link.getAttribute('href')!))
  expect(places.length).toBeGreaterThan(6)
  for (const place of places) {
    await page.goto(`${agm.management}/${place}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await page.getByRole('main').focus()
    for (let stop = 0; stop < 10; stop++) {
      await page.keyboard.press('Tab')
      const unseen = await focused(page).evaluateAll(all =>
        all
          .filter(one => one !== document.body && parseFloat(getComputedStyle(one).outlineWidth) < 2)
          .map(one => one.outerHTML.slice(0, 120)),
      )
      expect(unseen, `${place}, stop ${stop}`).toEqual([])
    }
  }
})

test('who wants no motion sees none', async ({ page, agm, vendors, watch }) => {
  const { qwen } = vendors
  await agm.addProvider(qwen)
  await agm.addWorker('alice')
  await agm.setModel(['worker:alice'], qwen)
  await open(page, watch, agm.management)
  const desk = page.getByRole('list', { name: 'Desks' }).getByRole('listitem').filter({ hasText: 'alice' })
  const moving = () => page.evaluate(() => document.getAnimations().filter(one => one.playState === 'running').length)
  await agm.chat('worker:alice', qwen.model)
  await expect(desk).toContainText(/busy|idle/)
  await expect.poll(moving).toBeGreaterThan(0)

  for (const theme of ['pixel', 'cyber', 'office']) {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.getByLabel('Theme').first().selectOption(theme)
    await agm.chat('worker:alice', qwen.model)
    await expect.poll(moving).toBe(0)
  }
})
