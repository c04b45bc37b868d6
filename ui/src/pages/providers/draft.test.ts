import { describe, expect, test } from 'vitest'
import type { Schemas } from '../../api/client'
import { asNew, asPatch, blank, gaps, keysOf, of } from './draft'

const type = {
  id: 'qwen',
  fields: [
    { name: 'search', kind: 'boolean' },
    { name: 'secret', kind: 'secret' },
    { name: 'timeout', kind: 'integer' },
  ],
} as unknown as Schemas['ProviderTypeView']

const stored = {
  name: 'qwen',
  type: 'qwen',
  baseUrl: 'https://a.example/v1',
  fields: { search: true, secret: 'ab…yz', other: 1 },
} as unknown as Schemas['ProviderView']

test('keys are told apart by white space', () => {
  expect(keysOf({ ...blank(), keys: ' a\nb\t\nc ' })).toEqual(['a', 'b', 'c'])
})

test('a mask never becomes a value', () => {
  expect(of(stored, type).fields).toEqual({ search: true })
})

test('what is empty is not sent', () => {
  const draft = {
    ...blank(),
    name: ' x ',
    type: 'qwen',
    fields: { search: false, secret: '', timeout: null, stray: 1 },
  }
  expect(asNew(draft, type)).toEqual({ name: 'x', type: 'qwen', apiKey: [], baseUrl: null, fields: { search: false } })
})

describe('an edit sends only what differs', () => {
  const draft = () => of(stored, type)
  test.each([
    ['nothing', {}, {}],
    ['the address', { baseUrl: 'https://b.example' }, { baseUrl: 'https://b.example' }],
    ['a key', { keys: 'sk-1' }, { keys: { replace: ['sk-1'] } }],
    ['a field', { fields: { search: false } }, { fields: { search: false } }],
    ['a field taken out', { fields: {} }, { fields: { search: null } }],
    ['a field put in', { fields: { search: true, timeout: 5 } }, { fields: { timeout: 5 } }],
  ])('%s', (_, change, expected) => {
    expect(asPatch({ ...draft(), ...change }, type, stored)).toEqual(expected)
  })
})

describe('a form that is not filled in yet', () => {
  const needs = (key: string, baseUrl: string) =>
    ({ key, baseUrl, fields: [] }) as unknown as Schemas['ProviderTypeView']
  test.each([
    ['has no name', { name: ' ', keys: 'k' }, needs('required', 'https://a'), undefined, true],
    ['has no key', { name: 'a' }, needs('required', 'https://a'), undefined, true],
    ['needs no key', { name: 'a' }, needs('optional', 'https://a'), undefined, false],
    ['keeps the stored key', { name: 'a' }, needs('required', 'https://a'), stored, false],
    ['has no address', { name: 'a', keys: 'k' }, needs('required', ''), undefined, true],
    ['has everything', { name: 'a', keys: 'k', baseUrl: 'b' }, needs('required', ''), undefined, false],
  ])('%s', (_, typed, type, provider, expected) => {
    expect(gaps({ ...blank(), ...typed }, type, provider)).toBe(expected)
  })
})
