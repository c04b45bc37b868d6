import { readFileSync, writeFileSync } from 'node:fs'
import { Agm } from './agm'
import { binary, test as base } from './test'

export { expect } from './test'

interface Office {
  /** An office at work, shared by the tests of a worker: to be looked at only. */
  office: Agm
}

/** Two providers, the manager and three workers on models of them, one whose file was edited, and some traffic. */
export const test = base.extend<object, Office>({
  office: [
    async ({ allVendors: { qwen, deepseek } }, use) => {
      const agm = await Agm.start(binary('AGM_BIN'))
      await agm.addProvider(qwen)
      await agm.addProvider(deepseek)
      const file = agm.openclaw('carol', deepseek.model)
      await agm.addWorker('alice')
      await agm.addWorker('bob-of-the-very-long-name-that-wraps')
      await agm.addWorker('carol', { config: file })
      await agm.setModel(['manager', 'worker:alice'], qwen)
      await agm.setModel(['worker:carol'], deepseek)
      await agm.ask('POST', 'backups', { label: 'a good state' })
      await agm.ask('POST', 'tokens', { name: 'ci', role: 'viewer' })
      for (const agent of ['worker:alice', 'manager', 'worker:alice']) await agm.chat(agent, qwen.model)
      await agm.chat('worker:carol', 'nobody-has-this-one')
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(`hiclaw-gateway/${deepseek.model}`, 'hiclaw-gateway/other'),
      )
      await use(agm)
      await agm.stop()
    },
    { scope: 'worker' },
  ],
})
