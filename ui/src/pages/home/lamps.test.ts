import { expect, test } from 'vitest'
import type { Schemas } from '../../api/client'
import { lampsOf } from './lamps'

const status = {
  platform: { agents: 'standalone', gateway: 'embedded', store: 'dir' },
  acting: true,
  revision: 12,
  storage: 'directory /d',
  gatewayUrl: 'http://127.0.0.1:1',
  findings: [],
  unserved: [],
} as unknown as Schemas['StatusView']
const readiness = { status: 'ready', acting: true }

const words = (...known: Parameters<typeof lampsOf>) => lampsOf(...known).map(lamp => `${lamp.part} ${lamp.word}`)

test('alone on one machine there is neither a console nor a controller', () => {
  expect(words({ status, readiness, connected: true })).toEqual([
    'agm lamp.ready',
    'gateway lamp.running',
    'console lamp.absent',
    'store lamp.writing',
    'controller lamp.absent',
  ])
})

test('what nobody asked is unknown', () => {
  const team = { ...status, platform: { agents: 'controller', gateway: 'higress', store: 's3' } }
  expect(words({ status: team, connected: true })).toEqual([
    'agm unknown',
    'gateway unknown',
    'console unknown',
    'store lamp.writing',
    'controller unknown',
  ])
})

test('nothing is known without a connection, whatever was known before', () => {
  expect(lampsOf({ status, readiness, connected: false }).every(lamp => lamp.shine === 'unknown')).toBe(true)
})

test('findings, a store that is only read, and a reason', () => {
  const worse = { ...status, acting: false, leader: 'http://other', unserved: [{}] } as unknown as Schemas['StatusView']
  const lamps = lampsOf({
    status: worse,
    readiness: { status: 'not-ready', acting: false, reason: 'stopping' },
    connected: true,
  })
  expect(lamps.map(lamp => lamp.shine)).toEqual(['danger', 'warn', 'unknown', 'warn', 'unknown'])
  expect(lamps[0]?.values).toEqual({ reason: 'stopping' })
})
