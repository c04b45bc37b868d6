import { describe, expect, test } from 'vitest'
import { COLOURS, lookOf, rhythmOf } from './look'
import { cuts, outfits, things } from './parts'

const crowd = Array.from({ length: 400 }, (_, n) => `w${n}`)

describe('the look of a name', () => {
  test('is always the same', () => {
    expect(lookOf('alice')).toEqual(lookOf('alice'))
    // Written down, so that a change of the parts or of the hash does not give everybody a new face unnoticed.
    expect(lookOf('alice')).toEqual({ skin: 1, hair: 4, cloth: 3, cut: 2, outfit: 2, thing: 7 })
  })

  test('differs for names that differ by one letter', () => {
    expect(lookOf('alice')).not.toEqual(lookOf('alicf'))
  })

  test('takes any name', () => {
    for (const name of ['', '管理者', '<img src=x onerror=alert(1)>', 'x'.repeat(500)]) {
      expect(lookOf(name)).toEqual(lookOf(name))
    }
  })

  test('spreads over a crowd: hardly anybody has a double, and every part is worn', () => {
    const looks = crowd.map(lookOf)
    expect(new Set(looks.map(look => JSON.stringify(look))).size).toBeGreaterThan(390)
    const worn = (part: keyof ReturnType<typeof lookOf>) => new Set(looks.map(look => look[part])).size
    expect(worn('skin')).toBe(COLOURS.skin)
    expect(worn('hair')).toBe(COLOURS.hair)
    expect(worn('cloth')).toBe(COLOURS.cloth)
    expect(worn('cut')).toBe(cuts.length)
    expect(worn('outfit')).toBe(outfits.length)
    expect(worn('thing')).toBe(things.length)
  })

  test('has a rhythm of its own', () => {
    expect(new Set(crowd.map(rhythmOf)).size).toBeGreaterThan(250)
    expect(crowd.map(rhythmOf).every(rhythm => rhythm >= 0 && rhythm < 1000)).toBe(true)
  })
})
