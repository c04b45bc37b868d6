import type { Schemas } from '../../api/client'
import type { Key } from '../../i18n/index.svelte'
import type { Shine } from '../../kit/Lamp.svelte'

/** What the office depends on. */
export type Part = 'agm' | 'gateway' | 'console' | 'store' | 'controller'

export interface PartLamp {
  part: Part
  shine: Shine
  sign?: string
  word: Key
  /** How that is known, or why it is not there. */
  about: Key
  values?: Record<string, string | number>
}

interface Known {
  /** Absent as long as it was not read, or cannot be. */
  status?: Schemas['StatusView']
  readiness?: Schemas['Readiness']
  /** Whether what is shown is kept up to date. */
  connected: boolean
}

/** A lamp for each part. A part that this deployment has no use for is shown as not there, one that nobody asked as unknown. */
export function lampsOf({ status, readiness, connected }: Known): PartLamp[] {
  const parts: Part[] = ['agm', 'gateway', 'console', 'store', 'controller']
  if (!connected) return parts.map(part => unknown(part, 'lamp.about.lost'))
  if (!status) return parts.map(part => unknown(part, 'lamp.about.unread'))
  return [agm(readiness), gateway(status), ...consoleAndController(status), store(status)].sort(
    (a, b) => parts.indexOf(a.part) - parts.indexOf(b.part),
  )
}

function agm(readiness: Known['readiness']): PartLamp {
  if (!readiness) return unknown('agm', 'lamp.about.unread')
  if (readiness.status === 'ready') return { part: 'agm', shine: 'ok', word: 'lamp.ready', about: 'lamp.about.agm' }
  return {
    part: 'agm',
    shine: 'danger',
    word: 'lamp.notReady',
    about: 'lamp.about.reason',
    values: { reason: readiness.reason ?? '–' },
  }
}

function gateway(status: Schemas['StatusView']): PartLamp {
  if (status.platform.gateway !== 'embedded') return unknown('gateway', 'lamp.about.notAsked')
  const wrong = status.findings.length + status.unserved.length
  return wrong > 0
    ? {
        part: 'gateway',
        shine: 'warn',
        sign: '!',
        word: 'lamp.findings',
        about: 'lamp.about.findings',
        values: { n: wrong },
      }
    : {
        part: 'gateway',
        shine: 'ok',
        word: 'lamp.running',
        about: 'lamp.about.gateway',
        values: { url: status.gatewayUrl },
      }
}

function consoleAndController(status: Schemas['StatusView']): PartLamp[] {
  return [
    status.platform.gateway === 'embedded'
      ? absent('console', 'lamp.about.noConsole')
      : unknown('console', 'lamp.about.notAsked'),
    status.platform.agents === 'controller'
      ? unknown('controller', 'lamp.about.notAsked')
      : absent('controller', 'lamp.about.noController'),
  ]
}

function store(status: Schemas['StatusView']): PartLamp {
  const values = { storage: status.storage, revision: status.revision, leader: status.leader ?? '?' }
  return status.acting
    ? { part: 'store', shine: 'ok', word: 'lamp.writing', about: 'lamp.about.store', values }
    : { part: 'store', shine: 'warn', sign: '!', word: 'lamp.reading', about: 'lamp.about.leader', values }
}

const unknown = (part: Part, about: Key): PartLamp => ({ part, shine: 'unknown', word: 'unknown', about })
const absent = (part: Part, about: Key): PartLamp => ({ part, shine: 'unknown', sign: '–', word: 'lamp.absent', about })
