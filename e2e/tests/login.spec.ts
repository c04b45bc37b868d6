import { ADMIN } from '../bed/agm'
import { expect, open, test } from '../bed/test'

test('a wrong password is called wrong, the right one opens the office, logging out closes it', async ({
  page,
  agm,
  watch,
}) => {
  watch.own(agm.management)
  watch.expect(401, /\/api\/v1\/session$/)
  await page.goto(agm.management)
  await expect(page.getByLabel('User')).toHaveValue(ADMIN.user)
  await expect(page.getByLabel('Password')).toBeFocused()
  await page.getByLabel('Password').fill('not this one')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toHaveText('User or password is wrong.')
  await expect(page.getByLabel('Password')).toHaveValue('not this one')

  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'The office' })).toBeVisible()
  await expect(page.getByText('Logged in as admin (admin)')).toBeVisible()

  // A login outlives the page, until it is ended.
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'The office' })).toBeVisible()
  await page.getByRole('button', { name: 'Log out' }).click()
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
  await expect(page.getByRole('navigation')).toHaveCount(0)
})

test('the browser keeps no secret', async ({ page, agm, watch }) => {
  await open(page, watch, agm.management)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]))
  const cookies = await page.context().cookies()
  const session = cookies.find(cookie => cookie.name === 'agm_session')
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
  for (const secret of [ADMIN.password, session!.value]) expect(kept).not.toContain(secret)
})

test('a login that ended keeps what was typed', async ({ page, agm, watch }) => {
  watch.expect(401, /\/api\/v1\//)
  await open(page, watch, agm.management, 'agents')
  await page.getByRole('button', { name: 'Add a worker' }).click()
  const name = page.getByLabel('Name')
  await name.fill('alice')

  // Ended from elsewhere: the browser still believes in it.
  const session = (await page.context().cookies()).find(cookie => cookie.name === 'agm_session')
  const ended = await fetch(`${agm.management}/api/v1/session`, {
    method: 'DELETE',
    headers: { cookie: `agm_session=${session!.value}`, origin: agm.management },
  })
  expect(ended.status).toBe(204)
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByText('Your login has ended.')).toBeVisible()
  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button', { name: 'Log in' }).click()

  await expect(name).toHaveValue('alice')
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByText('worker:alice was added')).toBeVisible()
  await expect(page.getByRole('row', { name: /worker:alice/ })).toBeVisible()
})
