import { SvelteMap } from 'svelte/reactivity'
import { api, ask, type Schemas } from '../../api/client'
import { Problem } from '../../api/problem'

export interface LastTest {
  at: number
  running: boolean
  result?: Schemas['ProviderTest']
  problem?: Problem
}

/** The last test of each provider, as far as this page saw it. */
export const lastTests = new SvelteMap<string, LastTest>()

/** Tests a stored provider: its list of models with its key, and a completion where a model is named. */
export async function test(name: string, model?: string): Promise<void> {
  lastTests.set(name, { at: Date.now(), running: true })
  try {
    const result = await ask(
      api.POST('/api/v1/providers/{name}/test', { params: { path: { name } }, body: { model: model || null } }),
    )
    lastTests.set(name, { at: Date.now(), running: false, result })
  } catch (thrown) {
    lastTests.set(name, { at: Date.now(), running: false, problem: Problem.of(thrown) })
  }
}
